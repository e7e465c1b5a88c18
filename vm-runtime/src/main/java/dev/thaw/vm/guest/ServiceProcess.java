// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.guest;

import dev.thaw.vm.channel.WireWriter;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The process that a VM exists for. Everything is final: the image's configuration and the spec's changes are merged.
 *
 * @param user as in an image's configuration; empty is root
 * @param directory working directory; empty is the root folder
 * @param volumes folders that have to exist and be writable
 */
public record ServiceProcess(
        List<String> argv, Map<String, String> env, String user, String directory, SortedSet<String> volumes) {

    public ServiceProcess {
        argv = List.copyOf(argv);
        env = Map.copyOf(env);
    }

    byte[] encodeStart() {
        return new WireWriter()
                .strings(argv)
                .strings(assignments(env))
                .string(user)
                .string(directory)
                .strings(volumes)
                .toBytes();
    }

    static List<String> assignments(Map<String, String> env) {
        return new TreeMap<>(env)
                .entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + entry.getValue())
                        .collect(Collectors.toList());
    }
}
