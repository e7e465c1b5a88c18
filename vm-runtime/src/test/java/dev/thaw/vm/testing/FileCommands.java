// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.testing;

import java.util.Random;

/** Random commands for an {@link Operator}, on few paths, so that they meet. Confined to one thread. */
public final class FileCommands {
    /** How many handles an operator holds. */
    public static final int SLOTS = 4;

    private static final String[] NAMES = {"a", "b", "c", "d"};
    private static final String[] MODES = {"644", "600", "755", "640", "666"};
    private static final int LARGEST = 9000;

    private final Random random;

    public FileCommands(Random random) {
        this.random = random;
    }

    /**
     * The next one.
     *
     * @param byGuest the guest's handles are the first half. Only it writes through mappings: the host's kernel tells nobody
     *     of what its programs write so
     */
    public String next(boolean byGuest) {
        String path = path();
        int slot = random.nextInt(SLOTS / 2) + (byGuest ? 0 : SLOTS / 2);
        return switch (random.nextInt(28)) {
            case 0, 1 -> "create " + path;
            case 2 -> "write " + path + " " + random.nextInt(LARGEST) + " " + data();
            case 3 -> "append " + path + " " + data();
            case 4 -> "truncate " + path + " " + random.nextInt(LARGEST);
            case 5, 6 -> "rename " + path + " " + path();
            case 7 -> "replace " + path + " " + data();
            case 8, 9 -> "rewrite " + path + " " + data();
            case 10 -> "rewrite-sync " + path + " " + data();
            case 11 -> "link " + path + " " + path();
            case 12 -> "symlink " + path + " " + path();
            case 13, 14 -> "mkdir " + path;
            case 15 -> "rmdir " + path;
            case 16 -> "unlink " + path;
            case 17 -> "chmod " + path + " " + MODES[random.nextInt(MODES.length)];
            case 18 -> "list " + path;
            case 19 -> byGuest ? "map " + path + " " + random.nextInt(LARGEST / 4) + " " + data() : "read " + path;
            case 20 -> "read " + path;
            case 21 -> "hold " + slot + " " + path;
            case 22 -> "hold-to-read " + slot + " " + path;
            case 23 -> "held-write " + slot + " " + random.nextInt(LARGEST) + " " + data();
            case 24 -> "held-truncate " + slot + " " + random.nextInt(LARGEST);
            case 25 -> "held-map " + slot;
            default -> "held-read " + slot;
        };
    }

    private String path() {
        StringBuilder path = new StringBuilder(NAMES[random.nextInt(NAMES.length)]);
        while (random.nextInt(3) == 0) {
            path.append('/').append(NAMES[random.nextInt(NAMES.length)]);
        }
        return path.toString();
    }

    private String data() {
        String letter = String.valueOf((char) ('a' + random.nextInt(26)));
        return letter.repeat(1 + random.nextInt(random.nextInt(4) == 0 ? LARGEST : 20));
    }
}
