// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.image.testing.Listing;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.Mounted;
import dev.thaw.image.testing.RandomLayers;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TestLayout;
import dev.thaw.image.testing.Tools;
import dev.thaw.image.testing.erofs.ErofsListing;
import dev.thaw.image.testing.erofs.ErofsReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kernel's view of our disks against an independent unpacking of the same images. Needs root: it mounts. */
@Tag("root")
class DiskMatchesUmociTest {
    private static final long SEED = Long.getLong("thaw.test.seed", System.nanoTime());

    private static final int INODES_IN_TWO_BLOCKS = 128;

    @TempDir
    Path temp;

    @Test
    void everything_that_a_layer_can_hold_arrives_in_the_kernel() throws Exception {
        // GIVEN
        TestLayout layout = TestLayout.of(temp.resolve("image"), Tar.gzip(everything(), 3), changes());
        // WHEN, THEN
        then(thenTheKernelShowsWhatUmociUnpacks(layout)).isGreaterThan(1);
    }

    /** Members of each kind, with each attribute, of lengths around those of blocks. */
    private static byte[] everything() {
        byte[] capability = {1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        return Tar.of(
                Member.dir("./").mode(0755).mtime(1_600_000_000),
                Member.dir("etc").mode(01777).owner(7, 8),
                Member.file("etc/passwd", "root:x:0:0\n").mode(0640).owner(100_000, 4_000_000_000L),
                Member.file("etc/empty", ""),
                Member.file("etc/exact-block", bytes(4096, 1)),
                Member.file("etc/block-and-tail", bytes(4097, 2)).pax("mtime", "1234567890.123456789"),
                Member.file("etc/long-tail", bytes(8191, 3)),
                Member.file("etc/big", bytes(1_000_000, 4)).pax("mtime", "-5.25"),
                Member.dir("bin").mode(0755),
                Member.file("bin/ping", "#!").mode(04755).xattr("security.capability", capability),
                Member.hardLink("bin/ping6", "bin/ping"),
                Member.hardLink("bin/ping7", "/./bin/../bin/ping"),
                Member.symlink("bin/sh", "ping").owner(5, 6),
                Member.symlink("bin/long", "x/".repeat(1000) + "y"),
                Member.dir("dev"),
                Member.device('3', "dev/null", 1, 3).mode(0666),
                Member.device('4', "dev/sda", 8, 300),
                Member.device('3', "dev/wide", 4095, 1048575),
                Member.fifo("dev/pipe"),
                Member.dir("x".repeat(255)),
                Member.file("x".repeat(255) + "/" + "y".repeat(255), "long"),
                Member.dir("gnu"),
                Member.file("gnu/" + "z".repeat(200), "gnu").format(Member.Format.GNU),
                Member.file("etc/attributes", "x")
                        .xattr("user.a", bytes(3000, 5))
                        .xattr("user.same", new byte[] {'v'})
                        .xattr("trusted.b", new byte[] {0, '\n', (byte) 0xff, '='}),
                Member.dir("etc/with-attribute").xattr("user.same", new byte[] {'v'}));
    }

    /** What an upper layer can do to these: attributes, a whiteout, replacements by the same and by other kinds, a link. */
    private static byte[] changes() {
        return Tar.of(
                Member.dir("./").mode(0711).mtime(1_600_000_001).owner(1, 1),
                Member.dir("etc").mode(0755),
                Member.file("etc/.wh.empty", ""),
                Member.file("etc/passwd", "changed"),
                Member.dir("etc/long-tail"),
                Member.file("etc/long-tail/inside", "was a file"),
                Member.dir("bin"),
                Member.hardLink("bin/across", "bin/ping"),
                Member.file("dev", "was a folder"));
    }

    @Test
    void parents_that_are_symlinks_are_followed_inside_of_the_root() throws Exception {
        // GIVEN
        byte[] lower = Tar.of(
                Member.dir("./"),
                Member.dir("usr"),
                Member.dir("usr/lib"),
                Member.symlink("lib", "usr/lib"),
                Member.symlink("up", "../../../../usr"),
                Member.symlink("absolute", "/usr/lib"),
                Member.symlink("chain", "absolute"));
        byte[] upper = Tar.of(
                Member.dir("./"),
                Member.file("lib/a", "a"),
                Member.file("up/b", "b"),
                Member.file("absolute/../c", "c"),
                Member.file("chain/d", "d"),
                Member.file("../../e", "e"),
                Member.file("/f", "f"),
                Member.hardLink("g", "chain/d"),
                Member.dir("usr").mode(0700),
                Member.dir("usr/lib").mode(0750));
        TestLayout layout = TestLayout.of(temp.resolve("image"), lower, upper);
        // WHEN, THEN
        then(thenTheKernelShowsWhatUmociUnpacks(layout)).isGreaterThan(1);
    }

    @Test
    void whiteouts_links_and_replacements_come_out_the_same_in_any_order() throws Exception {
        // GIVEN
        byte[] lower = Tar.of(
                Member.dir("./"),
                Member.dir("a").mode(0700),
                Member.file("a/old", "old"),
                Member.dir("a/d").mode(0710),
                Member.file("a/d/old", "old"),
                Member.dir("b"),
                Member.file("b/old", "old"),
                Member.dir("c"),
                Member.file("c/old", "old"),
                Member.file("file", "file"),
                Member.file("hidden", "hidden"),
                Member.symlink("to-c", "/c"),
                Member.symlink("loop", "loop"));
        byte[] upper = Tar.of(
                Member.hardLink("kept", "hidden").mode(0644),
                Member.file(".wh.hidden", ""),
                Member.dir("a/d").mode(0750),
                Member.file("a/d/new", "new"),
                Member.file("a/.wh..wh..opq", ""),
                Member.file("a/late", "late"),
                Member.file("b/new", "new"),
                Member.file(".wh.b", ""),
                Member.file("to-c/.wh.old", ""),
                Member.file("to-c/new", "new"),
                Member.file("file", "own"),
                Member.file(".wh.file", ""),
                Member.dir("file").mode(0711),
                Member.file("file/in", "in"),
                Member.dir(".wh.loop"),
                Member.file(".wh.loop/in", "in"),
                Member.fifo("twice"),
                Member.symlink("twice", "once"),
                Member.hardLink("to-twice", "./to-c/../twice"));
        TestLayout layout = TestLayout.of(temp.resolve("image"), lower, Tar.gzip(upper, 2));
        // WHEN, THEN
        then(thenTheKernelShowsWhatUmociUnpacks(layout)).isGreaterThan(10);
    }

    /** fsck.erofs reads as far as an inode's attributes would go, also behind the last inode, which has none. */
    @Test
    void a_disk_is_whole_wherever_in_its_block_the_last_inode_ends() throws Exception {
        for (int files = 1; files <= INODES_IN_TWO_BLOCKS; files++) {
            // GIVEN inodes of 64 bytes, as no two of them have the same time
            List<Member> members = new ArrayList<>();
            for (int i = 0; i < files; i++) {
                members.add(Member.file("f" + i, "").mtime(1_600_000_000 + i));
            }
            TestLayout layout = TestLayout.of(temp.resolve("image-" + files), Tar.of(members));
            try (ImageStore store = ImageStore.open(temp.resolve("cache"))) {
                // WHEN
                Disk disk = store.disk(store.resolve(layout.reference()));
                // THEN
                Tools.fsck(disk.file());
            }
        }
    }

    @Test
    void random_layer_stacks_come_out_the_same() throws Exception {
        randomStacks(50);
    }

    @Tag("nightly")
    @Test
    void many_random_layer_stacks_come_out_the_same() throws Exception {
        randomStacks(1000);
    }

    @Test
    void each_of_a_hundred_thousand_names_in_one_folder_is_found_by_the_kernel() throws Exception {
        // GIVEN
        int count = 100_000;
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            members.add(Member.file("many/" + nameOf(i), ""));
        }
        TestLayout layout = TestLayout.of(temp.resolve("image"), Tar.gzip(Tar.of(members), 1));
        try (ImageStore store = ImageStore.open(temp.resolve("cache"))) {
            // WHEN
            Disk disk = store.disk(store.resolve(layout.reference()));
            // THEN
            Tools.fsck(disk.file());
            try (Mounted mounted = Mounted.erofs(disk.file())) {
                Path many = mounted.folder().resolve("many");
                then(many.toFile().list()).hasSize(count);
                for (int i = 0; i < count; i += 7) {
                    then(many.resolve(nameOf(i))).exists();
                    then(many.resolve(nameOf(i) + "-")).doesNotExist();
                }
            }
        }
    }

