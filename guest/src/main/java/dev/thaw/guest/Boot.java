// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest;

import java.nio.file.Path;

/**
 * What a VM boots from. Both files are complete and stay as they are: another kernel or agent gets other files.
 *
 * @param kernel the kernel image, a bzImage
 * @param kernelSha256 of that file, 64 lower-case hexadecimal digits
 * @param initramfs a cpio archive with the agent as {@code /init} and its modules
 * @param initramfsSha256 of that file, 64 lower-case hexadecimal digits
 * @param kernelVersion as {@code uname -r} says it in the guest
 */
public record Boot(Path kernel, String kernelSha256, Path initramfs, String initramfsSha256, String kernelVersion) {}
