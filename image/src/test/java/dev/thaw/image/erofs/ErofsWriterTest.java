// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.erofs;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.thaw.image.layer.Flattener;
import dev.thaw.image.layer.Limits;
import dev.thaw.image.tar.TarReader;
import dev.thaw.image.testing.Listing;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.RandomLayers;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.erofs.ErofsEntry;
import dev.thaw.image.testing.erofs.ErofsListing;
import dev.thaw.image.tree.Attributes;
import dev.thaw.image.tree.ByteRegion;
import dev.thaw.image.tree.FileContent;
import dev.thaw.image.tree.Inode;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ErofsWriterTest {
    private static final long SEED = Long.getLong("thaw.test.seed", System.nanoTime());
    private static final int UNIT = 1 << 16;

    @TempDir
    static Path temp;

    private static FileChannel channel;
    /** The same bytes twice, then the same but for the last byte of each block, then zeros. */
    private static ByteRegion material;

    @BeforeAll
    static void makeMaterial() throws IOException {
        byte[] unit = new byte[UNIT];
        new Random(1).nextBytes(unit);
        byte[] other = unit.clone();
        for (int i = 4095; i < other.length; i += 4096) {
            other[i] ^= 1;
        }
        channel = FileChannel.open(
                temp.resolve("material"),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
        for (byte[] part : new byte[][] {unit, unit, other, new byte[UNIT]}) {
            channel.write(ByteBuffer.wrap(part));
        }
        material = ByteRegion.of(channel);
    }

    @AfterAll
    static void closeMaterial() throws IOException {
        channel.close();
    }

    @Test
    void random_trees_are_read_as_they_were_written() throws Exception {
        for (int i = 0; i < 200; i++) {
            long seed = SEED + i;
            Random random = new Random(seed);
            try {
                thenDiskSaysWhatTheTreeDoes(TestTree.of(random::nextInt, material));
            } catch (AssertionError | IOException | RuntimeException e) {
                throw new AssertionError("replay with -Dthaw.test.seed=" + seed, e);
            }
        }
    }

    @Test
    void random_layer_stacks_are_read_as_they_were_flattened() throws Exception {
        for (int i = 0; i < 50; i++) {
            long seed = SEED + i;
            Flattener flattener = new Flattener(Limits.DEFAULT);
            List<FileChannel> layers = new ArrayList<>();
            try {
                for (List<Member> members : RandomLayers.generate(new Random(seed))) {
                    Path tar = Files.write(temp.resolve("layer-" + layers.size() + ".tar"), Tar.of(members));
                    layers.add(FileChannel.open(tar, StandardOpenOption.READ));
                    flattener.add(new TarReader(ByteRegion.of(layers.get(layers.size() - 1)))::next);
                }
                thenDiskSaysWhatTheTreeDoes(flattener.root());
            } catch (AssertionError | IOException | RuntimeException e) {
                throw new AssertionError("replay with -Dthaw.test.seed=" + seed, e);
            } finally {
                for (FileChannel layer : layers) {
                    layer.close();
                }
            }
        }
    }

    @FuzzTest(maxDuration = "10m")
    void any_tree_is_read_as_it_was_written(FuzzedDataProvider data) throws Exception {
        thenDiskSaysWhatTheTreeDoes(TestTree.of(bound -> data.consumeInt(0, bound - 1), material));
    }

    @Test
    void files_of_the_same_content_share_blocks_and_stay_inodes_of_their_own() throws Exception {
        // GIVEN two of the same content, one with another last byte, and a hard link
        Inode root = folder();
        Inode first = file(0, 8192);
        root.putChild("first", first);
        root.putChild("link", first);
        root.putChild("same", file(UNIT, 8192));
        root.putChild("other", file(2 * UNIT, 8192));
        root.putChild("shorter", file(0, 8191));
        // WHEN
        SortedMap<String, ErofsEntry> disk = disk(root);
        // THEN
        then(disk.get("/same").firstBlock()).isEqualTo(disk.get("/first").firstBlock());
        then(disk.get("/same").nid()).isNotEqualTo(disk.get("/first").nid());
        then(disk.get("/link").nid()).isEqualTo(disk.get("/first").nid());
        then(disk.get("/first").links()).isEqualTo(2);
        then(disk.get("/same").links()).isEqualTo(1);
        then(disk.get("/other").firstBlock()).isNotEqualTo(disk.get("/first").firstBlock());
        then(disk.get("/shorter").firstBlock()).isNotEqualTo(disk.get("/first").firstBlock());
    }

    @Test
    void the_space_of_the_same_content_is_taken_once() throws Exception {
        Inode one = folder();
        one.putChild("a", file(0, UNIT));
        Inode two = folder();
        two.putChild("a", file(0, UNIT));
        two.putChild("b", file(UNIT, UNIT));
        then(sizeOf(two)).isEqualTo(sizeOf(one)).isLessThan(2 * UNIT);
    }

    @Test
    void blocks_are_shared_though_only_one_has_room_for_the_tail() throws Exception {
        // GIVEN a tail of 4000 bytes, behind an inode alone and behind one with 1000 bytes of attributes, either first
        for (String large : new String[] {"a", "z"}) {
            Inode root = folder();
            root.putChild("m", file(0, 8096));
            SortedMap<String, byte[]> xattrs = new TreeMap<>();
            xattrs.put("user.x", new byte[1000]);
            Attributes attributes = new Attributes(0644, 0, 0, 0, 0, xattrs);
            root.putChild(large, Inode.regular(attributes, FileContent.whole(material, UNIT, 8096)));
            // WHEN
            SortedMap<String, ErofsEntry> disk = disk(root);
            // THEN
            then(disk.get("/" + large).firstBlock())
                    .isEqualTo(disk.get("/m").firstBlock())
                    .isPositive();
        }
    }

    @Test
    void files_with_the_same_tail_and_other_blocks_are_kept_apart() throws Exception {
        Inode root = folder();
        root.putChild("a", file(0, 4096 + 100));
        root.putChild("b", Inode.regular(root.attributes(), FileContent.sparse(material, 4196, new long[] {
            4096, 4096, 100
        })));
        SortedMap<String, ErofsEntry> disk = disk(root);
        then(disk.get("/a").firstBlock()).isNotEqualTo(disk.get("/b").firstBlock());
    }

    @Test
    void an_inode_holds_no_more_attributes_than_its_field_can_count() throws Exception {
        // GIVEN 4 attributes of 65,535 bytes, and then one of as many bytes as there is room for, and one more
        SortedMap<String, byte[]> xattrs = new TreeMap<>();
        for (int i = 0; i < 3; i++) {
            xattrs.put("user." + i, new byte[65535]);
        }
        xattrs.put("user.last", new byte[262_148 - 12 - 3 * (4 + 1 + 65535) - 4 - 4]);
        Inode root = Inode.directory(new Attributes(0755, 0, 0, 0, 0, xattrs));
        // WHEN, THEN
        disk(root);
        xattrs.put("user.last", new byte[xattrs.get("user.last").length + 1]);
        root.setAttributes(new Attributes(0755, 0, 0, 0, 0, xattrs));
        thenThrownBy(() -> new ErofsWriter(root, new UUID(1, 2)))
                .isInstanceOf(InvalidImageException.class)
                .hasMessage("extended attributes of 262152 bytes on one DIRECTORY; an EROFS disk holds at most 262148");
    }

    @Test
    void files_that_no_disk_has_room_for_are_refused_before_anything_is_read() {
        for (long size : new long[] {Long.MAX_VALUE, 1L << 44}) {
            Inode root = folder();
            root.putChild("huge", Inode.regular(root.attributes(), FileContent.sparse(material, size, new long[0])));
            thenThrownBy(() -> new ErofsWriter(root, new UUID(1, 2)))
                    .isInstanceOf(InvalidImageException.class)
                    .hasMessage("its files take " + (size / 4096 + (size % 4096 == 0 ? 0 : 1))
                            + " blocks of 4096 bytes; an EROFS disk has at most 4294967295");
        }
    }

    @Test
    void a_folder_of_a_hundred_thousand_names_is_read_as_it_was_written() throws Exception {
        Inode root = folder();
        Inode many = folder();
        root.putChild("many", many);
        for (int i = 0; i < 100_000; i++) {
            many.putChild(Integer.toString(i * 7919, 36) + "x".repeat(i % 40), file(0, 0));
        }
        thenDiskSaysWhatTheTreeDoes(root);
    }

    private static Inode folder() {
        return Inode.directory(Attributes.IMPLIED);
    }

    private static Inode file(long at, long size) {
        return Inode.regular(Attributes.IMPLIED, FileContent.whole(material, at, size));
    }

    private static long sizeOf(Inode root) throws IOException {
        return new ErofsWriter(root, new UUID(1, 2)).sizeBytes();
    }

    private static SortedMap<String, ErofsEntry> disk(Inode root) throws Exception {
        return thenDiskSaysWhatTheTreeDoes(root);
    }

    private static SortedMap<String, ErofsEntry> thenDiskSaysWhatTheTreeDoes(Inode root) throws Exception {
        Path disk = temp.resolve("disk-" + Thread.currentThread().getId() + ".erofs");
        try {
            TestTree.write(root, disk);
            SortedMap<String, ErofsEntry> found = TestTree.read(disk);
            then(Listing.differences(ErofsListing.lines(found), TestTree.expected(root)))
                    .isEmpty();
            return found;
        } finally {
            Files.deleteIfExists(disk);
        }
    }
}
