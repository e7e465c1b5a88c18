// SPDX-License-Identifier: Apache-2.0
/**
 * Files: written durably, privately and sparsely, and removed without following links.
 *
 * <p>{@link dev.thaw.snapshot.disk.MemoryFiles} handles what is large, {@link dev.thaw.snapshot.disk.PrivateFiles}
 * everything else. Static methods without state; callers see to it that no two write the same file.
 */
package dev.thaw.snapshot.disk;
