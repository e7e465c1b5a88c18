// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import dev.thaw.image.ImageReference;
import dev.thaw.image.ImageStore;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Path;

/** Converts one image in a JVM of its own, and prints how much heap that took. */
public final class ConvertChild {
    private static final String PEAK = "peak heap bytes: ";

    private ConvertChild() {}

    /**
     * Converts.
     *
     * @param args the cache's folder, and the image's reference
     */
    public static void main(String[] args) {
        try (ImageStore store = ImageStore.open(Path.of(args[0]))) {
            System.out.println(store.disk(store.resolve(ImageReference.parse(args[1]))));
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
