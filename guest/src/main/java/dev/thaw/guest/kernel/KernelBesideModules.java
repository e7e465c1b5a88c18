// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.kernel;

import dev.thaw.guest.GuestKernelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A kernel image that somebody unpacked or installed, and where its modules are by custom. */
final class KernelBesideModules {
    private KernelBesideModules() {}

    static GuestKernel load(Path file) throws IOException {
        Path image = file.toRealPath();
        String version = KernelImage.version(image);
        List<Path> places = places(image.getParent(), version);
        for (Path place : places) {
            if (Files.isDirectory(place)) {
                return new GuestKernel(
                        image,
                        Sha256.of(image),
                        version,
                        ModuleFolder.scan(place).needed());
            }
        }
        throw new GuestKernelException(
                "The kernel " + image + " (version " + version + ") has no modules beside it; looked for " + places
                        + ".",
                "Put its modules into one of these folders, or name its Debian package instead.",
                null);
    }

    private static List<Path> places(Path folder, String version) {
        Path inLib = Path.of("lib", "modules", version);
        return List.of(
                folder.resolve("modules"),
                folder.resolve(inLib),
                // as in an installed system and in an unpacked package: boot/vmlinuz-VERSION, lib/modules/VERSION
                folder.resolveSibling(inLib));
    }
}
