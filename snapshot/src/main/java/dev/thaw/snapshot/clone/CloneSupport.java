// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

/**
 * Whether a file system has clones.
 *
 * @param available whether a clone was made there and was right
 * @param description for people: {@code "XFS, shares blocks"}, {@code "ext4 has no clones"}
 */
public record CloneSupport(boolean available, String description) {}
