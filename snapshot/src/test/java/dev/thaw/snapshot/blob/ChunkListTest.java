// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.blob;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChunkListTest {
    private static final int CHUNK = 64 * 1024;

    @TempDir
    Path folder;

    private Path file(long length, long... pages) throws IOException {
        Path file = Files.createTempFile(folder, "file", "");
        Random random = new Random(length);
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength(length);
            for (long page : pages) {
                byte[] bytes = new byte[(int) Math.min(4096, length - page * 4096)];
                random.nextBytes(bytes);
                out.seek(page * 4096);
                out.write(bytes);
            }
        }
        return file;
    }

    @ParameterizedTest
    @CsvSource({
        "0, 65536, 0",
        "1, 65536, 1",
        "65536, 65536, 1",
        "65537, 65536, 2",
        "536870912, 65536, 8192",
        "4294967296, 65536, 65536",
        "4294967297, 131072, 32769",
        "17592186044416, 268435456, 65536"
    })
    void chunks_are_64_kib_until_there_would_be_more_than_65536(long length, int chunkBytes, int chunks) {
        then(ChunkList.chunkBytes(length)).isEqualTo(chunkBytes);
        then(ChunkList.chunks(length)).isEqualTo(chunks);
    }

    /** The name of a file must never change: stores are full of it. Computed with coreutils' sha256sum. */
    @Test
    void the_name_of_a_file_is_what_other_programs_compute() throws IOException {
        Path file = Files.writeString(folder.resolve("f"), "hello\n".repeat(20_000));

        then(SparseFiles.read(file).chunks().sha256()).isEqualTo(expectedName(file));
    }

    private static String expectedName(Path file) throws IOException {
        Process process = new ProcessBuilder(
                        "sh",
                        "-c",
                        "{ printf 'thaw-chunks 1\\n'; printf '%016x' \"$(stat -c %s \"$0\")\" | xxd -r -p;"
                                + " split -b 65536 --filter='sha256sum | cut -c1-64 | xxd -r -p' \"$0\"; }"
                                + " | sha256sum | cut -c1-64",
                        file.toString())
                .redirectErrorStream(true)
                .start();
        return new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.US_ASCII).strip();
    }

    @Test
    void a_list_is_read_as_it_was_written() throws IOException {
        ChunkList list = SparseFiles.read(file(5 * CHUNK + 17, 0, 3, 80)).chunks();

        ChunkList read = ChunkList.decode(list.encode(), list.lengthBytes());

        then(read.encode()).isEqualTo(list.encode());
        then(read.sha256()).isEqualTo(list.sha256());
        then(list.encode()).hasSize(ChunkList.encodedBytes(list.lengthBytes()));
    }

    @Test
    void a_list_of_another_file_is_refused() throws IOException {
        byte[] list = SparseFiles.read(file(5 * CHUNK, 0)).chunks().encode();

        thenThrownBy(() -> ChunkList.decode(list, 6L * CHUNK))
                .isInstanceOf(MalformedChunkListException.class)
                .hasMessage("it has 182 bytes, and one of a file of 393216 bytes has 214");
        thenThrownBy(() -> ChunkList.decode(list, 5L * CHUNK - 1))
                .hasMessage("it does not begin as one of a file of 327679 bytes");
        list[3] ^= 1;
        thenThrownBy(() -> ChunkList.decode(list, 5L * CHUNK)).isInstanceOf(MalformedChunkListException.class);
    }

    @Test
    void holes_and_zeros_have_the_same_name() throws IOException {
        Path holes = file(4 * CHUNK + 100, 20);
        Path zeros = Files.write(folder.resolve("zeros"), Files.readAllBytes(holes));

        then(SparseFiles.read(zeros)).usingRecursiveComparison().isEqualTo(SparseFiles.read(holes));
        then(SparseFiles.read(zeros).dataBytes()).isEqualTo(4096);
    }

    @Test
    void a_copy_has_holes_where_pages_are_zeros_and_the_same_content() throws IOException {
        Path from = Files.write(folder.resolve("from"), Files.readAllBytes(file(9 * CHUNK + 5000, 1, 2, 40, 145)));
        Path to = Files.createFile(folder.resolve("to"));

        SparseFiles.Content content = SparseFiles.copy(from, to);

        then(to).hasSameBinaryContentAs(from);
        then(content.dataBytes()).isEqualTo(3 * 4096 + 904);
        then(content.chunks().sha256()).isEqualTo(SparseFiles.read(to).chunks().sha256());
    }

    @Test
    void hashing_what_has_changed_again_gives_the_list_of_the_whole() throws IOException {
        long seed = Long.getLong("thaw.test.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int round = 0; round < 20; round++) {
            long length = 1L + random.nextInt(20 * CHUNK);
            Path file = file(length, 0);
            ChunkList before = SparseFiles.read(file).chunks();
            BitSet changed = new BitSet();
            try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
                for (int i = 0; i < 5; i++) {
                    long at = (long) (random.nextDouble() * length);
                    out.seek(at);
                    out.write(random.nextInt());
                    changed.set((int) (at / CHUNK));
                }
                out.setLength(length);
            }

            ChunkList again = SparseFiles.hashAgain(file, before, changed);

            then(again.encode())
                    .as("-Dthaw.test.seed=%d, round %d", seed, round)
                    .isEqualTo(SparseFiles.read(file).chunks().encode());
            BitSet unexpected = again.differences(before);
            unexpected.andNot(changed);
            then(unexpected.isEmpty()).isTrue();
        }
    }

    @Test
    void a_file_that_is_cut_off_while_it_is_hashed_again_is_told() throws IOException {
        Path file = file(3 * CHUNK, 0);
        ChunkList before = SparseFiles.read(file).chunks();
        Files.write(file, new byte[CHUNK]);

        thenThrownBy(() -> SparseFiles.hashAgain(file, before, new BitSet()))
                .hasMessage(file + " has 65536 bytes, expected 196608");
    }

    @FuzzTest
    void any_list_is_decoded_or_refused(byte[] bytes) {
        try {
            then(ChunkList.decode(bytes, bytes.length).encode()).isEqualTo(bytes);
        } catch (MalformedChunkListException e) {
            then(e).hasMessageStartingWith("it ");
        }
    }
}
