// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.Attributes;
import dev.thaw.devices.folder.Entry;
import dev.thaw.devices.folder.FileKind;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Nodes that stand for what has gone, for the replayer alone: nobody else can do anything with them, and nobody keeps them in mind. A
 * number tells what its node is. No node of a tree has one of them, as those count from 1. Thread-safe.
 */
final class Phantoms {
    private static final long MARK = 1L << 62;
    /** The bits of a mode that tell the kind are put in front of a number of 44 bits. */
    private static final int KIND_SHIFT = 32;

    private static final long NUMBERS = (1L << 44) - 1;
    private static final Attributes.Time NEVER = new Attributes.Time(0, 0);

    private final AtomicLong next = new AtomicLong();

    Entry make(FileKind kind) {
        long number = MARK | ((long) kind.bits() << KIND_SHIFT) | (next.incrementAndGet() & NUMBERS);
        return new Entry(number, attributes(number, kind));
    }

    /** Null for a node that is none. */
    static Attributes attributes(long node) {
        for (FileKind kind : FileKind.values()) {
            if ((node & ~NUMBERS) == (MARK | ((long) kind.bits() << KIND_SHIFT))) {
                return attributes(node, kind);
            }
        }
        return null;
    }

    /** What might be told of a node that has gone. */
    static Attributes attributes(long node, FileKind kind) {
        return new Attributes(node, kind, 0, 1, 0, 0, 0, 0, 0, FuseOptions.PAGE, NEVER, NEVER, NEVER);
    }

    /** Of an open file that has lost its last name, as it was before. */
    static Attributes withOneLink(Attributes of) {
        return new Attributes(
                of.inode(),
                of.kind(),
                of.permissions(),
                1,
                of.uid(),
                of.gid(),
                of.device(),
                of.size(),
                of.blocks(),
                of.preferredIoBytes(),
                of.accessed(),
                of.modified(),
                of.changed());
    }
}
