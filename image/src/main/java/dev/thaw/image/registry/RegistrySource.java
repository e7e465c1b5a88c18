// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.registry;

import dev.thaw.image.Digest;
import dev.thaw.image.ImageReference;
import dev.thaw.image.Platform;
import dev.thaw.image.PullPolicy;
import dev.thaw.image.http.Cancellation;
import dev.thaw.image.http.RegistryException;
import dev.thaw.image.layer.LayerBlob;
import dev.thaw.image.manifest.ImageFinder;
import dev.thaw.image.manifest.ImageSource;
import dev.thaw.image.manifest.OciDescriptor;
import dev.thaw.image.manifest.ResolvedImage;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An image in a registry: from the cache as far as it is there, and else pulled into it. Thread-safe. */
final class RegistrySource implements ImageSource {
    private final ImageReference.Registry reference;
    private final Registries registries;

    RegistrySource(ImageReference.Registry reference, Registries registries) {
        this.reference = reference;
        this.registries = registries;
    }

    @Override
    public ResolvedImage resolve(Platform platform) throws IOException, InterruptedException {
        return inPull(pull -> {
            Digest digest = reference.digest().isPresent() ? reference.digest().get() : digestOfTag(pull);
            return find(pull, digest, platform);
        });
    }

    @Override
    public ResolvedImage resolve(Digest digest, Platform platform) throws IOException, InterruptedException {
        return inPull(pull -> find(pull, digest, platform));
    }

    private ResolvedImage find(Pull pull, Digest digest, Platform platform) throws IOException, InterruptedException {
        OciDescriptor root = pull.manifest(digest);
        return new ImageFinder(pull, "registry " + reference.host()).choose(List.of(root), platform);
    }

    private Digest digestOfTag(Pull pull) throws IOException, InterruptedException {
        Digest known = registries.resolvedTags().get(reference);
        if (known != null) {
            return known;
        }
        Digest digest = pull.digestOfTag();
        Digest earlier = registries.resolvedTags().putIfAbsent(reference, digest);
        return earlier == null ? digest : earlier;
    }

    @Override
    public void fetch(List<LayerBlob> wanted) throws IOException, InterruptedException {
        Map<Digest, LayerBlob> missing = new LinkedHashMap<>();
        for (LayerBlob layer : wanted) {
            Digest digest = layer.digest().orElseThrow();
            if (!registries.blobs().has(digest, layer.length())) {
                missing.put(digest, layer);
            }
        }
        if (missing.isEmpty()) {
            return;
        }
        List<LayerBlob> layers = List.copyOf(missing.values());
        Cancellation cancellation = registries.begin();
        try (LayerDownloads downloads = new LayerDownloads(reference, layers, registries.listener(), cancellation)) {
            Pull pull = new Pull(reference, registries, cancellation);
            pull.requireAllowed(layers.get(0).name());
            downloads.run(pull::fetch);
        } finally {
            registries.ended(cancellation);
        }
    }

    @Override
    public boolean discard(LayerBlob damaged) throws IOException {
        if (registries.settings().pull() == PullPolicy.NEVER) {
            return false;
        }
        registries.blobs().discard(damaged.digest().orElseThrow());
        return true;
    }

    @FunctionalInterface
    private interface Action<T> {
        T run(Pull pull) throws IOException, InterruptedException;
    }

    private <T> T inPull(Action<T> action) throws IOException, InterruptedException {
        Cancellation cancellation = registries.begin();
        try {
            return action.run(new Pull(reference, registries, cancellation));
        } catch (InvalidImageException e) { // found in a document, which does not know where it came from
            throw new RegistryException("registry " + reference.host() + ": " + e.getMessage(), e);
        } finally {
            registries.ended(cancellation);
        }
    }
}
