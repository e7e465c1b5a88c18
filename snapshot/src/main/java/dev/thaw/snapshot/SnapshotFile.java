// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.util.Arrays;
import java.util.Optional;

/** What a snapshot consists of. */
public enum SnapshotFile {
    /** The guest's memory, as long as it is large; mostly holes. */
    MEMORY("memory", Blob.Kind.CHUNKED),
    /** What the engine wrote of processors and devices. */
    DEVICE_STATE("device-state", Blob.Kind.WHOLE),
    /** The root file system, read-only. */
    DISK("disk", Blob.Kind.WHOLE),
    /** What was booted. */
    KERNEL("kernel", Blob.Kind.WHOLE),
    /** The agent, and what it needs. */
    INITRAMFS("initramfs", Blob.Kind.WHOLE),
    /** The writable disk at the same moment as the memory, if the machine has one; mostly holes. */
    SCRATCH("scratch", Blob.Kind.CHUNKED);

    private final String label;
    private final Blob.Kind kind;

    SnapshotFile(String label, Blob.Kind kind) {
        this.label = label;
        this.kind = kind;
    }

    /** Its name in manifests and messages. */
    public String label() {
        return label;
    }

    /** Whether every snapshot has its own: the machine has written it. */
    boolean isWritten() {
        return this == DEVICE_STATE || kind == Blob.Kind.CHUNKED;
    }

    Blob.Kind kind() {
        return kind;
    }

    static Optional<SnapshotFile> labelled(String label) {
        return Arrays.stream(values()).filter(file -> file.label.equals(label)).findFirst();
    }
}
