// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import java.time.Duration;

/**
 * What a command in the guest did.
 *
 * @param exitCode its exit status; 128 plus the signal's number if a signal ended it, as a shell reports it
 * @param stdout what it wrote to standard output, decoded as UTF-8
 * @param stderr what it wrote to standard error, decoded as UTF-8
 * @param duration from the request to the end, as seen by the host
 */
public record ExecResult(int exitCode, String stdout, String stderr, Duration duration) {}
