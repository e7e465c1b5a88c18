// SPDX-License-Identifier: Apache-2.0
/**
 * Machines as QEMU child processes: {@link dev.thaw.vm.qemu.QemuEngine}. A child is told what to do over QMP and
 * connects to three unix sockets of its parent: QMP, the guest channel and the console.
 */
package dev.thaw.vm.qemu;
