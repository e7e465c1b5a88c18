// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * A command to run in the guest. Immutable; each {@code with} gives a new one.
 *
 * @param argv the program, looked up in PATH if it has no slash, and its arguments
 * @param env added to the service's environment; a name is not empty and has no {@code =}, and nothing has NUL
 * @param user as in an image's configuration; empty: the service's
 * @param directory working directory; empty: the service's
 * @param stdin what the command reads from its standard input; copied, and read-only
 * @param timeout how long it may take before it is killed, positive and at most 365 days
 */
public record ExecSpec(
        List<String> argv, Map<String, String> env, String user, String directory, ByteBuffer stdin, Duration timeout) {

    private static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(1);

    public ExecSpec {
        argv = List.copyOf(argv);
        env = Map.copyOf(env);
        Objects.requireNonNull(user);
        Objects.requireNonNull(directory);
        stdin = ByteBuffer.allocate(stdin.remaining())
                .put(stdin.duplicate())
                .flip()
                .asReadOnlyBuffer();
        env.forEach(SpecChecks::requireEnvironment);
        if (argv.isEmpty()) {
            throw new IllegalArgumentException("A command needs at least the program's name.");
        }
        SpecChecks.requireTimeout("A command's", timeout);
    }

    /** The command with the service's user, folder and environment, no input, and a timeout of a minute. */
    public static ExecSpec of(String... argv) {
        return new ExecSpec(List.of(argv), Map.of(), "", "", ByteBuffer.allocate(0), DEFAULT_TIMEOUT);
    }

    public ExecSpec withEnv(String name, String value) {
        Map<String, String> more = new TreeMap<>(env);
        more.put(name, value);
        return new ExecSpec(argv, more, user, directory, stdin, timeout);
    }

    public ExecSpec withUser(String newUser) {
        return new ExecSpec(argv, env, newUser, directory, stdin, timeout);
    }

    public ExecSpec withDirectory(String newDirectory) {
        return new ExecSpec(argv, env, user, newDirectory, stdin, timeout);
    }

    /** The bytes are copied. */
    public ExecSpec withStdin(byte[] newStdin) {
        return new ExecSpec(argv, env, user, directory, ByteBuffer.wrap(newStdin), timeout);
    }

    /** The text is sent as UTF-8. */
    public ExecSpec withStdin(String newStdin) {
        return withStdin(newStdin.getBytes(StandardCharsets.UTF_8));
    }

    public ExecSpec withTimeout(Duration newTimeout) {
        return new ExecSpec(argv, env, user, directory, stdin, newTimeout);
    }

    /** A view of its own for each caller, since a buffer has a position. */
    @Override
    public ByteBuffer stdin() {
        return stdin.duplicate();
    }
}
