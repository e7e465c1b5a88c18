// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import java.util.Locale;

/**
 * What an image is built for, in Go's names as image configurations use them, such as {@code linux/arm64/v8}.
 *
 * @param os for example {@code linux}
 * @param architecture for example {@code amd64} or {@code arm64}
 * @param variant of the architecture, for example {@code v7} of {@code arm}; {@code ""} if none is said, which means
 *     the one that everybody has ({@code v1} of amd64, {@code v8} of arm64, {@code v7} of arm)
 */
public record Platform(String os, String architecture, String variant) {

    /** A platform whose variant is not said. */
    public Platform(String os, String architecture) {
        this(os, architecture, "");
    }

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

    /**
     * True if both mean the same, one of them perhaps without saying the variant.
     *
     * <p>Source: OCI image-spec, image-index.md, "Platform Variants"; for amd64 the microarchitecture levels of the
     * x86-64 psABI, of which v1 is the one that all machines have.
     */
    public boolean matches(Platform other) {
        return os.equals(other.os)
                && architecture.equals(other.architecture)
                && saidVariant().equals(other.saidVariant());
    }

    private String saidVariant() {
        if (!variant.isEmpty()) {
            return variant;
        }
        return switch (architecture) {
            case "amd64" -> "v1";
            case "arm64" -> "v8";
            case "arm" -> "v7";
            default -> "";
        };
    }

    @Override
    public String toString() {
        return os + "/" + architecture + (variant.isEmpty() ? "" : "/" + variant);
    }
}
