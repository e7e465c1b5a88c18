// SPDX-License-Identifier: Apache-2.0
/**
 * FUSE as a thin layer over {@link dev.thaw.devices.folder.FileTree}: bytes that a guest's kernel wrote to its
 * /dev/fuse come in, bytes that it reads from there go out. {@link dev.thaw.devices.fuse.FuseServer} is the entry.
 * Requests are records below {@code FuseRequest}, each the codec of its struct; {@code FuseDecoder} makes them, the
 * classes named Operations do what they ask. The transport's one thread serves what is quick, the rest goes to an
 * executor; replies come from any of them. Source of all structs and numbers: Linux uapi linux/fuse.h, as of 7.37.
 */
package dev.thaw.devices.fuse;
