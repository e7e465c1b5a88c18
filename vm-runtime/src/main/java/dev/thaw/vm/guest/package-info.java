// SPDX-License-Identifier: Apache-2.0
/**
 * What the host asks of the agent in a guest, as typed calls over the channel: {@link dev.thaw.vm.guest.Guest}. Source
 * of every request and reply: {@code docs/guest-channel.md}, Kinds of streams. Calls may come from any thread; replies
 * are futures, completed on the VM's event loop.
 */
package dev.thaw.vm.guest;
