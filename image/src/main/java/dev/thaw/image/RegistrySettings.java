// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * How images get here from registries. Immutable.
 *
 * @param pull when a registry is asked
 * @param mirrors for a registry's host, addresses that are asked before it, in this order
 * @param substitutions what names begin with, and what stands there instead; longest first
 * @param insecure hosts, with their port, that may be spoken to in plain HTTP; this machine always may
 * @param ca a file of certificates in PEM form whose issuers are trusted beside the JVM's
 */
public record RegistrySettings(
        PullPolicy pull,
        Map<String, List<URI>> mirrors,
        List<Substitution> substitutions,
        Set<String> insecure,
        Optional<Path> ca) {
    /** The setting for {@link #pull}: {@code missing}, {@code always} or {@code never}. */
    public static final String PULL = "thaw.pull";

    /** For {@link #mirrors}: {@code HOST=ADDRESS}, or {@code ADDRESS} for Docker Hub; several with commas. */
    public static final String MIRROR = "thaw.registry.mirror";

    /** For {@link #substitutions}: what stands before names that are in no other registry, as {@code HOST/PATH}. */
    public static final String PREFIX = "thaw.registry.prefix";

    /**
     * For {@link #substitutions}: {@code HOST[/PATH]=HOST[/PATH]}, or {@code HOST/REPOSITORY=REFERENCE} with a reference
     * to a file or folder; several with commas.
     */
    public static final String SUBSTITUTE = "thaw.registry.substitute";

    /** For {@link #insecure}: {@code HOST:PORT}; several with commas. */
    public static final String INSECURE = "thaw.registry.insecure";

    /** For {@link #ca}: a path. */
    public static final String CA = "thaw.registry.ca";

    /** Docker Hub's official images are in a folder that nobody writes. */
    private static final String OFFICIAL = ImageReference.DOCKER_HUB + "/library";

    public RegistrySettings {
        mirrors = Map.copyOf(mirrors);
        substitutions = substitutions.stream()
                .sorted(Comparator.comparingInt((Substitution s) -> s.from().length())
                        .reversed()
                        .thenComparing(Substitution::from))
                .toList();
        insecure = Set.copyOf(insecure);
    }

    /**
     * What stands in the place of a part of a name.
     *
     * @param from a host, or a host and the first parts of a repository, in full: {@code docker.io/library}
     * @param to likewise; or a reference to a layout or an archive, which stands for the whole repository {@code from},
     *     whatever the tag
     */
    public record Substitution(String from, String to) {
        private boolean isLocal() {
            return to.startsWith(ImageReference.OCI)
                    || to.startsWith(ImageReference.OCI_ARCHIVE)
                    || to.startsWith(ImageReference.DOCKER_ARCHIVE);
        }

        /** What the reference becomes; empty if this is not about it. */
        private Optional<ImageReference> applyTo(ImageReference.Registry reference) {
            String name = reference.name();
            if (isLocal()) {
                return name.equals(from) ? Optional.of(ImageReference.parse(to)) : Optional.empty();
            }
            if (!name.startsWith(from + "/")) {
                return Optional.empty();
            }
            String full = to + name.substring(from.length());
            int slash = full.indexOf('/');
            try {
                return Optional.of(new ImageReference.Registry(
                        full.substring(0, slash), full.substring(slash + 1), reference.tag(), reference.digest()));
            } catch (IllegalArgumentException e) {
                throw new ImageException(
                        "image " + reference + ": settings make it " + full + ", and " + e.getMessage(), e);
            }
        }
    }

    /** Docker's behaviour: what is missing is pulled, from where the name says. */
    public static RegistrySettings defaults() {
        return load(name -> Optional.empty());
    }

    /**
     * Reads the settings named above.
     *
     * @param setting gives the value of a name
     * @throws IllegalArgumentException if a value makes no sense; the message names the setting
     */
    public static RegistrySettings load(Function<String, Optional<String>> setting) {
        return new RegistrySettings(
                pull(setting.apply(PULL)),
                mirrors(list(setting.apply(MIRROR))),
                substitutions(setting.apply(PREFIX), list(setting.apply(SUBSTITUTE))),
                insecure(list(setting.apply(INSECURE))),
                setting.apply(CA).map(RegistrySettings::path));
    }

    /** Where the image is really taken from. */
    public ImageReference substituted(ImageReference.Registry reference) {
        return substitutions.stream()
                .flatMap(s -> s.applyTo(reference).stream())
                .findFirst()
                .orElse(reference);
    }

    private static PullPolicy pull(Optional<String> value) {
        try {
            return value.map(v -> PullPolicy.valueOf(v.toUpperCase(Locale.ROOT)))
                    .orElse(PullPolicy.MISSING);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    PULL + " is '" + value.orElse("") + "'; it can be missing, always or never.", e);
        }
    }

    private static Map<String, List<URI>> mirrors(List<String> entries) {
        Map<String, List<URI>> mirrors = new LinkedHashMap<>();
        for (String entry : entries) {
            int equals = entry.indexOf('=');
            String host = equals < 0 ? ImageReference.DOCKER_HUB : entry.substring(0, equals);
            requireHost(MIRROR, entry, host);
            mirrors.computeIfAbsent(host, h -> new ArrayList<>()).add(address(entry, entry.substring(equals + 1)));
        }
        mirrors.replaceAll((host, addresses) -> List.copyOf(addresses));
        return mirrors;
    }

    /** A host and maybe a path; with https unless it says http. */
    private static URI address(String entry, String address) {
        try {
            String trimmed = address.replaceFirst("/+$", "");
            URI uri = new URI(trimmed.contains("://") ? trimmed : "https://" + trimmed);
            boolean web = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
            boolean plainHost = uri.getHost() != null && uri.getRawUserInfo() == null;
            if (web && plainHost && uri.getRawQuery() == null && uri.getRawFragment() == null) {
                return uri;
            }
        } catch (URISyntaxException e) {
            throw notAnAddress(entry, e);
        }
        throw notAnAddress(entry, null);
    }

    private static IllegalArgumentException notAnAddress(String entry, Exception cause) {
        return new IllegalArgumentException(
                MIRROR + " has '" + entry.replaceFirst("//[^/]*@", "//...@")
                        + "', which is not like mirror.example:5000, https://mirror.example/hub or"
                        + " quay.io=https://mirror.example/quay.",
                cause);
    }

    private static List<Substitution> substitutions(Optional<String> prefix, List<String> entries) {
        List<Substitution> substitutions = new ArrayList<>();
        if (prefix.isPresent()) {
            String to = prefix.get().replaceFirst("/+$", "");
            requireName(PREFIX, prefix.get(), to);
            substitutions.add(new Substitution(OFFICIAL, to));
            substitutions.add(new Substitution(ImageReference.DOCKER_HUB, to));
        }
        for (String entry : entries) {
            int equals = entry.indexOf('=');
            if (equals < 0) {
                throw new IllegalArgumentException(
                        SUBSTITUTE + " has '" + entry + "', which is not like quay.io=registry.example/quay.");
            }
            String from = entry.substring(0, equals).replaceFirst("/+$", "");
            Substitution substitution =
                    new Substitution(from, entry.substring(equals + 1).replaceFirst("/+$", ""));
            requireHost(SUBSTITUTE, entry, hostOf(from));
            if (substitution.isLocal()) {
                requireReference(entry, substitution.to());
            } else {
                requireName(SUBSTITUTE, entry, substitution.to());
            }
            substitutions.add(substitution);
        }
        return substitutions;
    }

    private static Set<String> insecure(List<String> hosts) {
        hosts.forEach(host -> requireHost(INSECURE, host, host));
        return new TreeSet<>(hosts);
    }

    private static String hostOf(String name) {
        return name.split("/", 2)[0];
    }

    private static void requireHost(String setting, String entry, String host) {
        try {
            RegistryGrammar.checkHost(host);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(setting + " has '" + entry + "': " + e.getMessage() + ".", e);
        }
    }

    /** A host with perhaps the first parts of a repository. */
    private static void requireName(String setting, String entry, String name) {
        try {
            RegistryGrammar.check(
                    hostOf(name), name.contains("/") ? name.substring(name.indexOf('/') + 1) : "a", Optional.empty());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(setting + " has '" + entry + "': " + e.getMessage() + ".", e);
        }
    }

    private static void requireReference(String entry, String reference) {
        try {
            ImageReference.parse(reference);
        } catch (ImageException e) {
            throw new IllegalArgumentException(SUBSTITUTE + " has '" + entry + "': " + e.getMessage(), e);
        }
    }

    private static Path path(String value) {
        try {
            return Path.of(value).toAbsolutePath();
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException(CA + " is '" + value + "', which is no path: " + e.getReason(), e);
        }
    }

    private static List<String> list(Optional<String> value) {
        return Arrays.stream(value.orElse("").split(",", -1))
                .map(String::strip)
                .filter(entry -> !entry.isEmpty())
                .toList();
    }
}
