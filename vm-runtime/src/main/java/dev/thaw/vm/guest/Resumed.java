// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.guest;

import dev.thaw.vm.channel.ProtocolException;
import dev.thaw.vm.channel.WireReader;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The answer to RESUME.
 *
 * @param listening TCP ports that are listening
 */
public record Resumed(ServiceState service, SortedSet<Integer> listening) {
    private static final int MAX_PORTS = 4096;

    static Resumed read(WireReader in) throws ProtocolException {
        return new Resumed(ServiceState.read(in), readPorts(in));
    }

    static SortedSet<Integer> readPorts(WireReader in) throws ProtocolException {
        long count = in.u32();
        if (count > MAX_PORTS) {
            throw new ProtocolException("The guest names " + count + " ports; the limit is " + MAX_PORTS + ".");
        }
        SortedSet<Integer> ports = new TreeSet<>();
        for (long i = 0; i < count; i++) {
            ports.add(in.u16());
        }
        return ports;
    }
}
