// SPDX-License-Identifier: Apache-2.0
/**
 * What tests of several packages share: {@link dev.thaw.snapshot.testing.LoopFileSystem}s of any kind,
 * {@link dev.thaw.snapshot.testing.RandomPages} and {@link dev.thaw.snapshot.testing.Tools}.
 */
package dev.thaw.snapshot.testing;
