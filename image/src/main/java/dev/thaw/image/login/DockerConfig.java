// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.login;

import dev.thaw.image.ImageReference;
import dev.thaw.image.http.Cancellation;
import dev.thaw.image.http.RegistryException;
import dev.thaw.image.manifest.JsonObject;
import dev.thaw.image.tree.InvalidImageException;
import dev.thaw.image.tree.Shown;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The credentials that {@code docker login} keeps: in config.json, or where it says. Source: docker/cli,
 * cli/config/configfile and cli/config/credentials. Read anew for each question, as logins change; thread-safe.
 *
 * <p>In order: the variable {@code DOCKER_AUTH_CONFIG}, whose value is such a file, as CI systems set it; then
 * config.json in {@code DOCKER_CONFIG} or {@code ~/.docker}. In each the host's own helper, the store for all, and the
 * file itself.
 */
public final class DockerConfig {
    private static final Logger LOG = LoggerFactory.getLogger(DockerConfig.class);
    private static final String INLINE = "DOCKER_AUTH_CONFIG";
    /** What Docker calls its own registry in this file, for reasons of history. */
    private static final String DOCKER_HUB_KEY = "https://index.docker.io/v1/";

    private final Path file;
    private final Map<String, String> environment;
    private final CredentialHelper helper;

    DockerConfig(Path file, Map<String, String> environment) {
        this.file = file;
        this.environment = Map.copyOf(environment);
        this.helper = new CredentialHelper(environment);
    }

    /** Where Docker's command line has its file. */
    public static DockerConfig ofUser(Map<String, String> environment) {
        String folder = environment.get("DOCKER_CONFIG");
        Path path = folder == null || folder.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".docker")
                : Path.of(folder);
        return new DockerConfig(path.resolve("config.json"), environment);
    }

    /** For messages. */
    Path file() {
        return file;
    }

    /**
     * What is known about a user.
     *
     * @param problem why there may be more than was found; empty if nothing went wrong
     */
    record Login(Credentials credentials, String problem) {}

    /**
     * What the user has for a registry. A configuration that can't be read is as none, since most images need no login,
     * and logins that programs have left behind are common; so Docker does, too.
     *
     * @param host with its port if it has one
     */
    Login of(String host, Cancellation cancellation) throws InterruptedException {
        try {
            return new Login(find(host, cancellation), "");
        } catch (IOException e) {
            LOG.warn("Registry {} is asked without a login: {}", host, e.getMessage());
            return new Login(new Credentials.Anonymous(), e.getMessage());
        }
    }

    private Credentials find(String host, Cancellation cancellation) throws IOException, InterruptedException {
        String inline = environment.getOrDefault(INLINE, "");
        if (!inline.isBlank()) {
            Credentials found = in(parse(inline.getBytes(StandardCharsets.UTF_8), INLINE), host, cancellation);
            if (!(found instanceof Credentials.Anonymous)) {
                return found;
            }
        }
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(JsonObject.MAX_BYTES + 1);
        } catch (NoSuchFileException e) {
            LOG.debug("No {}", file, e);
            return new Credentials.Anonymous();
        } catch (IOException e) {
            throw new RegistryException("the credentials in " + file + " can't be read: " + e, e);
        }
        return bytes.length == 0 ? new Credentials.Anonymous() : in(parse(bytes, file.toString()), host, cancellation);
    }

    private static JsonObject parse(byte[] document, String name) throws RegistryException {
        try {
            return JsonObject.parse(document, name);
        } catch (InvalidImageException e) {
            // The parser's own message could show a part of the secret.
            throw new RegistryException(name + " is not valid JSON, so there are no credentials. Correct it, or log in"
                    + " again with 'docker login'");
        }
    }

    private Credentials in(JsonObject config, String host, Cancellation cancellation)
            throws IOException, InterruptedException {
        List<String> keys = keys(host);
        Map<String, String> helpers = config.textMap("credHelpers");
        Optional<String> store = config.optionalText("credsStore").filter(s -> !s.isEmpty());
        for (String key : keys) {
            if (helpers.containsKey(key)) {
                return helper.get(helpers.get(key), serverName(host), cancellation);
            }
        }
        if (store.isPresent()) {
            Credentials stored = helper.get(store.get(), serverName(host), cancellation);
            if (!(stored instanceof Credentials.Anonymous)) {
                return stored;
            }
        }
        JsonObject auths = config.objectOrEmpty("auths");
        for (String key : matching(config.names("auths"), keys)) {
            Credentials found = entry(auths.objectOrEmpty(key), key);
            if (!(found instanceof Credentials.Anonymous)) {
                return found;
            }
        }
        return new Credentials.Anonymous();
    }

    /** The key under which docker login asks helpers. */
    private static String serverName(String host) {
        return host.equals(ImageReference.DOCKER_HUB) ? DOCKER_HUB_KEY : host;
    }

    private static List<String> keys(String host) {
        return host.equals(ImageReference.DOCKER_HUB)
                ? List.of(DOCKER_HUB_KEY, "index.docker.io", ImageReference.DOCKER_HUB, "registry-1.docker.io")
                : List.of(host);
    }

    /** Exact keys first; then those that are addresses of the same host, as old logins wrote them. */
    private static List<String> matching(List<String> names, List<String> keys) {
        List<String> matching = new ArrayList<>();
        for (String key : keys) {
            if (names.contains(key)) {
                matching.add(key);
            }
        }
        for (String name : names) {
            String host = name.replaceFirst("^https?://", "").replaceFirst("/.*$", "");
            if (keys.contains(host) && !matching.contains(name)) {
                matching.add(name);
            }
        }
        return matching;
    }

    private static Credentials entry(JsonObject entry, String key) throws IOException {
        Optional<String> identity = entry.optionalText("identitytoken").filter(t -> !t.isEmpty());
        if (identity.isPresent()) {
            return new Credentials.IdentityToken(identity.get());
        }
        Optional<String> registryToken = entry.optionalText("registrytoken").filter(t -> !t.isEmpty());
        if (registryToken.isPresent()) {
            return new Credentials.RegistryToken(registryToken.get());
        }
        Optional<String> auth = entry.optionalText("auth").filter(a -> !a.isEmpty());
        if (auth.isPresent()) {
            return decoded(auth.get(), key);
        }
        Optional<String> user = entry.optionalText("username").filter(u -> !u.isEmpty());
        return user.isPresent()
                ? new Credentials.Basic(
                        user.get(), entry.optionalText("password").orElse(""))
                : new Credentials.Anonymous();
    }

    private static Credentials decoded(String auth, String key) throws RegistryException {
        try {
            String pair = new String(Base64.getDecoder().decode(auth.strip()), StandardCharsets.UTF_8);
            int colon = pair.indexOf(':');
            if (colon > 0) {
                // Docker's own writer pads passwords with NULs.
                return new Credentials.Basic(
                        pair.substring(0, colon), pair.substring(colon + 1).replaceFirst("\0+$", ""));
            }
        } catch (IllegalArgumentException e) {
            LOG.debug("Not Base64: {}", e.getClass());
        }
        throw new RegistryException("the entry 'auth' of " + Shown.of(key)
                + " in Docker's configuration is not USER:PASSWORD in Base64. Log in again with 'docker login'");
    }
}
