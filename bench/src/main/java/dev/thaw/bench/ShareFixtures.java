// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Fills a folder of the host with what is measured. */
final class ShareFixtures {
    static final int BIG_MIB = 128;
    static final int TREE_FILES = 5000;
    static final int SMALL_FILES = 2000;
    static final int CROWD = 100_000;
    static final int SMALL_CROWD = 25_000;

    private static final int FILES_A_FOLDER = 50;
    private static final int SMALL_BYTES_MAX = 8 << 10;

    private ShareFixtures() {}

    /** The same bytes at each call. */
    static void make(Path folder, Path driver) throws IOException, InterruptedException {
        Random random = new Random(6);
        Files.createDirectories(folder);
        Files.copy(driver, folder.resolve("driver"), StandardCopyOption.COPY_ATTRIBUTES);
        byte[] big = new byte[BIG_MIB << 20];
        random.nextBytes(big);
        Files.write(folder.resolve("big"), big);
        tree(folder.resolve("tree"), TREE_FILES, random);
        checkout(tree(folder.resolve("checkout"), SMALL_FILES, random));
        crowd(folder.resolve("crowd" + CROWD), CROWD);
        crowd(folder.resolve("crowd" + SMALL_CROWD), SMALL_CROWD);
        Path packed = tree(folder.resolve("small"), SMALL_FILES, random);
        Tool.run(folder, List.of("tar", "-cf", folder.resolve("small.tar").toString(), "-C", packed.toString(), "."));
        Tool.remove(packed);
    }

    private static Path tree(Path root, int files, Random random) throws IOException {
        for (int i = 0; i < files; i++) {
            Path folder = root.resolve("folder" + i / FILES_A_FOLDER);
            if (i % FILES_A_FOLDER == 0) {
                Files.createDirectories(folder);
            }
            byte[] bytes = new byte[random.nextInt(SMALL_BYTES_MAX)];
            random.nextBytes(bytes);
            Files.write(folder.resolve("file" + i), bytes);
        }
        return root;
    }

    private static void checkout(Path tree) throws IOException, InterruptedException {
        List<String> git =
                List.of("git", "-C", tree.toString(), "-c", "user.name=bench", "-c", "user.email=bench@localhost");
        for (List<String> step : List.of(
                List.of("init", "-q"), List.of("add", "."), List.of("commit", "-q", "--no-gpg-sign", "-m", "all"))) {
            Tool.run(
                    tree.getParent(), Stream.concat(git.stream(), step.stream()).toList());
        }
    }

    private static void crowd(Path folder, int files) throws IOException {
        Files.createDirectories(folder);
        for (int i = 0; i < files; i++) {
            Files.createFile(folder.resolve("file" + i));
        }
    }
}
