// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.kernel;

import java.nio.file.Path;
import java.util.List;

/**
 * A kernel with the modules that a guest needs.
 *
 * @param image the bzImage
 * @param sha256 of that file
 * @param version as in {@code /lib/modules/VERSION}
 * @param modules in an order in which they can be loaded: each after what it depends on
 */
public record GuestKernel(Path image, String sha256, String version, List<KernelModule> modules) {
    public GuestKernel {
        modules = List.copyOf(modules);
    }
}
