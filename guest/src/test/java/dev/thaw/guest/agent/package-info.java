// SPDX-License-Identifier: Apache-2.0
/**
 * Tests of the agent as a program: its unit tests, and the agent itself on the build machine over a unix socket, built with
 * sanitizers and with a machine that only tells what it was asked.
 */
package dev.thaw.guest.agent;
