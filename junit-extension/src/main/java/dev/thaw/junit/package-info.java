// SPDX-License-Identifier: Apache-2.0
/**
 * A private, warm service for a JUnit test class: {@link dev.thaw.junit.MicroVm} says which, {@link
 * dev.thaw.junit.Port} and {@link dev.thaw.junit.Guest} hand it to the tests. The extension behind them keeps no state
 * of its own: VMs live in the store of their class, what a run shares lives in the store of the run, and JUnit closes
 * both. Classes and methods may run in parallel.
 */
package dev.thaw.junit;
