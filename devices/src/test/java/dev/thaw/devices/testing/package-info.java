// SPDX-License-Identifier: Apache-2.0
/** What tests of several packages need. {@code MemoryTree} is the model of the core that others are compared with. */
package dev.thaw.devices.testing;
