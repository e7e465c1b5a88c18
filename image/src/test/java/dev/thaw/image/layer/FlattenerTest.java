// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.thaw.image.erofs.DiskOutput;
import dev.thaw.image.erofs.ErofsWriter;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.RandomLayers;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.tree.ByteRegion;
import dev.thaw.image.tree.Inode;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlattenerTest {
    private static final Limits SMALL = new Limits(20_000, 1 << 23, 1 << 24, 1 << 24);

    private static final long SEED = Long.getLong("thaw.test.seed", System.nanoTime());

    @TempDir
    static Path temp;

    @Test
    void a_whiteout_hides_lower_layers_wherever_it_stands() throws Exception {
        byte[] lower = Tar.of(Member.dir("a"), Member.file("a/old", ""), Member.file("b", ""));
        Member[] upper = {Member.file(".wh.a", ""), Member.dir("a"), Member.file("a/new", ""), Member.file(".wh.b", "")
        };
        then(flatten(lower, Tar.of(upper))).containsOnlyKeys("a", "a/new");
        then(flatten(lower, Tar.of(upper[1], upper[2], upper[3], upper[0]))).containsOnlyKeys("a", "a/new");
    }

    @Test
    void an_opaque_folder_keeps_itself_and_its_own_layer() throws Exception {
        byte[] lower = Tar.of(Member.dir("a").mode(0700), Member.file("a/old", ""), Member.dir("a/d"));
        byte[] upper = Tar.of(Member.file("a/new", ""), Member.file("a/.wh..wh..opq", ""));
        SortedMap<String, Inode> tree = flatten(lower, upper);
        then(tree).containsOnlyKeys("a", "a/new");
        then(tree.get("a").attributes().permissions()).isEqualTo(0700);
    }

    @Test
    void whiteouts_of_nothing_and_other_people_s_metadata_do_nothing() throws Exception {
        then(flatten(Tar.of(
                        Member.file(".wh.nothing", ""),
                        Member.file("no/such/.wh.folder", ""),
                        Member.file("no/.wh..wh..opq", ""),
                        Member.dir(".wh..wh.plnk"),
                        Member.file(".wh..wh.plnk/1.2", ""),
                        Member.file(".wh..wh.aufs", ""))))
                .isEmpty();
    }

    @Test
    void an_opaque_root_empties_it() throws Exception {
        then(flatten(Tar.of(Member.dir("a")), Tar.of(Member.file(".wh..wh..opq", ""))))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {".wh.", ".wh..", ".wh...", "a/.wh..."})
    void a_whiteout_that_would_leave_its_folder_is_refused(String name) {
        thenFlattening(Tar.of(Member.dir("a"), Member.file(name, "")))
                .hasMessage("tar header at offset 512, '" + name + "': a whiteout that names no file");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../e", "/e", "a/../../e", "./e", "//e", "up/e", "a/absolute/e"})
    void no_name_leads_out_of_the_root(String name) throws Exception {
        SortedMap<String, Inode> tree = flatten(Tar.of(
                Member.dir("a"),
                Member.symlink("up", "../../.."),
                Member.symlink("a/absolute", "/"),
                Member.file(name, "x")));
        then(tree).containsOnlyKeys("a", "a/absolute", "e", "up");
    }

    @Test
    void hard_links_share_their_inode_over_layers_and_survive_their_target() throws Exception {
        byte[] lower = Tar.of(Member.file("a", "x"));
        SortedMap<String, Inode> tree =
                flatten(lower, Tar.of(Member.hardLink("b", "/a")), Tar.of(Member.file(".wh.a", "")));
        then(tree).containsOnlyKeys("b");
        SortedMap<String, Inode> both = flatten(lower, Tar.of(Member.hardLink("b", "a")));
        then(both.get("a")).isSameAs(both.get("b"));
    }

    @Test
    void missing_parents_are_made_and_files_in_the_way_replaced() throws Exception {
        SortedMap<String, Inode> tree = flatten(
                Tar.of(Member.file("a", "x")),
                Tar.of(Member.file("a/b/c", "x"), Member.dir("a/b").mode(0700)));
        then(tree).containsOnlyKeys("a", "a/b", "a/b/c");
        then(tree.get("a").attributes().permissions()).isEqualTo(0755);
        then(tree.get("a/b").attributes().permissions()).isEqualTo(0700);
    }

    @Test
    void a_later_member_of_the_same_name_wins() throws Exception {
        SortedMap<String, Inode> tree = flatten(
                Tar.of(Member.dir("a"), Member.file("a/b", ""), Member.file("a", "12"), Member.file("./a", "123")));
        then(tree).containsOnlyKeys("a");
        then(tree.get("a").content().size()).isEqualTo(3);
    }

    @Test
    void what_cannot_be_is_refused() {
        thenFlattening(Tar.of(Member.hardLink("b", "a")))
                .hasMessage("tar header at offset 0, 'b': a hard link to 'a', which does not exist");
        thenFlattening(Tar.of(Member.dir("a"), Member.hardLink("b", "a")))
                .hasMessage("tar header at offset 512, 'b': a hard link to 'a', which is a folder");
        thenFlattening(Tar.of(Member.file("/", "")))
                .hasMessage("tar header at offset 0, '/': the root would not be a folder");
        thenFlattening(Tar.of(Member.symlink("s", "")))
                .hasMessage("tar header at offset 0, 's': a symlink whose target has 0 bytes; 1 to 4095 are possible");
        thenFlattening(Tar.of(Member.symlink("a", "b"), Member.symlink("b", "a"), Member.file("a/c", "")))
                .hasMessage("tar header at offset 1024, 'a/c': more than 255 symlinks on the way to one folder");
        thenFlattening(Tar.of(Member.file("n".repeat(256), "")))
                .hasMessageEndingWith("...': a file name of 256 bytes; at most 255 are possible");
        thenFlattening(Tar.of(Member.file("a/".repeat(2049) + "b", "")))
                .hasMessageEndingWith("...': a path of 4099 bytes; at most 4096 are possible");
    }

    @Test
    void folders_can_not_be_nested_without_end() {
        String deep = "a/".repeat(1500);
        byte[] layer = Tar.of(Member.dir(deep), Member.symlink("s", deep), Member.dir("s/" + deep));
        thenFlattening(layer).hasMessageEndingWith("folders nested deeper than 2048");
    }

    @Test
    void what_is_held_in_memory_is_bounded_whatever_it_is() throws Exception {
        // GIVEN 40 times 10,000 pieces of a byte each, then 30,000 tiny attributes, then 30,000 folders that no member
        // has
        StringBuilder map = new StringBuilder("10000\n");
        IntStream.range(0, 10_000).forEach(i -> map.append(2 * i).append("\n1\n"));
        byte[] pieces = Arrays.copyOf(
                map.toString().getBytes(StandardCharsets.ISO_8859_1), (map.length() + 511) / 512 * 512 + 10_000);
        Member[] sparse = IntStream.range(0, 40)
                .mapToObj(i -> Member.file("f" + i, pieces)
                        .pax("GNU.sparse.major", "1")
                        .pax("GNU.sparse.minor", "0")
                        .pax("GNU.sparse.realsize", "20000"))
                .toArray(Member[]::new);
        Member attributes = Member.file("x", "");
        IntStream.range(0, 30_000).forEach(i -> attributes.xattr("user." + i, new byte[] {1}));
        Member[] folders = IntStream.range(0, 30)
                .mapToObj(i -> Member.file("d" + i + "/x".repeat(1000) + "/f", ""))
                .toArray(Member[]::new);
        // THEN
        String message = "take more than 8388608 bytes of memory. Is it an archive bomb?";
        thenFlattening(Tar.of(sparse)).hasMessageEndingWith(message);
        thenFlattening(Tar.of(attributes, attributes)).hasMessageEndingWith(message);
        thenFlattening(Tar.of(folders)).hasMessageEndingWith(message);
    }

    @Test
    void attributes_that_overlayfs_would_obey_or_linux_does_not_know_are_left_out() throws Exception {
        SortedMap<String, Inode> tree = flatten(Tar.of(Member.dir("a")
                .xattr("trusted.overlay.opaque", new byte[] {'y'})
                .xattr("user.overlay.redirect", new byte[] {'/'})
                .xattr("com.apple.quarantine", new byte[] {1})
                .xattr("user.", new byte[] {1})
                .xattr("user.kept", new byte[] {1})));
        then(tree.get("a").attributes().xattrs()).containsOnlyKeys("user.kept");
    }

    @FuzzTest(maxDuration = "10m")
    void any_bytes_are_a_layer_or_refused(byte[] bytes) throws Exception {
        if (bytes != null) {
            thenIsWrittenOrRefused(Tar.withChecksums(bytes), "");
        }
    }

    @Test
    void layers_with_random_damage_are_written_or_refused() throws Exception {
        for (int i = 0; i < 300; i++) {
            long seed = SEED + i;
            Random random = new Random(seed);
            byte[] layer = Tar.of(RandomLayers.generate(random).get(0));
            for (int damages = 1 + random.nextInt(20); damages > 0; damages--) {
                int block = random.nextInt(layer.length / 512) * 512;
                layer[block + random.nextInt(512)] = (byte) random.nextInt(256);
            }
            thenIsWrittenOrRefused(Tar.withChecksums(layer), "replay with -Dthaw.test.seed=" + seed);
        }
    }

    /** Whatever the bytes are: refused with the documented exception, or flattened and written. */
    private static void thenIsWrittenOrRefused(byte[] layer, String hint) throws Exception {
        Path folder = Files.createTempDirectory("thaw-fuzz");
        Path archive = Files.write(folder.resolve("layer.tar"), layer);
        Path disk = folder.resolve("disk.erofs");
        try (FileChannel in = FileChannel.open(archive, StandardOpenOption.READ);
                FileChannel out = FileChannel.open(disk, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            Flattener flattener = new Flattener(SMALL);
            flattener.add(ByteRegion.of(in));
            DiskOutput output = new DiskOutput(out, MessageDigest.getInstance("SHA-256"));
            ErofsWriter writer = new ErofsWriter(flattener.root(), new UUID(1, 2));
            writer.writeTo(output);
            output.finish();
            then(out.size()).as(hint).isEqualTo(writer.sizeBytes());
        } catch (InvalidImageException e) {
            then(e.getMessage()).as(hint).isNotBlank().hasSizeLessThan(10_000);
        } catch (RuntimeException e) {
            throw new AssertionError(hint, e);
        } finally {
            Files.deleteIfExists(disk);
            Files.delete(archive);
            Files.delete(folder);
        }
    }

    private static AbstractThrowableAssert<?, ?> thenFlattening(byte[]... layers) {
        return thenThrownBy(() -> flatten(layers)).isInstanceOf(InvalidImageException.class);
    }

    private static SortedMap<String, Inode> flatten(byte[]... layers) throws IOException {
        Flattener flattener = new Flattener(SMALL);
        for (byte[] layer : layers) {
            Path file = Files.write(Files.createTempFile(temp, "layer", ".tar"), layer);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                flattener.add(ByteRegion.of(channel));
            }
        }
        SortedMap<String, Inode> tree = new TreeMap<>();
        list("", flattener.root(), tree);
        return tree;
    }

    private static void list(String path, Inode folder, SortedMap<String, Inode> tree) {
        for (String name : List.copyOf(folder.children().keySet())) {
            Inode child = folder.child(name);
            tree.put(path + name, child);
            if (child.isDirectory()) {
                list(path + name + "/", child, tree);
            }
        }
    }
}
