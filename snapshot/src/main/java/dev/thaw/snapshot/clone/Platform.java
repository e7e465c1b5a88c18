// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

import java.io.IOException;
import java.util.Locale;
import java.util.Set;

/** Chooses the operating system's calls, and loads JNA when they are asked for first. */
final class Platform {
    /** Others number some of the ioctls and flags differently. */
    private static final Set<String> ARCHITECTURES = Set.of("amd64", "x86_64", "aarch64", "riscv64");

    private Platform() {}

    /** @throws IOException if there are none: an unknown system, or JNA could not be loaded; the cause tells */
    static SystemCalls calls() throws IOException {
        String system = System.getProperty("os.name");
        String architecture = System.getProperty("os.arch");
        boolean linux = isLinux();
        boolean mac = system.toLowerCase(Locale.ROOT).startsWith("mac");
        if (!(linux || mac) || !ARCHITECTURES.contains(architecture)) {
            throw new IOException("holes and blocks of files are known on 64-bit Linux and macOS only, and this is "
                    + system + " on " + architecture);
        }
        try {
            return linux ? Linux.CALLS : Mac.CALLS;
        } catch (LinkageError e) {
            throw new IOException(
                    "native code, which holes and blocks of files take, could not be loaded: " + rootCause(e)
                            + ". JNA unpacks it into the folder jna.tmpdir, which must not be mounted noexec; since JDK 24"
                            + " --enable-native-access=ALL-UNNAMED allows it",
                    e);
        }
    }

    static boolean isLinux() {
        return System.getProperty("os.name").equals("Linux");
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
        static final SystemCalls CALLS = new LinuxCalls();
    }

    private static final class Mac {
        static final SystemCalls CALLS = new MacCalls();
    }
}
