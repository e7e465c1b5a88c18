// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.login;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * How a server wants to be asked: one challenge of a {@code WWW-Authenticate} header. Source: RFC 9110, 11.2 and 11.6.1.
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
                skipToken68();
                Map<String, String> parameters = new TreeMap<>();
                String next = readParameters(parameters);
                challenges.add(new Challenge(scheme.toLowerCase(Locale.ROOT), parameters));
                scheme = next;
            }
        }

        /** What some schemes have instead of parameters, such as {@code Negotiate YII...=}: nothing that we know. */
        private void skipToken68() {
            int start = at;
            skipSpaces();
            int first = at;
            while (at < text.length() && isToken68Char(text.charAt(at))) {
                at++;
            }
            boolean some = at > first;
            while (at < text.length() && text.charAt(at) == '=') {
                at++;
            }
            skipSpaces();
            boolean whole = at == text.length() || text.charAt(at) == ',';
            if (first == start || !some || !whole) {
                at = start; // a parameter, or the next scheme
            }
        }

        /** Reads parameters, and the token behind them, which is the next challenge's scheme or empty. */
        private String readParameters(Map<String, String> parameters) {
            while (true) {
                String name = nextToken();
                int end = at;
                skipSpaces();
                if (name.isEmpty() || at >= text.length() || text.charAt(at) != '=') {
                    at = end;
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
            if (at >= text.length() || text.charAt(at) == ',') {
                return "";
            }
            if (text.charAt(at) != '"') {
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
            return isLetterOrDigit(c) || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
        }

        /** RFC 9110, 11.2; the padding is apart. */
        private static boolean isToken68Char(char c) {
            return isLetterOrDigit(c) || "-._~+/".indexOf(c) >= 0;
        }

        private static boolean isLetterOrDigit(char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        }
    }
}
