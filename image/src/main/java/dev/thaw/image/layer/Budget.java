// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import dev.thaw.image.tar.TarEntry;
import dev.thaw.image.tree.InvalidImageException;

/** Counts what an image costs, against its limits. Confined to one thread. */
final class Budget {
    /** A real image takes some 10 for each member. A few members can ask for half a million each. */
    private static final long MAX_LINK_STEPS = 50_000_000;

    private final Limits limits;
    private int entries;
    private long heapBytes;
    private long contentBytes;
    private long linkSteps;

    Budget(Limits limits) {
        this.limits = limits;
    }

    void count(TarEntry entry) throws InvalidImageException {
        count(entry.heapBytes());
        if (entry.content().size() > limits.contentBytes() - contentBytes) {
            throw new InvalidImageException(
                    "the image's files have more than " + limits.contentBytes() + " bytes. Is it an archive bomb?");
        }
        contentBytes += entry.content().size();
    }

    /** Counts a folder that no member stands for. */
    void countFolder(String name) throws InvalidImageException {
        count(TarEntry.BASE_HEAP_BYTES + name.length());
    }

    /** Counts the components of a symlink's target that is followed. */
    void countLinkSteps(int components) throws InvalidImageException {
        linkSteps += components;
        if (linkSteps > MAX_LINK_STEPS) {
            throw new InvalidImageException("the image's names lead through symlinks whose targets have more than "
                    + MAX_LINK_STEPS + " components. Is it an archive bomb?");
        }
    }

    private void count(long bytes) throws InvalidImageException {
        entries++;
        heapBytes += bytes;
        if (entries > limits.entries()) {
            throw new InvalidImageException(
                    "the image has more than " + limits.entries() + " entries. Is it an archive bomb?");
        }
        if (heapBytes > limits.heapBytes()) {
            throw new InvalidImageException("entries, names, attributes and sparse maps of the image take more than "
                    + limits.heapBytes() + " bytes of memory. Is it an archive bomb?");
        }
    }
}
