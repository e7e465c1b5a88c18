// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.manifest;

import dev.thaw.image.ExposedPort;
import dev.thaw.image.tree.Shown;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableSet;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The names in {@code ExposedPorts}: {@code PORT/PROTOCOL}, {@code PORT} for TCP, and ranges of them, which Docker's
 * EXPOSE takes and other builders write. Engines take an image with any names. Stateless.
 */
final class PortReader {
    private static final Pattern PORTS = Pattern.compile("(\\d{1,5})(?:-(\\d{1,5}))?(?:/([A-Za-z0-9]*))?");
    private static final int HIGHEST = 65535;

    private PortReader() {}

    /** What is no port is added to what is passed over. */
    static SortedSet<ExposedPort> read(List<String> names, List<String> passedOver) {
        // Not port by port: a document of 4 MiB can have hundreds of thousands of ranges.
        Map<String, BitSet> byProtocol = new TreeMap<>();
        List.of("tcp", "udp", "sctp").forEach(protocol -> byProtocol.put(protocol, new BitSet(HIGHEST + 1)));
        for (String name : names) {
            Matcher matcher = PORTS.matcher(name);
            if (!matcher.matches()) {
                passedOver.add("ExposedPorts: '" + Shown.of(name)
                        + "' is not a port like 6379, 6379/tcp, 53/udp or 8000-8010/tcp");
                continue;
            }
            int first = Integer.parseInt(matcher.group(1));
            int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
            String given = matcher.group(3) == null ? "" : matcher.group(3).toLowerCase(Locale.ROOT);
            BitSet ports = byProtocol.get(given.isEmpty() ? "tcp" : given);
            if (ports == null) {
                passedOver.add("ExposedPorts: '" + Shown.of(name) + "': its protocol is none of tcp, udp and sctp");
            } else if (first < 1 || last < first || last > HIGHEST) {
                passedOver.add("ExposedPorts: '" + Shown.of(name) + "' is not within 1 to " + HIGHEST);
            } else {
                ports.set(first, last + 1);
            }
        }
        NavigableSet<ExposedPort> exposed = new TreeSet<>();
        byProtocol.forEach(
                (protocol, ports) -> ports.stream().forEach(port -> exposed.add(new ExposedPort(port, protocol))));
        return exposed;
    }
}
