// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import dev.thaw.image.Image;
import dev.thaw.image.ImageReference;
import dev.thaw.image.ImageStore;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Path;
import java.util.List;

/** Pulls or converts one image in a JVM of its own, and prints how much heap that took. */
public final class ImageChild {
    private static final String PEAK = "peak heap bytes: ";
    private static final String MOST_HEAP = "-Xmx256m";

    private ImageChild() {}

    /** What starts it: {@code pull} or {@code convert} that image, with a cache in that folder. */
    static List<String> command(String verb, Path cache, String image) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                MOST_HEAP,
                "-cp",
                System.getProperty("java.class.path"),
                ImageChild.class.getName(),
                verb,
                cache.toString(),
                image);
    }

    /**
     * Does it.
     *
     * @param args verb, cache and image, as {@link #command} has them
     */
    public static void main(String[] args) {
        try (ImageStore store = ImageStore.open(Path.of(args[1]))) {
            Image image = store.resolve(ImageReference.parse(args[2]));
            switch (args[0]) {
                case "pull" -> store.pull(image);
                case "convert" -> System.out.println(store.disk(image));
                default -> throw new IllegalArgumentException(args[0]);
            }
        }
        // Pools have their peaks at different times, so this is rather too much.
        long peak = ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .map(MemoryPoolMXBean::getPeakUsage)
                .mapToLong(usage -> usage.getUsed())
                .sum();
        System.out.println(PEAK + peak);
    }

    /** Finds the figure in what a child has printed. */
    static long peakHeapBytes(String output) {
        int at = output.indexOf(PEAK);
        if (at < 0) {
            throw new IllegalStateException("the child did not print its peak heap, but:\n" + output);
        }
        return Long.parseLong(output.substring(at + PEAK.length()).strip());
    }
}
