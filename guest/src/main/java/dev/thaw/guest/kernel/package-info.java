// SPDX-License-Identifier: Apache-2.0
/**
 * Kernels: downloading Debian's with apt, unpacking packages, finding modules and what they depend on. Entry class:
 * {@link dev.thaw.guest.kernel.KernelCache}. Internal to the module.
 *
 * <p>Threading: values are immutable; the cache is safe among threads and processes through file locks.
 */
package dev.thaw.guest.kernel;
