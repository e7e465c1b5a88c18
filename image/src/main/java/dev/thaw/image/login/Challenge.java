// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.login;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * How a server wants to be asked: one challenge of a {@code WWW-Authenticate} header. Source: RFC 9110, 11.6.1.
 *
 * @param scheme in lower case, such as {@code bearer} or {@code basic}
 * @param parameters by their names in lower case
 */
public record Challenge(String scheme, Map<String, String> parameters) {
    private static final int LONGEST = 8192;
    private static final int MAX_CHALLENGES = 16;

    public Challenge {
        parameters = Map.copyOf(parameters);
    }

    /** The challenges in these headers; whatever is malformed ends its header. Never fails. */
    public static List<Challenge> parse(List<String> headers) {
        List<Challenge> challenges = new ArrayList<>();
        for (String header : headers) {
            if (header.length() <= LONGEST) {
                new Parser(header).readInto(challenges);
            }
        }
        return challenges;
    }

    private static final class Parser {
        private final String text;
        private int at;

        Parser(String text) {
            this.text = text;
        }

        void readInto(List<Challenge> challenges) {
            String scheme = nextToken();
            while (!scheme.isEmpty() && challenges.size() < MAX_CHALLENGES) {
                Map<String, String> parameters = new TreeMap<>();
                String next = readParameters(parameters);
                challenges.add(new Challenge(scheme.toLowerCase(Locale.ROOT), parameters));
                scheme = next;
            }
        }

        /** Reads parameters, and the token behind them, which is the next challenge's scheme or empty. */
        private String readParameters(Map<String, String> parameters) {
            while (true) {
                String name = nextToken();
                skipSpaces();
                if (name.isEmpty() || at >= text.length() || text.charAt(at) != '=') {
                    return name;
                }
                at++;
                parameters.putIfAbsent(name.toLowerCase(Locale.ROOT), nextValue());
            }
        }

        private String nextToken() {
            while (at < text.length() && (isSpace(text.charAt(at)) || text.charAt(at) == ',')) {
                at++;
            }
            int start = at;
            while (at < text.length() && isTokenChar(text.charAt(at))) {
                at++;
            }
            return text.substring(start, at);
        }

        private String nextValue() {
            skipSpaces();
            if (at >= text.length() || text.charAt(at) != '"') {
                return nextToken();
            }
            StringBuilder value = new StringBuilder();
            for (at++; at < text.length() && text.charAt(at) != '"'; at++) {
                if (text.charAt(at) == '\\' && at + 1 < text.length()) {
                    at++;
                }
                value.append(text.charAt(at));
            }
            at = Math.min(at + 1, text.length()); // a quote that is never closed ends here, too
            return value.toString();
        }

        private void skipSpaces() {
            while (at < text.length() && isSpace(text.charAt(at))) {
                at++;
            }
        }

        private static boolean isSpace(char c) {
            return c == ' ' || c == '\t';
        }

        /** RFC 9110, 5.6.2. */
        private static boolean isTokenChar(char c) {
            boolean letterOrDigit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            return letterOrDigit || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
        }
    }
}
