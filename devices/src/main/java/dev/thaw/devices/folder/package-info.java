// SPDX-License-Identifier: Apache-2.0
/**
 * The core of the file server: a folder of the host as a tree of numbered nodes and open handles. It knows files and no
 * protocol; {@link dev.thaw.devices.folder.FileTree} is where frontends begin, {@link dev.thaw.devices.folder.FolderTree} what is
 * behind it. Thread-safe: what is asked often takes no lock, and none is held over a call to the host but those of one file's
 * locks and of one stream that is read ahead. Nothing outside of the folder can be reached through it, whatever it is asked.
 */
package dev.thaw.devices.folder;
