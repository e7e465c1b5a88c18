// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.Descriptor;

/** An open file or folder. Whoever uses it holds it, so that it is not closed meanwhile. */
final class Handle {
    final long number;
    final Node node;
    final Descriptor descriptor;
    final OpenMode mode;

    /** Null for folders. */
    final ReadAhead readAhead;

    /** The listing that positions are of; null until one is asked for, and for files. */
    volatile Listing listing;

    Handle(long number, Node node, Descriptor descriptor, OpenMode mode, ReadAhead readAhead) {
        this.number = number;
        this.node = node;
        this.descriptor = descriptor;
        this.mode = mode;
        this.readAhead = readAhead;
    }

    boolean tryHold() {
        return descriptor.tryHold();
    }

    void letGo() {
        descriptor.letGo();
    }
}
