// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import java.util.Locale;

/**
 * What an image is built for, in Go's names as image configurations use them, such as {@code linux/amd64}.
 *
 * @param os for example {@code linux}
 * @param architecture for example {@code amd64} or {@code arm64}
 */
public record Platform(String os, String architecture) {
    /** Linux on this machine's architecture: what a guest runs without emulation. */
    public static Platform host() {
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return new Platform(
                "linux",
                switch (arch) {
                    case "amd64", "x86_64" -> "amd64";
                    case "aarch64", "arm64" -> "arm64";
                    default -> arch;
                });
    }

    @Override
    public String toString() {
        return os + "/" + architecture;
    }
}
