// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import java.io.IOException;
import java.util.Locale;
import java.util.Set;

/** Chooses the operating system's calls, and loads JNA when they are asked for first. */
final class Platform {
    /** Others number some of the flags differently. */
    private static final Set<String> ARCHITECTURES = Set.of("amd64", "x86_64", "aarch64", "riscv64");

    private Platform() {}

    static HostFiles files() throws IOException {
        String system = System.getProperty("os.name");
        String architecture = System.getProperty("os.arch");
        boolean linux = system.equals("Linux");
        boolean mac = system.toLowerCase(Locale.ROOT).startsWith("mac");
        if (!(linux || mac) || !ARCHITECTURES.contains(architecture)) {
            throw new IOException("shared folders are known on 64-bit Linux and macOS only, and this is " + system
                    + " on " + architecture);
        }
        try {
            return linux ? Linux.FILES : Mac.FILES;
        } catch (LinkageError e) {
            throw new IOException(
                    "native code, which shared folders take, could not be loaded: " + rootCause(e)
                            + ". JNA unpacks it into the folder jna.tmpdir, which must not be mounted noexec; since JDK 24"
                            + " --enable-native-access=ALL-UNNAMED allows it",
                    e);
        }
    }

    private static Throwable rootCause(Throwable failure) {
        Throwable cause = failure;
        // Chains of causes are short; the bound is for one that bites its tail.
        for (int depth = 0; depth < 10 && cause.getCause() != null; depth++) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** Initialised, and JNA with it, when first asked for. */
    private static final class Linux {
        static final HostFiles FILES = new LinuxFiles();
    }

    private static final class Mac {
        static final HostFiles FILES = new MacFiles();
    }
}
