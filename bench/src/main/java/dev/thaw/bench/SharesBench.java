// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import dev.thaw.guest.Architecture;
import dev.thaw.guest.GuestKit;
import dev.thaw.vm.ThawConfig;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A folder of the host in two guests, of Thaw and with virtiofsd: how fast programs there are, and how soon and how surely they see what
 * changes. Both run the same kernel on the same emulated machine from the same disk, side by side, and take turns.
 */
public final class SharesBench {
    private static final int ROUNDS = 5;
    private static final int WATCHED = 250;
    private static final int WATCHED_PEER = 30;
    private static final int ASKED = 3000;
    private static final int ASKED_PEER = 300;
    private static final String MEMORY = "1g";

    private record Row(ShareMeasure measure, Series ours, Series peer) {
        double ratio() {
            return peer.medianMillis() / ours.medianMillis();
        }
    }

    private SharesBench() {}

    /**
     * Measures and prints.
     *
     * @param args the folder that holds the image judges as an OCI layout, the folder that {@code bench/shares/build} has
     *     filled, virtiofsd's path, an empty folder
     */
    public static void main(String[] args) throws Exception {
        Path images = Path.of(args[0]).toAbsolutePath().normalize();
        Path built = Path.of(args[1]).toAbsolutePath().normalize();
        Path scratch = Path.of(args[3]).toAbsolutePath().normalize();
        for (String side : List.of("ours", "peer")) {
            ShareFixtures.make(scratch.resolve(side), built.resolve("driver"));
        }
        try (ThawGuest ours = new ThawGuest(images, scratch.resolve("ours"), MEMORY);
                VirtiofsGuest peer = new VirtiofsGuest(
                        Path.of(args[2]), scratch.resolve("peer"), scratch, boot(ours, built, scratch))) {
            printHead();
            List<Row> rows = measure(ours, peer);
            FreshnessBench fresh = freshness(ours, WATCHED, ASKED);
            FreshnessBench peerFresh = freshness(peer, WATCHED_PEER, ASKED_PEER);
            print(rows, fresh, peerFresh);
        }
    }

    /** Thaw's initramfs has the modules; a second archive behind it has the rest. */
    private static VirtiofsGuest.Boot boot(ThawGuest ours, Path built, Path scratch) throws IOException {
        ThawConfig config = ThawConfig.load();
        var kit = GuestKit.prepare(config.home().resolve("guest"), config.kernel(), Architecture.X86_64);
        Path initramfs = scratch.resolve("initramfs.cpio");
        try (OutputStream out = Files.newOutputStream(initramfs)) {
            Files.copy(kit.initramfs(), out);
            Files.copy(built.resolve("peer.cpio"), out);
        }
        return new VirtiofsGuest.Boot(kit.kernel(), initramfs, ours.output("cat", "/proc/cmdline"), ours.machine());
    }

    private static List<Row> measure(SharingGuest ours, SharingGuest peer) throws IOException {
        List<Row> rows = new ArrayList<>();
        for (ShareMeasure measure : ShareMeasure.all()) {
            measure.measure(ours, new Series());
            measure.measure(peer, new Series());
            Row row = new Row(measure, new Series(), new Series());
            for (int i = 0; i < ROUNDS; i++) {
                measure.measure(ours, row.ours);
                measure.measure(peer, row.peer);
            }
            rows.add(row);
            print(measure.what(), row.ours, row.peer);
        }
        return rows;
    }

    private static FreshnessBench freshness(SharingGuest guest, int watched, int asked) throws IOException {
        FreshnessBench fresh = new FreshnessBench(guest);
        fresh.watch(watched);
        fresh.ask(asked);
        return fresh;
    }

    private static void printHead() {
        System.out.printf(
                Locale.ROOT,
                "%n%-40s | %26s | %26s | %s%n",
                "ms",
                "Thaw: best, median, worst",
                "virtiofsd: same",
                "ratio of medians");
    }

    private static void print(List<Row> rows, FreshnessBench ours, FreshnessBench peer) {
        print("the host's change visible", ours.visible(), peer.visible());
        System.out.printf(
                Locale.ROOT,
                "%nStale when asked after a change: %d of %d, with virtiofsd %d of %d.%n",
                ours.stale(),
                ASKED,
                peer.stale(),
                ASKED_PEER);
        StringBuilder last = new StringBuilder("shares");
        for (Row row : rows) {
            if (!row.measure.key().isEmpty()) {
                last.append(String.format(Locale.ROOT, " %s_ratio=%.2f", row.measure.key(), row.ratio()));
            }
        }
        System.out.printf(
                Locale.ROOT,
                "%s visible_ms_median=%.2f visible_ms_worst=%.2f stale_reads=%d%n",
                last,
                ours.visible().medianMillis(),
                ours.visible().worstMillis(),
                ours.stale());
    }

    private static void print(String what, Series ours, Series peer) {
        System.out.printf(
                Locale.ROOT,
                "%-40s | %8.1f %8.1f %8.1f | %8.1f %8.1f %8.1f | %.2f%n",
                what,
                ours.bestMillis(),
                ours.medianMillis(),
                ours.worstMillis(),
                peer.bestMillis(),
                peer.medianMillis(),
                peer.worstMillis(),
                peer.medianMillis() / ours.medianMillis());
    }
}
