// SPDX-License-Identifier: Apache-2.0
/**
 * Calls to the host's kernel that the JDK has not: by descriptor and name instead of by path. The only package that knows
 * JNA. Thread-safe.
 */
package dev.thaw.devices.host;
