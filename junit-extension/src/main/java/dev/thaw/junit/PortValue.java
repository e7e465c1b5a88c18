// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import java.net.InetSocketAddress;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What becomes of an address in a field or parameter with {@link Port}. */
final class PortValue {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([A-Za-z]+)}");
    private static final InetSocketAddress EXAMPLE = InetSocketAddress.createUnresolved("127.0.0.1", 1);

    private PortValue() {}

    /** @throws IllegalArgumentException if there is no such value for any address; the message says what to write */
    static void check(Class<?> type, String template) {
        boolean number = type == int.class || type == Integer.class || type == InetSocketAddress.class;
        if (!number && type != URI.class && type != URL.class && type != String.class) {
            throw new IllegalArgumentException("type " + type.getSimpleName()
                    + " can't hold a port. Write int, InetSocketAddress, URI, URL or String as its type.");
        }
        if (template.isEmpty()) {
            return;
        }
        if (number) {
            throw new IllegalArgumentException(
                    "uri is for URI, URL and String only. Leave it out, or write String instead of "
                            + type.getSimpleName() + ".");
        }
        if (!template.contains("{port}")) {
            throw new IllegalArgumentException("uri \"" + template
                    + "\" has no place for the port. Write uri = \"redis://{host}:{port}\", for example.");
        }
        of(type, template, EXAMPLE);
    }

    static Object of(Class<?> type, String template, InetSocketAddress address) {
        if (type == int.class || type == Integer.class) {
            return address.getPort();
        }
        if (type == InetSocketAddress.class) {
            return address;
        }
        String filled = fill(template.isEmpty() ? defaultTemplate(type) : template, address);
        if (type == String.class) {
            return filled;
        }
        try {
            URI uri = new URI(filled);
            return type == URL.class ? uri.toURL() : uri;
        } catch (URISyntaxException | MalformedURLException | IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "uri \"" + template + "\" gives no " + type.getSimpleName() + ": " + e.getMessage() + ".", e);
        }
    }

    private static String defaultTemplate(Class<?> type) {
        if (type == String.class) {
            return "{host}:{port}";
        }
        return type == URL.class ? "http://{host}:{port}" : "tcp://{host}:{port}";
    }

    private static String fill(String template, InetSocketAddress address) {
        Matcher placeholder = PLACEHOLDER.matcher(template);
        return placeholder.replaceAll(match -> switch (match.group(1)) {
            case "host" -> Matcher.quoteReplacement(address.getHostString());
            case "port" -> Integer.toString(address.getPort());
            default ->
                throw new IllegalArgumentException("uri \"" + template + "\" has the unknown placeholder "
                        + match.group() + ". There are {host} and {port}.");
        });
    }
}
