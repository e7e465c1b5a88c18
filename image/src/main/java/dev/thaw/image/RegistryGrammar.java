// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import dev.thaw.image.ImageReference.Registry;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Names of images in registries, as Docker reads them. Refusals are IllegalArgumentExceptions whose message is the
 * reason. Source: github.com/distribution/reference, the grammar in reference.go and normalize.go. Stateless.
 */
final class RegistryGrammar {
    private static final int MAX_REPOSITORY = 255;
    private static final Pattern HOST_NAME = Pattern.compile("(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9])"
            + "(?:\\.(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9])){0,127}(?::\\d{1,5})?");
    private static final Pattern IPV6 = Pattern.compile("\\[[a-fA-F0-9:]{2,45}](?::\\d{1,5})?");
    private static final Pattern COMPONENT = Pattern.compile("[a-z0-9]+(?:(?:\\.|_|__|-{1,255})[a-z0-9]+){0,255}");
    private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");
    private static final Pattern IMAGE_ID = Pattern.compile("[a-f0-9]{64}");

    private RegistryGrammar() {}

    /** Reads {@code [host/]repository[:tag][@digest]}. */
    static Registry parse(String text) {
        Optional<Digest> digest = Optional.empty();
        String rest = text;
        int at = rest.indexOf('@');
        if (at >= 0) {
            digest = Optional.of(Digest.parse(rest.substring(at + 1)));
            rest = rest.substring(0, at);
        }
        int colon = rest.lastIndexOf(':');
        Optional<String> tag = Optional.empty();
        if (colon > rest.lastIndexOf('/')) {
            tag = Optional.of(rest.substring(colon + 1));
            rest = rest.substring(0, colon);
        }
        if (IMAGE_ID.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "64 hexadecimal digits are an image's ID, which registries do not know; give its name, or its"
                            + " manifest's digest as name@sha256:HEX");
        }
        int slash = rest.indexOf('/');
        String first = slash < 0 ? "" : rest.substring(0, slash);
        if (!isHost(first)) {
            String repository = rest.indexOf('/') < 0 ? "library/" + rest : rest;
            return new Registry(ImageReference.DOCKER_HUB, repository, tag, digest);
        }
        String host = first.equals("index.docker.io") ? ImageReference.DOCKER_HUB : first;
        String path = rest.substring(slash + 1);
        boolean official = host.equals(ImageReference.DOCKER_HUB) && path.indexOf('/') < 0;
        return new Registry(host, official ? "library/" + path : path, tag, digest);
    }

    /** What tells a registry from the first part of a repository's name. */
    static boolean isHost(String first) {
        return first.indexOf('.') >= 0
                || first.indexOf(':') >= 0
                || first.equals("localhost")
                || !first.equals(first.toLowerCase(Locale.ROOT));
    }

    static void check(String host, String repository, Optional<String> tag) {
        checkHost(host);
        if (repository.length() > MAX_REPOSITORY) {
            throw new IllegalArgumentException("the repository's name has " + repository.length()
                    + " characters; at most " + MAX_REPOSITORY + " are possible");
        }
        for (String component : repository.split("/", -1)) {
            if (!COMPONENT.matcher(component).matches()) {
                throw new IllegalArgumentException("'" + component + "' can't be part of a repository's name: "
                        + (component.equals(component.toLowerCase(Locale.ROOT))
                                ? "lower-case letters and digits, with . _ or - between them, are possible"
                                : "it must be in lower case"));
            }
        }
        if (tag.isPresent() && !TAG.matcher(tag.get()).matches()) {
            throw new IllegalArgumentException(
                    "'" + tag.get() + "' is not a tag: up to 128 letters, digits and _.- are, and no . or - in front");
        }
    }

    /** Refuses what is not a host name or address with perhaps a port. */
    static void checkHost(String host) {
        int colon = host.endsWith("]") ? -1 : host.lastIndexOf(':');
        boolean wellFormed =
                HOST_NAME.matcher(host).matches() || IPV6.matcher(host).matches();
        boolean portInRange = !wellFormed || colon < 0 || Integer.parseInt(host.substring(colon + 1)) <= 65535;
        if (!wellFormed || !portInRange) {
            throw new IllegalArgumentException("'" + host + "' is not a registry's host name or address");
        }
    }
}
