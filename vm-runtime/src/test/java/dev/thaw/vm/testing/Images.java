// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.testing;

import java.nio.file.Files;
import java.nio.file.Path;

/** The images that examples/images/build makes. */
public final class Images {
    private Images() {}

    /** What a spec names the image by. */
    public static String reference(String name) {
        String folder = System.getProperty("thaw.test.images");
        if (folder == null || !Files.isDirectory(Path.of(folder, name))) {
            throw new IllegalStateException("The test image " + name + " is not below thaw.test.images (" + folder
                    + "). Run examples/images/build.");
        }
        return "oci:" + Path.of(folder, name);
    }
}
