// SPDX-License-Identifier: Apache-2.0
/** What this module's tests share: archives and images made of bytes, and listings of real file systems. */
package dev.thaw.image.testing;
