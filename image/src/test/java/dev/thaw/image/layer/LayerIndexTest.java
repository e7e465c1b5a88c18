// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.thaw.image.Digest;
import dev.thaw.image.tar.TarEntry;
import dev.thaw.image.testing.IndexedLayers;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.RandomLayers;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.tree.Attributes;
import dev.thaw.image.tree.ByteRegion;
import dev.thaw.image.tree.FileContent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LayerIndexTest {
    private static final long SEED = Long.getLong("thaw.test.seed", System.nanoTime());
    private static final int HASH_AT = 20, BODY_AT = 52;
    private static final byte[] LAYER = Tar.of(
            Member.dir("etc"),
            Member.file("etc/hello", "world").xattr("user.a", new byte[] {1}),
            Member.symlink("etc/link", "hello"),
            Member.hardLink("etc/hard", "etc/hello"),
            Member.device('3', "null", 1, 3),
            Member.file("blocks", new byte[9000]),
            Member.fifo("fifo"),
            Member.file("empty", ""),
            Member.file("gone", "gone"),
            Member.file(".wh.gone", ""),
            Member.file("gone", "replaced"));
    private static final Digest DIFF_ID = Digest.sha256Of(LAYER);

    @Test
    void an_index_says_what_the_layer_says_and_where_its_contents_are() throws Exception {
        for (int i = 0; i < 200; i++) {
            long seed = SEED + i;
            byte[][] layers = RandomLayers.generate(new Random(seed)).stream()
                    .map(Tar::of)
                    .toArray(byte[][]::new);
            try (IndexedLayers stack = new IndexedLayers(layers)) {
                for (int layer = 0; layer < layers.length; layer++) {
                    thenSaysTheSame(stack, layer, Digest.sha256Of(layers[layer]));
                }
            } catch (AssertionError | IOException | RuntimeException e) {
                throw new AssertionError("replay with -Dthaw.test.seed=" + seed, e);
            }
        }
    }

    private static void thenSaysTheSame(IndexedLayers stack, int layer, Digest diffId) throws IOException {
        LayerIndex index = stack.indexes().get(layer);
        byte[] file = index.encode();
        LayerIndex read = LayerIndex.decode(file, diffId);
        then(read.encode()).isEqualTo(file);
        then(read.disk()).isEqualTo(index.disk());
        List<TarEntry> entries = all(read.entries(stack.disk()));
        List<TarEntry> expected = stack.entries().get(layer);
        then(entries)
                .map(LayerIndexTest::told)
                .isEqualTo(expected.stream().map(LayerIndexTest::told).toList());
        int absent = 0;
        for (int i = 0; i < entries.size(); i++) {
            FileContent content = entries.get(i).content();
            boolean isThere = expected.get(i).content().size() == 0
                    || stack.isInTree(expected.get(i).content());
            then(content.isAbsent()).isEqualTo(!isThere);
            if (isThere) {
                then(bytes(content)).isEqualTo(bytes(expected.get(i).content()));
            } else {
                absent++;
            }
        }
        then(read.absentContents()).isEqualTo(absent);
    }

    /** All but the content. */
    private static String told(TarEntry entry) {
        Attributes a = entry.attributes();
        Map<String, String> xattrs = new TreeMap<>();
        a.xattrs().forEach((name, value) -> xattrs.put(name, HexFormat.of().formatHex(value)));
        return List.of(
                        entry.offset(),
                        entry.type(),
                        entry.name(),
                        entry.linkName(),
                        a.permissions(),
                        a.uid(),
                        a.gid(),
                        a.mtimeSeconds(),
                        a.mtimeNanos(),
                        xattrs,
                        entry.major(),
                        entry.minor(),
                        entry.content().size())
                .toString();
    }

    private static byte[] bytes(FileContent content) throws IOException {
        byte[] bytes = new byte[(int) content.size()];
        content.read(0, bytes, 0, bytes.length);
        return bytes;
    }

    private static List<TarEntry> all(EntrySource source) throws IOException {
        List<TarEntry> entries = new ArrayList<>();
        for (TarEntry entry = source.next(); entry != null; entry = source.next()) {
            entries.add(entry);
        }
        return entries;
    }

    @Test
    void contents_of_the_same_place_on_a_disk_are_known_to_be_equal() throws Exception {
        byte[] layer = Tar.of(
                Member.file("a", new byte[5000]), Member.file("b", new byte[5000]), Member.file("c", "x".repeat(5000)));
        try (IndexedLayers stack = new IndexedLayers(layer)) {
            List<TarEntry> entries = all(stack.indexes().get(0).entries(stack.disk()));
            then(entries.get(0).content().storedOnceAt()).isPresent();
            then(entries.get(1).content().storedOnceAt())
                    .isEqualTo(entries.get(0).content().storedOnceAt());
            then(entries.get(2).content().storedOnceAt())
                    .isPresent()
                    .isNotEqualTo(entries.get(0).content().storedOnceAt());
        }
    }

    @Test
    void a_file_of_another_kind_version_length_or_layer_is_refused() throws Exception {
        byte[] file = indexFile();
        byte[] future = file.clone();
        future[11] = 9;
        thenIsRefused(new byte[0], "a file of 0 bytes that is no index");
        thenIsRefused(new byte[100], "a file of 100 bytes that is no index");
        thenIsRefused(future, "version 9; this program reads version 1");
        thenIsRefused(
                Arrays.copyOf(file, file.length - 1),
                "a body of " + (file.length - BODY_AT - 1) + " bytes; expected " + (file.length - BODY_AT));
        Digest other = Digest.sha256Of(new byte[1]);
        thenThrownBy(() -> LayerIndex.decode(file, other))
                .isInstanceOf(MalformedIndexException.class)
                .hasMessage("the index of layer " + other + " can't be used: it is that of layer " + DIFF_ID);
    }

    @Test
    void every_damaged_byte_is_found() throws Exception {
        byte[] file = indexFile();
        for (int i = 0; i < file.length; i++) {
            byte[] damaged = file.clone();
            damaged[i] ^= 0x10;
            thenThrownBy(() -> LayerIndex.decode(damaged, DIFF_ID)).isInstanceOf(MalformedIndexException.class);
        }
    }

    private static void thenIsRefused(byte[] file, String why) {
        thenThrownBy(() -> LayerIndex.decode(file, DIFF_ID))
                .isInstanceOf(MalformedIndexException.class)
                .hasMessage("the index of layer " + DIFF_ID + " can't be used: " + why);
    }

    /** Whoever writes wrong bytes may write the right checksum to them. */
    @Test
    void damage_with_a_right_checksum_is_read_or_refused() throws Exception {
        byte[] file = indexFile();
        for (int i = 0; i < 5000; i++) {
            long seed = SEED + i;
            Random random = new Random(seed);
            byte[] body =
                    Arrays.copyOfRange(file, BODY_AT, random.nextInt(4) == 0 ? anyLength(random, file) : file.length);
            for (int damages = random.nextInt(5); damages > 0 && body.length > 0; damages--) {
                body[random.nextInt(body.length)] = (byte) random.nextInt(256);
            }
            thenIsReadOrRefused("replay with -Dthaw.test.seed=" + seed, body);
        }
    }

    private static int anyLength(Random random, byte[] file) {
        return BODY_AT + random.nextInt(file.length - BODY_AT);
    }

    @FuzzTest(maxDuration = "10m")
    void any_bytes_are_an_index_or_refused(byte[] body) throws Exception {
        if (body != null) {
            thenIsReadOrRefused("", body);
        }
    }

    @FuzzTest(maxDuration = "10m")
    void an_index_with_any_damage_is_read_or_refused(FuzzedDataProvider data) throws Exception {
        byte[] file = indexFile();
        byte[] body = Arrays.copyOfRange(file, BODY_AT, file.length);
        for (int i = data.consumeInt(0, 8); i > 0; i--) {
            int at = data.consumeInt(0, body.length - 1);
            body[at] = data.consumeByte();
        }
        thenIsReadOrRefused("", Arrays.copyOf(body, data.consumeInt(0, body.length)));
    }

    private static void thenIsReadOrRefused(String hint, byte[] body) throws IOException {
        Path disk = Files.createTempFile("thaw-fuzz", ".erofs");
        try (FileChannel channel =
                FileChannel.open(disk, StandardOpenOption.READ, StandardOpenOption.DELETE_ON_CLOSE)) {
            // as long as a disk, but nothing can be read from it
            LayerIndex index = LayerIndex.decode(withHeader(body), DIFF_ID);
            for (TarEntry entry : all(index.entries(new ByteRegion(channel, 0, 1 << 20)))) {
                then(entry.name() + entry.linkName()).as(hint).doesNotContain("\0");
                then(entry.content().size()).as(hint).isNotNegative();
                then(entry.heapBytes()).as(hint).isLessThan(1000 + 100L * body.length);
            }
        } catch (MalformedIndexException e) {
            then(e.getMessage()).as(hint).isNotBlank().hasSizeLessThan(10_000);
        } catch (RuntimeException e) {
            throw new AssertionError(hint, e);
        }
    }

    private static byte[] withHeader(byte[] body) {
        byte[] hash = Digest.newSha256().digest(body);
        return ByteBuffer.allocate(BODY_AT + body.length)
                .put(new byte[] {'T', 'H', 'A', 'W', 'L', 'I', 'D', 'X', 0, 0, 0, 1})
                .putLong(body.length)
                .put(hash)
                .put(body)
                .array();
    }

    private static byte[] indexFile() throws IOException {
        try (IndexedLayers stack = new IndexedLayers(LAYER)) {
            byte[] file = stack.indexes().get(0).encode();
            then(Arrays.copyOfRange(file, HASH_AT, BODY_AT))
                    .isEqualTo(Digest.newSha256().digest(Arrays.copyOfRange(file, BODY_AT, file.length)));
            return file;
        }
    }
}
