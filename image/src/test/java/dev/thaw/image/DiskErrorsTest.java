// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.StoreFixture.LAYER;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.luben.zstd.Zstd;
import dev.thaw.image.layer.Limits;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.Mounted;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TestLayout;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Each way in which an image's layers can be wrong, or the cache unfit for them, and the one line that the user reads. */
class DiskErrorsTest {

    @RegisterExtension
    private final StoreFixture fixture = new StoreFixture();

    @Test
    void a_layer_was_changed() throws IOException {
        for (byte[] layer : List.of(LAYER, Tar.gzip(LAYER, 1))) {
            Digest digest = Digest.sha256Of(layer);
            byte[] changed = layer.clone();
            changed[20] ^= 1;
            thenDiskSays(
                    layer,
                    changed,
                    "layer 1 of 1 (" + digest + "): FILE has the wrong digest: expected " + digest + ", got "
                            + Digest.sha256Of(changed) + ". Fetch or build the image again");
        }
    }

    @Test
    void a_layer_was_cut_off() throws IOException {
        byte[] layer = Tar.gzip(LAYER, 1);
        thenDiskSays(
                layer,
                Arrays.copyOf(layer, 20),
                "layer 1 of 1 (" + Digest.sha256Of(layer) + "): FILE is cut off: it should have " + layer.length
                        + " bytes and has 20. Fetch or build the image again");
    }

    @Test
    void a_layer_is_not_what_the_configuration_says() throws IOException {
        Digest wrong = Digest.sha256Of(new byte[1]);
        for (byte[] layer : List.of(LAYER, Tar.gzip(LAYER, 1))) {
            TestLayout layout = TestLayout.bent(
                    fixture.folder(),
                    c -> ((ObjectNode) c.get("rootfs")).putArray("diff_ids").add(wrong.toString()),
                    TestLayout::asItIs,
                    layer);
            thenDiskSays(
                    layout,
                    "layer 1 of 1 (" + Digest.sha256Of(layer) + "): the uncompressed content of "
                            + layout.blobPath(Digest.sha256Of(layer).toString())
                            + " is not what the image's configuration says: expected diff id " + wrong + ", got "
                            + Digest.sha256Of(LAYER) + ". Fetch or build the image again");
        }
    }

    @Test
    void a_layer_is_cut_off_inside_its_archive() throws IOException {
        byte[] layer = Arrays.copyOf(Tar.of(Member.file("big", new byte[5000])), 2048);
        thenDiskSays(
                TestLayout.of(fixture.folder(), layer),
                "layer 1 of 1 (" + Digest.sha256Of(layer) + "): tar header at offset 0: a content of 5000 bytes, and"
                        + " the archive has only 1536 more");
    }

    @Test
    void a_gzip_layer_is_damaged_although_its_digest_is_right() throws IOException {
        byte[] layer = Tar.gzip(LAYER, 1);
        Arrays.fill(layer, 20, 40, (byte) 0xff);
        thenWhoseDiffIdIs(Digest.sha256Of(LAYER), layer, "gzip");
    }

    @Test
    void a_zstd_layer_is_damaged_although_its_digest_is_right() throws IOException {
        byte[] layer = Zstd.compress(LAYER);
        Arrays.fill(layer, 10, 30, (byte) 0xff);
        thenWhoseDiffIdIs(Digest.sha256Of(LAYER), layer, "zstd");
    }

    @Test
    void a_zstd_layer_is_cut_off() throws IOException {
        byte[] whole = Zstd.compress(LAYER);
        thenWhoseDiffIdIs(Digest.sha256Of(LAYER), Arrays.copyOf(whole, whole.length - 5), "zstd");
    }

    @Test
    void a_layer_is_compressed_with_xz() throws IOException {
        byte[] layer = {(byte) 0xfd, '7', 'z', 'X', 'Z', 0, 0, 4};
        thenDiskSays(
                TestLayout.of(fixture.folder(), layer),
                "layer 1 of 1 (" + Digest.sha256Of(layer)
                        + "): it is compressed with xz, which is not supported; gzip and zstd are");
    }

    private void thenWhoseDiffIdIs(Digest diffId, byte[] layer, String program) throws IOException {
        TestLayout layout = new TestLayout(fixture.folder());
        ObjectNode blob = layout.blob(layer, TestLayout.LAYER + "+" + program);
        layout.add(
                null,
                layout.image(
                        c -> ((ArrayNode) c.at("/rootfs/diff_ids")).removeAll().add(diffId.toString()),
                        m -> ((ArrayNode) m.get("layers")).removeAll().add(blob),
                        List.of(LAYER)));
        thenDisk(layout)
                .hasMessageContaining("layer 1 of 1 (" + Digest.sha256Of(layer) + "): "
                        + layout.blobPath(Digest.sha256Of(layer).toString()) + " is not valid " + program + " data: ");
        thenOnlyLocksAreLeft(fixture.disks());
    }

