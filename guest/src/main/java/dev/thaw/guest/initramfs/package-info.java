// SPDX-License-Identifier: Apache-2.0
/**
 * The initramfs: a cpio archive with the agent and the kernel's modules, the same bytes for the same content. Entry class:
 * {@link dev.thaw.guest.initramfs.Initramfs}. Internal to the module.
 *
 * <p>Threading: values are immutable; {@code CpioWriter} is confined to whoever made it.
 */
package dev.thaw.guest.initramfs;
