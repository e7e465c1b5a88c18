// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest;

import dev.thaw.guest.initramfs.Initramfs;
import dev.thaw.guest.kernel.GuestKernel;
import dev.thaw.guest.kernel.KernelCache;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Finds or makes what a guest boots from. Thread-safe, and safe among processes that share a cache folder. */
public final class GuestKit {
    private GuestKit() {}

    /**
     * The kernel and the initramfs for it. The first call on a machine downloads Debian's cloud kernel with apt (27 MB);
     * later ones find it in the cache and take some milliseconds.
     *
     * @param cacheFolder made if it does not exist; may be deleted whenever no VM is being started
     * @param kernelOverride another kernel: a Debian package of one, or a kernel image whose modules are in
     *     {@code modules} or {@code lib/modules/VERSION} beside it or, for an image in {@code /boot}, in
     *     {@code /lib/modules/VERSION}
     * @throws GuestKernelException if there is no kernel to be had, or it lacks what the agent needs
     */
    public static Boot prepare(Path cacheFolder, Optional<Path> kernelOverride, Architecture architecture) {
        KernelCache cache = new KernelCache(cacheFolder.resolve("kernels"), architecture);
        GuestKernel kernel = kernelOverride.isPresent() ? cache.use(kernelOverride.get()) : cache.debian();
        try {
            Initramfs initramfs = Initramfs.build(kernel, architecture);
            Path file = initramfs.publish(cacheFolder.resolve("initramfs"));
            return new Boot(kernel.image(), kernel.sha256(), file, initramfs.sha256(), kernel.version());
        } catch (IOException e) {
            throw new GuestKernelException(
                    "The initramfs for kernel " + kernel.image() + " could not be written below " + cacheFolder + ": "
                            + e + ".",
                    "Make sure that the folder is writable and has 20 MB to spare.",
                    e);
        }
    }
}
