// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * From layers to a mountable disk: a JVM of ours, and {@code umoci unpack} with {@code mkfs.erofs}.
 *
 * <p>Whole processes are timed, the JVM's start included, and the sides take turns, each beginning every other time. Ours
 * has its disk synced to the storage when it ends, the peer does not. Each run begins without a cache; then the second
 * image is converted, which shares all layers but a small one with the first. That one is also converted as an image of its
 * own, in another cache: mostly the start of a JVM.
 */
final class ConvertBench {
    private static final int RUNS = 7;
    private static final double BYTES_PER_MB = 1e6;

    private final Path images;
    private final Path scratch;
    private final Series ours = new Series();
    private final Series second = new Series();
    private final Series alone = new Series();
    private final Series peer = new Series();
    private final Series unpack = new Series();
    private final Series mkfs = new Series();
    private long peakHeapBytes;

    /**
     * A benchmark that has not been run.
     *
     * @param images holds the layouts postgres, orders and alone
     * @param scratch empty, for what both sides write
     */
    ConvertBench(Path images, Path scratch) {
        this.images = images;
        this.scratch = scratch;
    }

    void measure() throws IOException, InterruptedException {
        ours(new Series(), new Series(), new Series()); // so that the layers are in the page cache
        for (int i = 0; i < RUNS; i++) {
            if (i % 2 == 0) {
                ours(ours, second, alone);
                peer();
            } else {
                peer();
                ours(ours, second, alone);
            }
        }
    }

    private void ours(Series first, Series next, Series ownLayer) throws IOException, InterruptedException {
        Path home = scratch.resolve("ours");
        first.add(convert(home, "postgres"));
        next.add(convert(home, "orders"));
        Tool.remove(home);
        ownLayer.add(convert(home, "alone"));
        Tool.remove(home);
    }

    private Duration convert(Path home, String image) throws IOException, InterruptedException {
        Tool.Result result = Tool.run(scratch, ImageChild.command("convert", home, "oci:" + images.resolve(image)));
        peakHeapBytes = Math.max(peakHeapBytes, ImageChild.peakHeapBytes(result.output()));
        return result.time();
    }

    private void peer() throws IOException, InterruptedException {
        Path bundle = scratch.resolve("bundle");
        Path disk = scratch.resolve("peer.erofs");
        Tool.Result unpacked = Tool.run(
                scratch,
                List.of("umoci", "unpack", "--image", images.resolve("postgres") + ":latest", bundle.toString()));
        Tool.Result made = Tool.run(
                scratch,
                List.of(
                        "mkfs.erofs",
                        "--quiet",
                        disk.toString(),
                        bundle.resolve("rootfs").toString()));
        unpack.add(unpacked.time());
        mkfs.add(made.time());
        peer.add(unpacked.time().plus(made.time()));
        Tool.remove(bundle);
        Tool.remove(disk);
    }

    void print() {
        Table.row("layers to disk: ours, -Xmx256m, synced", ours);
        Table.row("layers to disk: umoci unpack + mkfs.erofs", peer);
        Table.row("                umoci unpack", unpack);
        Table.row("                mkfs.erofs", mkfs);
        Table.row("second image after the first: ours", second);
        Table.row("second image's own layer alone: ours", alone);
        System.out.printf("%n%d runs each, taking turns.%n", RUNS);
    }

    /** For the last line. */
    String figures() {
        return String.format(
                Locale.ROOT,
                "convert_ratio=%.2f peak_heap_mb=%.0f",
                peer.medianMillis() / ours.medianMillis(),
                peakHeapBytes / BYTES_PER_MB);
    }
}
