// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.watch;

import dev.thaw.devices.folder.HostChanges;
import dev.thaw.devices.folder.Name;
import java.util.ArrayList;
import java.util.List;

/** Keeps what a guest would be told, one line each: what, of which node, under which name. */
final class ToldChanges implements HostChanges {
    private final List<String> told = new ArrayList<>(); // guarded by this

    @Override
    public synchronized void data(long node, long offset, long length) {
        told.add("data " + node);
    }

    @Override
    public synchronized void attributes(long node) {
        told.add("attributes " + node);
    }

    @Override
    public synchronized void entry(long parent, Name name) {
        told.add("entry " + parent + " " + name);
    }

    @Override
    public synchronized void deleted(long parent, long node, Name name) {
        told.add("deleted " + parent + " " + name + " " + node);
    }

    synchronized List<String> take() {
        List<String> all = List.copyOf(told);
        told.clear();
        return all;
    }
}
