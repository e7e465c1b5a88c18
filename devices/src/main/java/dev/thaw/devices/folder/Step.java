// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

/** One step of a way down from the root: a name in a folder, and the folder that it leads to. */
public record Step(long folder, Name name, long node) {}
