// SPDX-License-Identifier: Apache-2.0
/**
 * The host's side of the guest channel: frames, streams and their flow control. The wire format is settled in
 * {@code docs/guest-channel.md}; nothing here knows what the streams are for (that is {@code dev.thaw.vm.guest}).
 *
 * <p>{@link dev.thaw.vm.channel.Mux} is the protocol without input or output, confined to one thread at a time;
 * {@link dev.thaw.vm.channel.ChannelLink} connects it to a socket on an event loop.
 */
package dev.thaw.vm.channel;
