// SPDX-License-Identifier: Apache-2.0
/**
 * What a guest talks to. Today that is the file server behind shared folders: {@code folder} is its core, which knows
 * files and no protocol, {@code fuse} a frontend over it, {@code host} the calls to the host's kernel, {@code watch} what
 * tells of changes that others make. What guests send is hostile. Only this package is public API.
 */
package dev.thaw.devices;
