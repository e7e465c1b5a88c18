// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.cache;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UncachedFileTest {
    private static final int BLOCK = 4096;

    @TempDir
    Path temp;

    @Test
    void aligned_blocks_reach_the_file_on_any_file_system() throws Exception {
        ByteBuffer block = ByteBuffer.allocateDirect(3 * BLOCK).alignedSlice(BLOCK);
        block.limit(BLOCK).put(7, (byte) 7);
        Path file = temp.resolve("file");
        try (FileChannel channel = UncachedFile.create(file, BLOCK)) {
            then(channel.write(block, BLOCK)).isEqualTo(BLOCK);
        }
        byte[] expected = new byte[2 * BLOCK];
        expected[BLOCK + 7] = 7;
        then(file).hasBinaryContent(expected);
    }

    /** As on network file systems, whose blocks are larger than what is written. */
    @Test
    void where_blocks_do_not_fit_the_file_is_an_ordinary_one() throws Exception {
        Path file = temp.resolve("file");
        try (FileChannel channel = UncachedFile.create(file, 3)) {
            then(channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3}))).isEqualTo(3);
        }
        then(file).hasBinaryContent(new byte[] {1, 2, 3});
    }

    @Test
    void a_file_that_is_there_is_left_alone() throws Exception {
        Path file = Files.writeString(temp.resolve("file"), "there");
        thenThrownBy(() -> UncachedFile.create(file, BLOCK)).isInstanceOf(FileAlreadyExistsException.class);
        then(file).hasContent("there");
    }
}