    private static String nameOf(int i) {
        return Integer.toString(i * 7919, 36) + "x".repeat(i % 40);
    }

    @Tag("nightly")
    @Test
    void a_sparse_file_of_more_than_4_gib_is_whole() throws Exception {
        // GIVEN five GiB of nothing, and then "end"
        long size = (5L << 30) + 3;
        byte[] content = Arrays.copyOf(("1\n" + (5L << 30) + "\n3\n").getBytes(StandardCharsets.US_ASCII), 512 + 3);
        System.arraycopy(new byte[] {'e', 'n', 'd'}, 0, content, 512, 3);
        byte[] layer = Tar.of(Member.file("huge", content)
                .pax("GNU.sparse.major", "1")
                .pax("GNU.sparse.minor", "0")
                .pax("GNU.sparse.name", "huge")
                .pax("GNU.sparse.realsize", Long.toString(size)));
        TestLayout layout = TestLayout.of(temp.resolve("image"), layer);
        try (ImageStore store = ImageStore.open(temp.resolve("cache"))) {
            // WHEN
            Disk disk = store.disk(store.resolve(layout.reference()));
            // THEN
            Tools.fsck(disk.file());
            then(disk.sizeBytes()).isGreaterThan(5L << 30);
            String[] used =
                    Tools.run("du", "--block-size=1", disk.file().toString()).split("\\s", 2);
            then(Long.parseLong(used[0])).isLessThan(1 << 20);
            try (Mounted mounted = Mounted.erofs(disk.file())) {
                Path huge = mounted.folder().resolve("huge");
                then(huge).hasSize(size);
                then(Tools.run("tail", "-c", "4", huge.toString())).isEqualTo("\0end");
            }
        }
    }

