// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.watch;

/**
 * Is told of changes, by one thread at a time and in their order. It must not block, nor call the watcher's drain or
 * close.
 */
public interface WatchListener<K> {
    void changed(WatchEvent<K> event);

    /** The queue is about to be looked at. */
    default long beforeLook() {
        return 0;
    }

    /**
     * It was empty: everything has been told that had been done before.
     *
     * @param look what {@link #beforeLook} gave
     */
    default void queueWasEmpty(long look) {}

    /** The kernel, or this process, has lost events: anything may have changed. */
    void overflowed();
}
