// SPDX-License-Identifier: Apache-2.0
/**
 * Calls to the host's kernel that the JDK has not: by descriptor and name instead of by path. {@link
 * dev.thaw.devices.host.HostFiles#ofThisHost} is where to begin. The only package that knows JNA, which is loaded then and not
 * before. Thread-safe.
 */
package dev.thaw.devices.host;
