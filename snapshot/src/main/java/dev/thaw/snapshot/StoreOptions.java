// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

/**
 * What a store does by itself.
 *
 * @param autoDedup whether a new snapshot is made to share blocks with its nearest sibling
 */
public record StoreOptions(boolean autoDedup) {
    /** All of it. */
    public static final StoreOptions DEFAULT = new StoreOptions(true);
}
