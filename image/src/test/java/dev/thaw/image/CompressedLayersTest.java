// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.StoreFixture.LAYER;
import static org.assertj.core.api.BDDAssertions.then;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.luben.zstd.Zstd;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TestLayout;
import dev.thaw.image.testing.Tools;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same layer, however it is compressed, and whatever its media type says about that. */
class CompressedLayersTest {

    @RegisterExtension
    private final StoreFixture fixture = new StoreFixture();

    @Test
    void zstd_of_one_frame_of_several_and_with_skippable_ones_is_read() throws IOException {
        thenIsTheSameDisk(Zstd.compress(LAYER));
        thenIsTheSameDisk(Zstd.compress(LAYER, 19));
        thenIsTheSameDisk(zstdFrames(false));
        thenIsTheSameDisk(zstdFrames(true));
    }

    @Test
    void gzip_of_several_members_is_read() throws IOException {
        thenIsTheSameDisk(Tar.gzip(LAYER, 1));
        thenIsTheSameDisk(Tar.gzip(LAYER, 7));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "+gzip", "+zstd"})
    void the_bytes_say_how_they_are_compressed_not_the_media_type(String suffix) throws IOException {
        for (byte[] layer : List.of(LAYER, Tar.gzip(LAYER, 1), Zstd.compress(LAYER))) {
            TestLayout layout = TestLayout.bent(
                    fixture.temp().resolve("bent" + suffix + layer.length),
                    TestLayout::asItIs,
                    m -> ((ObjectNode) m.get("layers").get(0)).put("mediaType", TestLayout.LAYER + suffix),
                    layer);
            then(fixture.disk(layout)).isEqualTo(plainDisk());
        }
    }

    @Test
    void what_skopeo_compresses_with_zstd_is_read() throws IOException {
        // GIVEN
        TestLayout plain = TestLayout.of(fixture.temp().resolve("plain"), LAYER);
        Path copy = fixture.temp().resolve("zstd");
        Tools.run(
                "skopeo",
                "copy",
                "--dest-compress-format",
                "zstd",
                "--dest-compress",
                "oci:" + plain.folder() + ":latest",
                "oci:" + copy + ":latest");
        // WHEN, THEN
        then(fixture.store().disk(fixture.resolve("oci:" + copy))).isEqualTo(plainDisk());
    }

    private void thenIsTheSameDisk(byte[] layer) throws IOException {
        // In a cache of its own: the disk's key does not tell compressions apart.
        try (ImageStore other = ImageStore.open(
                fixture.temp().resolve("cache-" + Digest.sha256Of(layer).hex()))) {
            TestLayout layout =
                    TestLayout.of(fixture.temp().resolve(Digest.sha256Of(layer).hex()), layer);
            Disk disk = other.disk(other.resolve(layout.reference(), StoreFixture.AMD64));
            then(disk.digest()).isEqualTo(plainDisk().digest());
        }
    }

    private Disk plainDisk() throws IOException {
        return fixture.disk(TestLayout.of(fixture.folder(), LAYER));
    }

    /** Three frames, on request with skippable ones before, between and behind them. RFC 8878, 3.1.2. */
    private static byte[] zstdFrames(boolean withSkippable) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int part = 0; part < 3; part++) {
            if (withSkippable) {
                out.write(skippable(part));
            }
            out.write(Zstd.compress(Arrays.copyOfRange(LAYER, LAYER.length * part / 3, LAYER.length * (part + 1) / 3)));
        }
        if (withSkippable) {
            out.write(skippable(15));
        }
        return out.toByteArray();
    }

    private static byte[] skippable(int number) {
        byte[] content = "an index of some writer".getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(8 + content.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0x184D2A50 + number)
                .putInt(content.length)
                .put(content)
                .array();
    }
}
