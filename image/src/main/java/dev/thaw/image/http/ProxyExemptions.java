// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.http;

import dev.thaw.image.tree.Shown;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hosts that no proxy leads to: what {@code NO_PROXY} says. Entries are names, which stand for what is below them,
 * too, addresses, both with a port or without, ranges of addresses ({@code 10.0.0.0/8}), or {@code *} for all. No name is
 * looked up. Immutable. Source: the documentation of Go's golang.org/x/net/http/httpproxy, which Docker reads it with.
 */
final class ProxyExemptions {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyExemptions.class);
    private static final String OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|\\d?\\d)";
    private static final Pattern IPV4 = Pattern.compile(OCTET + "(?:\\." + OCTET + "){3}");
    private static final Pattern IPV6 = Pattern.compile("(?=[^:]*:[^:]*:)[0-9a-f:.]+");
    private static final Pattern WITH_PORT = Pattern.compile("(.+):(\\d{1,5})");
    private static final Pattern RANGE = Pattern.compile("(.+)/(\\d{1,3})");

    private final List<String> entries;

    ProxyExemptions(String noProxy) {
        entries = Arrays.stream(noProxy.toLowerCase(Locale.ROOT).split("[,\\s]+", -1))
                .filter(entry -> !entry.isEmpty())
                .toList();
    }

    /** Whether that host, a name or an address, is reached directly at that port. */
    boolean cover(String host, int port) {
        String name = unbracketed(host.toLowerCase(Locale.ROOT));
        Optional<byte[]> address = address(name);
        return entries.stream().anyMatch(entry -> covers(entry, name, address, port));
    }

    private static boolean covers(String entry, String host, Optional<byte[]> address, int port) {
        Matcher range = RANGE.matcher(entry);
        if (range.matches()) {
            return address.isPresent() && inRange(address.get(), range.group(1), Integer.parseInt(range.group(2)));
        }
        Matcher withPort = WITH_PORT.matcher(entry);
        boolean hasPort = address(entry).isEmpty() && withPort.matches();
        if (hasPort && Integer.parseInt(withPort.group(2)) != port) {
            return false;
        }
        String name = unbracketed(hasPort ? withPort.group(1) : entry);
        if (name.equals("*")) {
            return true;
        }
        Optional<byte[]> exempt = address(name);
        if (exempt.isPresent() || address.isPresent()) {
            return exempt.isPresent() && address.isPresent() && Arrays.equals(exempt.get(), address.get());
        }
        String domain = name.replaceFirst("^\\*?\\.", "");
        return !domain.isEmpty() && (host.equals(domain) || host.endsWith("." + domain));
    }

    private static boolean inRange(byte[] address, String network, int bits) {
        Optional<byte[]> start = address(network);
        if (start.isEmpty() || start.get().length != address.length || bits > address.length * 8) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            int mask = 0x80 >> bit % 8;
            if (((address[bit / 8] ^ start.get()[bit / 8]) & mask) != 0) {
                return false;
            }
        }
        return true;
    }

    /** The bytes of an address that is written as numbers; empty for a name. */
    private static Optional<byte[]> address(String text) {
        if (!IPV4.matcher(text).matches() && !IPV6.matcher(text).matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.getByName(text).getAddress()); // numbers are not looked up
        } catch (UnknownHostException e) {
            LOG.debug("No address: {}", Shown.of(text), e);
            return Optional.empty();
        }
    }

    private static String unbracketed(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }
}