    private void randomStacks(int count) throws Exception {
        int entries = 0;
        for (int i = 0; i < count; i++) {
            long seed = SEED + i;
            List<byte[]> layers = new ArrayList<>();
            Random random = new Random(seed);
            for (List<Member> members : RandomLayers.generate(random)) {
                int gzipMembers = random.nextInt(4);
                byte[] layer = Tar.of(members);
                layers.add(gzipMembers == 0 ? layer : Tar.gzip(layer, gzipMembers));
            }
            TestLayout layout = TestLayout.of(temp.resolve("image-" + i), layers.toArray(byte[][]::new));
            try {
                entries += thenTheKernelShowsWhatUmociUnpacks(layout);
            } catch (AssertionError | IOException e) {
                throw new AssertionError("replay with -Dthaw.test.seed=" + seed, e);
            }
        }
        // A single stack may well remove all that it has made.
        then(entries).isGreaterThan(2 * count);
    }

    /** Returns how many entries both have, the root included. */
    private int thenTheKernelShowsWhatUmociUnpacks(TestLayout layout) throws IOException {
        Path unpacked = layout.folder().resolveSibling(layout.folder().getFileName() + "-unpacked");
        Tools.run(
                "sh",
                "-c",
                "umask 022 && exec umoci raw unpack --image \"$1\" \"$2\"",
                "sh",
                layout.folder() + ":latest",
                unpacked.toString());
        try (ImageStore store = ImageStore.open(temp.resolve("cache"))) {
            Disk disk = store.disk(store.resolve(layout.reference()));
            Tools.fsck(disk.file());
            try (Mounted mounted = Mounted.erofs(disk.file())) {
                Map<String, String> actual = Listing.of(mounted.folder());
                then(Listing.differences(actual, Listing.of(unpacked))).isEmpty();
                // The reader, which other tests rely on, sees what the kernel does.
                then(Listing.differences(ErofsListing.lines(ErofsReader.list(disk.file())), actual))
                        .isEmpty();
                Tools.run("rm", "-r", unpacked.toString());
                return actual.size();
            }
        }
    }

    private static byte[] bytes(int length, int fill) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) fill);
        return bytes;
    }
}
