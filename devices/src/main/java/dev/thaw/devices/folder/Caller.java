// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

/** The process in the guest that asks, by the guest's own numbers. What it says of itself is not to be trusted. */
public record Caller(int uid, int gid, int pid) {}
