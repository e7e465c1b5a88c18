// SPDX-License-Identifier: Apache-2.0
/**
 * What runs inside a VM: the agent (C, in the jar as a resource), a kernel for it, and the initramfs that holds both the
 * agent and the kernel's modules. Entry class: {@link dev.thaw.guest.GuestKit}.
 *
 * <p>Threading: everything here may be called from any thread and any number of processes at once; work that must be done
 * once is done under a file lock. docs/guest.md says what the agent does, docs/guest-channel.md how to talk to it.
 */
package dev.thaw.guest;
