// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import java.nio.file.Path;

/** What images cost: from a registry to layers, and from layers to a disk, beside the tools that do the same. */
public final class ImageBench {
    private ImageBench() {}

    /**
     * Measures and prints.
     *
     * @param args the folder that holds the images postgres, orders and alone as OCI layouts; an empty one to work in, on the
     *     same file system; the first image's name in a registry
     */
    public static void main(String[] args) throws Exception {
        Path scratch = Path.of(args[1]).toRealPath();
        ConvertBench convert = new ConvertBench(Path.of(args[0]).toRealPath(), scratch);
        PullBench pull = new PullBench(args[2], scratch);
        convert.measure();
        pull.measure();
        Table.head();
        convert.print();
        pull.print();
        System.out.println("image " + convert.figures() + " " + pull.figures());
    }
}
