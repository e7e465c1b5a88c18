// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import static org.assertj.core.api.BDDAssertions.then;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.thaw.image.erofs.DiskOutput;
import dev.thaw.image.erofs.ErofsWriter;
import dev.thaw.image.tar.TarReader;
import dev.thaw.image.testing.FlatTree;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.RandomLayers;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TreeInvariants;
import dev.thaw.image.tree.ByteRegion;
import dev.thaw.image.tree.InvalidImageException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Whatever the layers are, they are refused with the documented exception or become a valid tree and a disk. */
class FlattenerFuzzTest {
    private static final long SEED = Long.getLong("thaw.test.seed", System.nanoTime());

    private static final String[] NAMES = {
        "a", "b", ".wh.a", ".wh.b", ".wh..wh..opq", ".wh.", ".wh..", ".wh...", ".wh..wh.x", ".", "..", "", "\u00ff"
    };

    @FuzzTest(maxDuration = "10m")
    void any_bytes_are_a_layer_or_refused(byte[] bytes) throws Exception {
        if (bytes != null) {
            thenAreWrittenOrRefused("", Tar.withChecksums(bytes));
        }
    }

    @FuzzTest(maxDuration = "10m")
    void any_members_are_layers_or_refused(FuzzedDataProvider data) throws Exception {
        List<byte[]> layers = new ArrayList<>();
        List<Member> members = new ArrayList<>();
        while (data.remainingBytes() > 0 && layers.size() < 4) {
            if (data.consumeInt(0, 15) == 0) {
                layers.add(Tar.of(members));
                members.clear();
            } else {
                members.add(member(data));
            }
        }
        layers.add(Tar.of(members));
        thenAreWrittenOrRefused("", layers.toArray(byte[][]::new));
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
            thenAreWrittenOrRefused("replay with -Dthaw.test.seed=" + seed, Tar.withChecksums(layer));
        }
    }

    private static Member member(FuzzedDataProvider data) {
        String path = path(data);
        Member member = switch (data.consumeInt(0, 8)) {
            case 0 -> Member.dir(path);
            case 1 -> Member.symlink(path, path(data));
            case 2 -> Member.hardLink(path, path(data));
            case 3 -> Member.fifo(path);
            case 4 -> Member.device('3', path, data.consumeByte() & 0xff, data.consumeByte() & 0xff);
            case 5 ->
                Member.file(path, "123")
                        .pax("GNU.sparse.map", data.consumeInt(0, 9) + "," + data.consumeInt(0, 3))
                        .pax("GNU.sparse.numblocks", "1")
                        .pax("GNU.sparse.size", Integer.toString(data.consumeInt(0, 20)));
            case 6 -> Member.file(path, "").xattr(data.pickValue(XATTRS), data.consumeBytes(24));
            default -> Member.file(path, data.consumeBytes(20));
        };
        return data.consumeBoolean() ? member : member.mode(data.consumeShort() & 0xffff);
    }

    private static final String[] XATTRS = {"user.a", "user.overlay.x", "trusted.overlay.opaque", "security.capability"
    };

    private static String path(FuzzedDataProvider data) {
        StringBuilder path = new StringBuilder(data.pickValue(NAMES));
        for (int more = data.consumeInt(0, 3); more > 0; more--) {
            path.append('/').append(data.pickValue(NAMES));
        }
        return path.toString();
    }

    private static void thenAreWrittenOrRefused(String hint, byte[]... layers) throws Exception {
        Path folder = Files.createTempDirectory("thaw-fuzz");
        Path disk = folder.resolve("disk.erofs");
        List<FileChannel> open = new ArrayList<>();
        try (FileChannel out = FileChannel.open(disk, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            Flattener flattener = new Flattener(FlatTree.SMALL);
            for (byte[] layer : layers) {
                Path archive = Files.write(folder.resolve("layer"), layer); // loses its name at once
                open.add(FileChannel.open(archive, StandardOpenOption.READ, StandardOpenOption.DELETE_ON_CLOSE));
                flattener.add(new TarReader(ByteRegion.of(open.get(open.size() - 1)))::next);
            }
            TreeInvariants.thenHold(flattener.root());
            ErofsWriter writer = new ErofsWriter(flattener.root(), new UUID(1, 2));
            try (DiskOutput output = new DiskOutput(out, MessageDigest.getInstance("SHA-256"))) {
                writer.writeTo(output);
                output.finish();
            }
            then(out.size()).as(hint).isEqualTo(writer.sizeBytes());
        } catch (InvalidImageException e) {
            then(e.getMessage()).as(hint).isNotBlank().hasSizeLessThan(10_000);
        } catch (RuntimeException e) {
            throw new AssertionError(hint, e);
        } finally {
            for (FileChannel channel : open) {
                channel.close();
            }
            Files.deleteIfExists(disk);
            Files.delete(folder);
        }
    }
}
