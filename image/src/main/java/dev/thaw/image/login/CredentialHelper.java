// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.login;

import dev.thaw.image.http.Cancellation;
import dev.thaw.image.http.RegistryException;
import dev.thaw.image.manifest.JsonObject;
import dev.thaw.image.tree.InvalidImageException;
import dev.thaw.image.tree.Shown;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the programs {@code docker-credential-NAME} for credentials. Source: docker/docker-credential-helpers, "get":
 * the server's name on standard input; JSON with Username and Secret on standard output, or a status other than 0 and a
 * word about it. Immutable.
 */
final class CredentialHelper {
    private static final Logger LOG = LoggerFactory.getLogger(CredentialHelper.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final int MAX_OUTPUT = 1 << 20;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
    /** What helpers say, with status 1, when they know of nothing. */
    private static final String NOT_FOUND = "credentials not found";
    /** The user name of an identity token. */
    private static final String TOKEN_USER = "<token>";
    /** Where the programs are if an IDE was started without the user's PATH. */
    private static final List<String> USUAL_FOLDERS = List.of(
            "/usr/local/bin",
            "/opt/homebrew/bin",
            System.getProperty("user.home") + "/.docker/bin",
            "/Applications/Docker.app/Contents/Resources/bin");

    private final Map<String, String> environment;

    CredentialHelper(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /** What the helper has for a server; anonymous if nothing. */
    Credentials get(String name, String server, Cancellation cancellation) throws IOException, InterruptedException {
        if (!NAME.matcher(name).matches()) {
            throw new RegistryException("Docker's configuration names '" + Shown.of(name)
                    + "' as credential helper, which is no program's name");
        }
        Process process = start(find(name), name, server);
        CompletableFuture<byte[]> output = new CompletableFuture<>();
        CompletableFuture<byte[]> errors = new CompletableFuture<>();
        Thread reader = reader(process.getInputStream(), output);
        Thread errorReader = reader(process.getErrorStream(), errors);
        Cancellation.Abortable abort = () -> kill(process);
        try {
            cancellation.add(abort);
            try (OutputStream in = process.getOutputStream()) {
                in.write(server.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                LOG.debug("{} does not read its input", name, e); // its status tells
            }
            byte[] bytes = output.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            if (!process.waitFor(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new TimeoutException();
            }
            cancellation.throwIfCancelled();
            return answer(name, server, process.exitValue(), bytes, errors.get(1, TimeUnit.SECONDS));
        } catch (TimeoutException e) {
            throw failed(name, server, "it has not answered within " + TIMEOUT.toSeconds() + " s", e);
        } catch (ExecutionException e) {
            throw failed(name, server, "its output can't be read: " + e.getCause(), e.getCause());
        } finally {
            cancellation.remove(abort);
            kill(process); // ends the readers, too
            reader.join(TIMEOUT.toMillis());
            errorReader.join(TIMEOUT.toMillis());
        }
    }

    /** With those that a helper in a script has started, which hold its output open. */
    private static void kill(Process process) {
        if (process.isAlive()) { // else its number may be another process's
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static Thread reader(InputStream stream, CompletableFuture<byte[]> all) {
        Thread reader = new Thread(
                () -> {
                    try {
                        all.complete(stream.readNBytes(MAX_OUTPUT));
                    } catch (IOException e) {
                        all.completeExceptionally(e);
                    }
                },
                "thaw-credential-helper");
        reader.setDaemon(true);
        reader.start();
        return reader;
    }

    private Path find(String name) throws RegistryException {
        String program = "docker-credential-" + name;
        List<String> folders =
                new ArrayList<>(List.of(environment.getOrDefault("PATH", "").split(File.pathSeparator, -1)));
        folders.addAll(USUAL_FOLDERS);
        for (String folder : folders) {
            Path file = Path.of(folder).resolve(program);
            if (!folder.isEmpty() && Files.isExecutable(file)) {
                return file;
            }
        }
        throw new RegistryException("Docker's configuration keeps credentials with the helper '" + name
                + "', whose program " + program + " is not in PATH. Install it, or take it out of the configuration");
    }

    private Process start(Path program, String name, String server) throws RegistryException {
        ProcessBuilder builder = new ProcessBuilder(program.toString(), "get");
        builder.environment().clear();
        builder.environment().putAll(environment);
        try {
            return builder.start();
        } catch (IOException e) {
            throw failed(name, server, "it can't be started: " + e.getMessage(), e);
        }
    }

    private static Credentials answer(String name, String server, int status, byte[] output, byte[] errors)
            throws RegistryException {
        if (status != 0) {
            String said =
                    (new String(output, StandardCharsets.UTF_8) + new String(errors, StandardCharsets.UTF_8)).strip();
            if (said.contains(NOT_FOUND)) {
                return new Credentials.Anonymous();
            }
            throw failed(name, server, "it ended with status " + status + " and said: " + Shown.of(said), null);
        }
        try {
            JsonObject json = JsonObject.parse(output, "output");
            String user = json.optionalText("Username").orElse("");
            String secret = json.optionalText("Secret").orElse("");
            if (user.equals(TOKEN_USER)) {
                return new Credentials.IdentityToken(secret);
            }
            return user.isEmpty() ? new Credentials.Anonymous() : new Credentials.Basic(user, secret);
        } catch (InvalidImageException e) {
            LOG.debug("{} wrote no JSON: {}", name, e.getClass()); // its message could show the secret
            throw failed(name, server, "its answer is not the JSON that it should be", null);
        }
    }

    private static RegistryException failed(String name, String server, String what, Throwable cause) {
        return new RegistryException(
                "the credential helper docker-credential-" + name + ", asked for " + server + ": " + what, cause);
    }
}
