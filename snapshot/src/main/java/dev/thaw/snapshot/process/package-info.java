// SPDX-License-Identifier: Apache-2.0
/**
 * Processes as files name them: {@link dev.thaw.snapshot.process.ProcessMark}. Immutable.
 */
package dev.thaw.snapshot.process;
