// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import dev.thaw.image.ImageReference;
import dev.thaw.image.ImageStore;
import dev.thaw.image.RegistrySettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * From a registry on this machine to blobs on its disk: ours, and {@code skopeo copy} to an OCI layout.
 *
 * <p>Ours runs in this JVM, warmed up, as it does in a JVM that runs tests; a JVM that does nothing else is timed, too,
 * from its start to its end. The sides take turns. Both check every digest. Ours syncs each blob to the storage, the
 * peer does not, so the peer with {@code sync -f} behind it is told as well.
 */
final class PullBench {
    private static final int WARM_UPS = 3;
    private static final int RUNS = 9;

    private final String image;
    private final Path scratch;
    private final Series ours = new Series();
    private final Series freshJvm = new Series();
    private final Series peer = new Series();
    private final Series peerSynced = new Series();

    /**
     * A benchmark that has not been run.
     *
     * @param image its name in a registry that speaks plain HTTP
     * @param scratch empty, for what both sides write
     */
    PullBench(String image, Path scratch) {
        this.image = image;
        this.scratch = scratch;
    }

    void measure() throws IOException, InterruptedException {
        for (int i = 0; i < WARM_UPS; i++) {
            ours(new Series());
        }
        for (int i = 0; i < RUNS; i++) {
            if (i % 2 == 0) {
                ours(ours);
                peer();
            } else {
                peer();
                ours(ours);
            }
            freshJvm();
        }
    }

    private void ours(Series times) throws IOException, InterruptedException {
        Path cache = scratch.resolve("pulled");
        long start = System.nanoTime();
        try (ImageStore store = ImageStore.open(cache, RegistrySettings.defaults(), event -> {})) {
            store.pull(store.resolve(ImageReference.parse(image)));
        }
        times.add(Duration.ofNanos(System.nanoTime() - start));
        Tool.remove(cache);
    }

    private void freshJvm() throws IOException, InterruptedException {
        Path cache = scratch.resolve("pulled");
        freshJvm.add(Tool.run(scratch, ImageChild.command("pull", cache, image)).time());
        Tool.remove(cache);
    }

    private void peer() throws IOException, InterruptedException {
        Path layout = scratch.resolve("copied");
        Tool.Result copied = Tool.run(
                scratch,
                List.of("skopeo", "copy", "--quiet", "--src-tls-verify=false", "docker://" + image, "oci:" + layout));
        Tool.Result synced = Tool.run(scratch, List.of("sync", "-f", layout.toString()));
        peer.add(copied.time());
        peerSynced.add(copied.time().plus(synced.time()));
        if (!Files.isDirectory(layout)) {
            throw new IllegalStateException("skopeo has copied nothing to " + layout);
        }
        Tool.remove(layout);
    }

    void print() {
        Table.row("registry to blobs: ours, synced", ours);
        Table.row("                   ours, a JVM's start to end", freshJvm);
        Table.row("registry to blobs: skopeo copy", peer);
        Table.row("                   skopeo copy and sync -f", peerSynced);
        System.out.printf("%n%d runs each, taking turns.%n", RUNS);
    }

    /** For the last line. */
    String figures() {
        return String.format(Locale.ROOT, "pull_ratio=%.2f", ours.medianMillis() / peer.medianMillis());
    }
}
