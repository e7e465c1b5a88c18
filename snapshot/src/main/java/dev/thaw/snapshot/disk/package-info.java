// SPDX-License-Identifier: Apache-2.0
/**
 * Files: private, durable and replaced at once, hashed, read and written at an offset.
 *
 * <p>{@link dev.thaw.snapshot.disk.PrivateFiles} makes and removes them, {@link dev.thaw.snapshot.disk.Sha256} and
 * {@link dev.thaw.snapshot.disk.FullIo} are for their content, {@link dev.thaw.snapshot.disk.FileState} tells whether it
 * has changed. Without state; callers see to it that no two write the same file.
 */
package dev.thaw.snapshot.disk;
