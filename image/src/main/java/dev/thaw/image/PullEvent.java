// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import java.time.Duration;

/** What happens while layers are pulled from a registry. Layers that are in the cache already don't count. */
public sealed interface PullEvent {
    /** The image that is pulled. */
    ImageReference.Registry image();

    /**
     * Layers are going to be downloaded.
     *
     * @param layers how many
     * @param totalBytes of all of them, compressed
     */
    record Started(ImageReference.Registry image, int layers, long totalBytes) implements PullEvent {}

    /**
     * More has come; at most ten times a second.
     *
     * @param doneBytes so far; goes back if a registry can't go on in the middle of a layer
     * @param totalBytes of all layers
     */
    record Progressed(ImageReference.Registry image, long doneBytes, long totalBytes) implements PullEvent {}

    /**
     * All is there.
     *
     * @param totalBytes of all layers
     * @param took from the start to now
     */
    record Finished(ImageReference.Registry image, long totalBytes, Duration took) implements PullEvent {}
}
