// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

import com.sun.jna.Native;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.Arrays;

/** The one place that looks at the errno. */
final class Checked {
    /** A signal at every try would be a bug elsewhere; this ends the loop then. */
    private static final int MAX_TRIES = 1000;

    private final boolean macOs;

    Checked(boolean macOs) {
        this.macOs = macOs;
    }

    interface Call {
        long run();
    }

    long run(String name, Path file, Call call) throws IOException {
        return run(name, file, null, call);
    }

    /**
     * Runs a call that tells failures by a negative result, again if a signal interrupted it.
     *
     * @param other the second file of the call, or null
     */
    long run(String name, Path file, Path other, Call call) throws IOException {
        for (int tries = 1; ; tries++) {
            long result = call.run();
            if (result >= 0) {
                return result;
            }
            ErrnoException failure = ErrnoException.of(name, Native.getLastError(), macOs, file, other);
            if (!failure.is(Errno.EINTR) || tries == MAX_TRIES) {
                throw failure;
            }
        }
    }

    /** A look for data or for a hole; -1 if there is none up to the file's end. */
    long seek(String name, Path file, Call call) throws IOException {
        try {
            return run(name, file, call);
        } catch (ErrnoException e) {
            if (e.is(Errno.ENXIO)) {
                return -1;
            }
            throw e;
        }
    }

    /** The path as the kernel knows it, ended by a zero. */
    static byte[] path(Path path) {
        // The JDK's own encoding of names. JNA would take another for strings.
        Charset names = Charset.forName(
                System.getProperty("sun.jnu.encoding", Charset.defaultCharset().name()));
        byte[] bytes = path.toString().getBytes(names);
        return Arrays.copyOf(bytes, bytes.length + 1);
    }
}
