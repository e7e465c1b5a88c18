// SPDX-License-Identifier: Apache-2.0
/**
 * VMs for tests and everything else: {@link dev.thaw.vm.Thaw} bakes a {@link dev.thaw.vm.VmSpec} once, freezes it and
 * thaws a private {@link dev.thaw.vm.Vm} from then on. This package is the module's public API; the packages below it
 * are internal. What is public here is thread-safe or immutable, as each type says.
 */
package dev.thaw.vm;
