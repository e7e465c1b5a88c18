// SPDX-License-Identifier: Apache-2.0
/**
 * Tells what others change in the host's files. {@link dev.thaw.devices.watch.FolderWatcher} is the entry: one queue of
 * the host's kernel and one thread for any number of folders and files. Why it is inotify itself and no library is in
 * docs/decisions/watching.md.
 */
package dev.thaw.devices.watch;
