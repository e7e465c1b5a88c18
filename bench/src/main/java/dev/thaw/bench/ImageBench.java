// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import java.nio.file.Path;

/** What images cost: from layers to a disk, beside the tools that do the same. */
public final class ImageBench {
    private ImageBench() {}

    /**
     * Measures and prints.
     *
     * @param args the folder that holds the images postgres and orders as OCI layouts, and an empty one to work in, on
     *     the same file system
     */
    public static void main(String[] args) throws Exception {
        ConvertBench convert =
                new ConvertBench(Path.of(args[0]).toRealPath(), Path.of(args[1]).toRealPath());
        convert.measure();
        convert.print();
        System.out.println("image " + convert.figures());
    }
}