    @Test
    void archive_bombs_are_stopped() throws IOException {
        byte[] layer = Tar.of(Member.file("a", new byte[100_000]), Member.file("b", "b"));
        TestLayout layout = TestLayout.of(fixture.folder(), Tar.gzip(layer, 1));
        String name = "layer 1 of 1 (" + Digest.sha256Of(Tar.gzip(layer, 1)) + "): ";
        fixture.limit(new Limits(100, 10_000, 50_000, 1_000_000));
        thenDiskSays(layout, name + "the image's layers unpack to more than 50000 bytes. Is it an archive bomb?");
        fixture.limit(new Limits(1, 10_000, 1_000_000, 1_000_000));
        thenDiskSays(
                layout,
                name + "tar header at offset 100864, 'b': the image has more than 1 entries. Is it an"
                        + " archive bomb?");
        fixture.limit(new Limits(100, 1001, 1_000_000, 1_000_000));
        thenDiskSays(
                layout,
                name + "tar header at offset 100864, 'b': entries, names, attributes and sparse maps of the"
                        + " image take more than 1001 bytes of memory. Is it an archive bomb?");
        fixture.limit(new Limits(100, 10_000, 1_000_000, 100_000));
        thenDiskSays(
                layout,
                name + "tar header at offset 100864, 'b': the image's files have more than 100000 bytes."
                        + " Is it an archive bomb?");
    }

    @Test
    void the_image_went_away_after_it_was_resolved() throws IOException {
        TestLayout layout = TestLayout.of(fixture.folder(), LAYER);
        Image image = fixture.resolve(layout);
        Files.write(fixture.folder().resolve("index.json"), "{\"manifests\":[]}".getBytes(StandardCharsets.UTF_8));
        thenThrownBy(() -> fixture.store().disk(image))
                .isInstanceOf(ImageException.class)
                .hasMessage("image oci:" + fixture.folder() + ": the layout " + fixture.folder()
                        + " has no image with the digest " + image.digest() + "; it has none");
    }

    @Tag("root")
    @Test
    void the_disk_is_full() throws IOException {
        byte[] layer = Tar.of(Member.file("big", "x".repeat(3_000_000)));
        TestLayout plain = TestLayout.of(fixture.folder(), layer);
        TestLayout gzip = TestLayout.of(fixture.temp().resolve("compressed"), Tar.gzip(layer, 1));
        try (Mounted small = Mounted.tmpfs(1_000_000)) {
            fixture.reopen(ImageStore.open(small.folder()));
            Path disks = small.folder().resolve("disks");
            thenDisk(plain)
                    .hasMessageMatching("image oci:.*: its disk of 3006464 bytes can't be written: No space left on"
                            + " device. The cache folder " + disks + " has \\d+ bytes free; the uncompressed layers and"
                            + " the disk need room there");
            thenDisk(gzip)
                    .hasMessageMatching("image oci:.*: layer 1 of 1 \\(.*\\) can't be read or unpacked: No space left"
                            + " on device. The cache folder " + disks + " has \\d+ bytes free; .*");
            thenOnlyLocksAreLeft(disks);
        }
    }

    @Test
    void the_cache_can_not_be_made() throws IOException {
        Path file = Files.writeString(fixture.temp().resolve("file"), "");
        thenThrownBy(() -> ImageStore.open(file))
                .isInstanceOf(ImageException.class)
                .hasMessage("can't make the image cache in " + file + ": FileSystemException: " + file.resolve("disks")
                        + ": Not a directory. Choose a folder that you may write to");
    }

    @Test
    void a_closed_store_says_so() throws IOException {
        TestLayout layout = TestLayout.of(fixture.folder(), LAYER);
        fixture.store().close();
        thenThrownBy(() -> fixture.resolve(layout))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("this image store is closed");
    }

    private void thenDiskSays(byte[] layer, byte[] changed, String message) throws IOException {
        TestLayout layout = TestLayout.of(fixture.folder(), layer);
        Path file = layout.blobPath(Digest.sha256Of(layer).toString());
        Files.write(file, changed);
        thenDiskSays(layout, message.replace("FILE", file.toString()));
    }

    private void thenDiskSays(TestLayout layout, String message) throws IOException {
        thenDisk(layout).hasMessage("image oci:" + layout.folder() + ": " + message);
        thenOnlyLocksAreLeft(fixture.disks());
    }

    private AbstractThrowableAssert<?, ?> thenDisk(TestLayout layout) {
        Image image = fixture.resolve(layout);
        return thenThrownBy(() -> fixture.store().disk(image)).isInstanceOf(ImageException.class);
    }

    private static void thenOnlyLocksAreLeft(Path disks) throws IOException {
        try (Stream<Path> files = Files.list(disks)) {
            then(files).allMatch(f -> f.toString().endsWith(".lock"));
        }
    }
}
