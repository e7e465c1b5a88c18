// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Somebody who changes a folder with few names, at random. What can't be done is left. */
final class HostHand {
    private static final List<String> FOLDERS = List.of("", "a/", "b/", "a/t/", "b/t/");
    private static final List<String> NAMES = List.of("x", "y", "z", "t");

    private final Path folder;
    private final Random random;
    private int count;

    HostHand(Path folder, Random random) {
        this.folder = folder;
        this.random = random;
    }

    private Path any() {
        String in = FOLDERS.get(random.nextInt(FOLDERS.size()));
        return folder.resolve(in + NAMES.get(random.nextInt(NAMES.size())));
    }

    void change() throws IOException {
        try {
            Path one = any();
            switch (random.nextInt(8)) {
                case 0, 1 -> Files.writeString(one, "version " + ++count + "\n");
                case 2 -> Files.writeString(one, "more " + ++count + "\n", StandardOpenOption.APPEND);
                case 3 -> Files.writeString(one, "");
                case 4 -> Files.delete(one);
                case 5 -> Files.createDirectory(one);
                case 6 ->
                    Files.setPosixFilePermissions(
                            one, PosixFilePermissions.fromString(random.nextBoolean() ? "rwxr-xr-x" : "rwx------"));
                default -> Files.move(one, any(), StandardCopyOption.ATOMIC_MOVE);
            }
        } catch (FileSystemException e) {
            count++; // no such file, a folder in its place, a folder into itself
        }
    }

    /** All paths in their order, then what is in the files. */
    String expected(String leftOut) throws IOException {
        List<String> paths = new ArrayList<>();
        StringBuilder content = new StringBuilder();
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.filter(one -> !one.getFileName().toString().startsWith(leftOut))
                    .sorted(Comparator.comparing(this::name))
                    .toList()) {
                paths.add(name(path));
                if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                    content.append(Files.readString(path));
                }
            }
        }
        return (String.join("\n", paths) + "\n" + content).strip();
    }

    private String name(Path path) {
        String relative = folder.relativize(path).toString();
        return relative.isEmpty() ? "." : "./" + relative;
    }
}
