// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.registry;

import dev.thaw.image.Digest;
import dev.thaw.image.ImageReference;
import dev.thaw.image.PullPolicy;
import dev.thaw.image.RegistrySettings;
import dev.thaw.image.cache.BlobCache;
import dev.thaw.image.cache.CacheException;
import dev.thaw.image.http.Cancellation;
import dev.thaw.image.http.Hosts;
import dev.thaw.image.http.RegistryException;
import dev.thaw.image.layer.LayerBlob;
import dev.thaw.image.manifest.Blobs;
import dev.thaw.image.manifest.JsonObject;
import dev.thaw.image.manifest.ManifestDocument;
import dev.thaw.image.manifest.OciDescriptor;
import dev.thaw.image.manifest.Place;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The blobs of one repository while something of it is wanted: from the cache, and what is not there from mirrors and the
 * registry, in that order, into the cache. Thread-safe.
 */
final class Pull implements Blobs {
    private static final Logger LOG = LoggerFactory.getLogger(Pull.class);

    private final ImageReference.Registry reference;
    private final Registries registries;
    private final Cancellation cancellation;
    private final BlobCache cache;

    Pull(ImageReference.Registry reference, Registries registries, Cancellation cancellation) {
        this.reference = reference;
        this.registries = registries;
        this.cancellation = cancellation;
        this.cache = registries.blobs();
    }

    /** What the reference's tag means: what the cache says if the policy is content with that, else what it means now. */
    Digest digestOfTag() throws IOException, InterruptedException {
        String tag = reference.tag().orElseThrow();
        String name = reference.name() + ":" + tag;
        if (registries.settings().pull() != PullPolicy.ALWAYS) {
            Optional<Digest> noted = registries.tags().find(name);
            if (noted.isPresent() && cachedManifest(noted.get()).isPresent()) {
                return noted.get();
            }
        }
        requireAllowed("tag " + tag);
        Digest digest = anywhere(client -> {
            // HEAD is not counted by registries that limit pulls.
            Optional<Digest> now = client.head(tag);
            if (now.isPresent() && cachedManifest(now.get()).isPresent()) {
                return now.get();
            }
            RegistryClient.Manifest manifest = client.manifest(tag);
            return keep(Digest.sha256Of(manifest.bytes()), manifest).digest();
        });
        registries.tags().put(name, digest);
        return digest;
    }

    /** The manifest or index of that digest. */
    OciDescriptor manifest(Digest digest) throws IOException, InterruptedException {
        Optional<OciDescriptor> cached = cachedManifest(digest);
        if (cached.isPresent()) {
            return cached.get();
        }
        requireAllowed("manifest " + digest);
        return anywhere(client -> {
            RegistryClient.Manifest manifest = client.manifest(digest.toString());
            OciDescriptor.of("", digest, manifest.bytes().length)
                    .check(manifest.bytes(), "manifest " + digest, "Report that to its owner");
            return keep(digest, manifest);
        });
    }

    private OciDescriptor keep(Digest digest, RegistryClient.Manifest manifest) throws IOException {
        ManifestDocument.requireContentType(manifest.bytes(), manifest.contentType(), "manifest " + digest);
        OciDescriptor descriptor = OciDescriptor.ofManifest(digest, manifest.bytes());
        cache.put(digest, manifest.bytes());
        return descriptor;
    }

    /** A manifest or index that is in the cache whole. Its own bytes say what it is. */
    private Optional<OciDescriptor> cachedManifest(Digest digest) throws IOException {
        Optional<byte[]> bytes = cache.read(digest, JsonObject.MAX_BYTES);
        return bytes.isEmpty() ? Optional.empty() : Optional.of(OciDescriptor.ofManifest(digest, bytes.get()));
    }

    @Override
    public byte[] document(OciDescriptor descriptor, String what) throws IOException, InterruptedException {
        descriptor.checkDocumentSize(what);
        Optional<byte[]> cached = cache.read(descriptor.digest(), JsonObject.MAX_BYTES);
        if (cached.isEmpty()) {
            requireAllowed(what + " " + descriptor.digest());
            download(descriptor, more -> {});
            cached = cache.read(descriptor.digest(), JsonObject.MAX_BYTES);
        }
        byte[] bytes = cached.orElseThrow(() -> new InvalidImageException(what + " " + descriptor.digest()
                + " is in the cache no longer, although it has just been put there. Try again"));
        descriptor.check(bytes, what + " " + descriptor.digest(), "Report that to the image's owner");
        return bytes;
    }

    @Override
    public Place layer(OciDescriptor descriptor) {
        return new Place(cache.path(descriptor.digest()), 0);
    }

    /** Brings a layer into the cache. */
    void fetch(LayerBlob layer, LongConsumer counted) throws IOException, InterruptedException {
        download(OciDescriptor.of("", layer.digest().orElseThrow(), layer.length()), counted);
    }

    private void download(OciDescriptor descriptor, LongConsumer counted) throws IOException, InterruptedException {
        boolean came = anywhere(client -> cache.fetch(descriptor.digest(), descriptor.size(), blob -> {
            try {
                client.download(descriptor, blob, counted);
            } catch (IOException e) {
                counted.accept(-blob.position()); // another address sends them all again
                throw e;
            }
        }));
        if (!came) {
            counted.accept(descriptor.size()); // another JVM has brought it
        }
    }

    /** Refuses to ask a registry if the user does not want that. */
    void requireAllowed(String what) throws RegistryException {
        if (registries.settings().pull() == PullPolicy.NEVER) {
            throw new RegistryException(what + " is not in the cache, and " + RegistrySettings.PULL
                    + " is 'never', so no registry is asked. Run once with 'missing', or use an image in a file");
        }
    }

    @FunctionalInterface
    private interface Question<T> {
        T ask(RegistryClient client) throws IOException, InterruptedException;
    }

    private <T> T anywhere(Question<T> question) throws IOException, InterruptedException {
        List<IOException> failures = new ArrayList<>();
        List<URI> addresses = registries.addresses(reference.host());
        for (URI address : addresses) {
            boolean mirror = !address.equals(addresses.get(addresses.size() - 1));
            if (mirror && registries.brokenMirrors().contains(address)) {
                continue;
            }
            try {
                return question.ask(registries.client(address, reference.repository(), cancellation));
            } catch (CacheException e) {
                throw e; // it would fail with every registry
            } catch (IOException e) {
                cancellation.throwIfCancelled();
                LOG.debug("{} can't serve {}", Hosts.of(address), reference, e);
                if (mirror && e.getCause() != null) { // it did not answer at all, so it will not answer the next time
                    registries.brokenMirrors().add(address);
                    LOG.warn("A mirror is not asked any more: {}", e.getMessage());
                }
                failures.add(
                        e instanceof InvalidImageException
                                ? new RegistryException(
                                        "registry " + Registries.nameOf(address) + ": " + e.getMessage(), e)
                                : e);
            }
        }
        IOException last = failures.remove(failures.size() - 1);
        if (failures.isEmpty()) {
            throw last;
        }
        String mirrors = failures.stream().map(Throwable::getMessage).collect(Collectors.joining("; "));
        RegistryException all =
                new RegistryException(last.getMessage() + ". Mirrors were asked before: " + mirrors, last);
        failures.forEach(all::addSuppressed);
        throw all;
    }
}
