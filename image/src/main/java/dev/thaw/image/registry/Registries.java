// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.registry;

import dev.thaw.image.Digest;
import dev.thaw.image.ImageReference;
import dev.thaw.image.PullEvent;
import dev.thaw.image.RegistrySettings;
import dev.thaw.image.cache.BlobCache;
import dev.thaw.image.cache.TagCache;
import dev.thaw.image.http.Cancellation;
import dev.thaw.image.http.Endpoint;
import dev.thaw.image.http.Exchange;
import dev.thaw.image.http.Hosts;
import dev.thaw.image.http.HttpClients;
import dev.thaw.image.http.HttpTransport;
import dev.thaw.image.http.Proxies;
import dev.thaw.image.http.RegistryException;
import dev.thaw.image.http.Trust;
import dev.thaw.image.login.Authorizer;
import dev.thaw.image.login.DockerConfig;
import dev.thaw.image.manifest.ImageSource;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All registries, as the settings say how to reach them. What was found out about one (how it is spoken to, tokens, what
 * tags mean) is kept for as long as this lives. Thread-safe.
 */
public final class Registries implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Registries.class);

    /** Docker Hub's name in image names is not that of its server. */
    private static final URI DOCKER_HUB = URI.create("https://registry-1.docker.io");

    private final RegistrySettings settings;
    private final BlobCache blobs;
    private final TagCache tags;
    private final Consumer<PullEvent> listener;
    private final RegistryContext context;
    private final Map<URI, Endpoint> endpoints = new ConcurrentHashMap<>();
    private final Map<String, Authorizer> authorizers = new ConcurrentHashMap<>();
    private final Map<ImageReference.Registry, Digest> resolvedTags = new ConcurrentHashMap<>();
    private final Set<URI> brokenMirrors = ConcurrentHashMap.newKeySet();
    private final Set<Cancellation> running = ConcurrentHashMap.newKeySet();
    private final Map<String, HttpClients> clients = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "thaw-http");
        thread.setDaemon(true);
        return thread;
    });

    private volatile boolean closed;

    private Registries(
            RegistrySettings settings, Path cacheFolder, Consumer<PullEvent> listener, RegistryContext context)
            throws IOException {
        this.settings = settings;
        this.blobs = BlobCache.open(cacheFolder);
        this.tags = TagCache.open(cacheFolder);
        this.listener = event -> {
            try {
                listener.accept(event);
            } catch (RuntimeException e) {
                LOG.warn("A listener failed with {}", event, e); // which must not end the pull
            }
        };
        this.context = context;
    }

    /**
     * Opens what is known of registries.
     *
     * @param cacheFolder has the blobs and tags
     * @param listener is told how pulls go, in threads of the pull
     */
    public static Registries open(
            RegistrySettings settings, Path cacheFolder, Consumer<PullEvent> listener, RegistryContext context)
            throws IOException {
        return new Registries(settings, cacheFolder, listener, context);
    }

    /** The source of one image. Asks nothing yet. */
    public ImageSource source(ImageReference.Registry reference) {
        return new RegistrySource(reference, this);
    }

    RegistrySettings settings() {
        return settings;
    }

    BlobCache blobs() {
        return blobs;
    }

    TagCache tags() {
        return tags;
    }

    Consumer<PullEvent> listener() {
        return listener;
    }

    /** Mirrors that do not answer. */
    Set<URI> brokenMirrors() {
        return brokenMirrors;
    }

    /** What tags were found to mean; they keep that meaning. */
    Map<ImageReference.Registry, Digest> resolvedTags() {
        return resolvedTags;
    }

    /** Something that is to end when this is closed; {@link #ended} when it has. */
    Cancellation begin() {
        Cancellation cancellation = new Cancellation();
        running.add(cancellation);
        if (closed) {
            cancellation.cancel(); // close may have looked before
        }
        return cancellation;
    }

    void ended(Cancellation cancellation) {
        running.remove(cancellation);
    }

    /** The addresses to ask about an image, in order: mirrors first, the registry itself last. */
    List<URI> addresses(String host) throws RegistryException {
        List<URI> addresses = new ArrayList<>(settings.mirrors().getOrDefault(host, List.of()));
        addresses.add(host.equals(ImageReference.DOCKER_HUB) ? DOCKER_HUB : address(host));
        return addresses;
    }

    private static URI address(String host) throws RegistryException {
        try {
            URI address = new URI("https://" + host);
            if (address.getHost() != null) {
                return address;
            }
        } catch (URISyntaxException e) {
            throw new RegistryException(
                    "registry " + host + ": that is no host that can be asked: " + e.getReason(), e);
        }
        throw new RegistryException("registry " + host + ": that is no host that can be asked; a name's last part must"
                + " begin with a letter");
    }

    /** A client for one of the addresses. */
    RegistryClient client(URI address, String repository, Cancellation cancellation)
            throws IOException, InterruptedException {
        Endpoint endpoint = endpoints.get(address);
        if (endpoint == null) {
            endpoint = connect(address, cancellation);
            endpoints.put(address, endpoint);
        }
        HttpTransport transport = endpoint.transport();
        Authorizer authorizer = authorizers.computeIfAbsent(
                address + " " + repository,
                key -> new Authorizer(
                        transport, DockerConfig.ofUser(context.environment()), nameOf(address), repository));
        return new RegistryClient(endpoint, repository, authorizer, context.retry(), cancellation);
    }

    /** What credentials, certificates and messages call it. Docker Hub's are under its own name, not under its server's. */
    static String nameOf(URI address) {
        return Hosts.of(address).equals(Hosts.of(DOCKER_HUB)) ? ImageReference.DOCKER_HUB : Hosts.of(address);
    }

    private Endpoint connect(URI address, Cancellation cancellation) throws IOException, InterruptedException {
        String host = nameOf(address);
        HttpClients client = clients.computeIfAbsent(
                Hosts.of(address),
                name -> new HttpClients(() -> certificates(host), new Proxies(context.environment()), threads));
        HttpTransport transport = new HttpTransport(client, this::mayBePlain, context.readTimeout());
        Endpoint secure = new Endpoint(host, address, transport);
        if (!address.getScheme().equals("https") || !mayBePlain(Hosts.of(address))) {
            return secure;
        }
        URI plainAddress = URI.create("http" + address.toString().substring("https".length()));
        Endpoint plain = new Endpoint(host, plainAddress, transport);
        // On this machine nobody can listen in, and most registries here are plain; elsewhere TLS comes first.
        List<Endpoint> order = Hosts.isLoopback(Hosts.of(address)) ? List.of(plain, secure) : List.of(secure, plain);
        return context.retry().run(cancellation, () -> 0, () -> firstThatAnswers(order, cancellation));
    }

    /** What fails with all of them is said of the last one. */
    private static Endpoint firstThatAnswers(List<Endpoint> endpoints, Cancellation cancellation)
            throws IOException, InterruptedException {
        IOException failure = null;
        for (Endpoint endpoint : endpoints) {
            try {
                if (answers(endpoint, cancellation)) {
                    return endpoint;
                }
            } catch (IOException e) {
                IOException explained = endpoint.explained(e);
                if (failure != null) {
                    explained.addSuppressed(failure);
                }
                failure = explained;
            }
        }
        if (failure != null) {
            throw failure;
        }
        return endpoints.get(endpoints.size() - 1);
    }

    /** True if it is a registry. Nobody's credentials are sent. */
    private static boolean answers(Endpoint endpoint, Cancellation cancellation)
            throws IOException, InterruptedException {
        try (Exchange exchange = endpoint.send("GET", URI.create(endpoint.base() + "/v2/"), Map.of(), cancellation)) {
            return exchange.status() != 400; // which servers with TLS answer to plain HTTP
        }
    }

    private boolean mayBePlain(String host) {
        return Hosts.isLoopback(host) || settings.insecure().contains(host);
    }

    private List<Certificate> certificates(String host) throws IOException {
        try {
            List<Certificate> certificates = new ArrayList<>(Trust.ofDocker(context.certificateFolders(), host));
            if (settings.ca().isPresent()) {
                certificates.addAll(Trust.read(settings.ca().get()));
            }
            return certificates;
        } catch (IOException e) {
            throw new RegistryException("certificates of authorities that are to be trusted: " + e, e);
        }
    }

    /** Ends what is being pulled; the threads that wait for it get an exception. */
    @Override
    public void close() {
        closed = true;
        running.forEach(Cancellation::cancel);
        for (HttpClients client : clients.values()) {
            try {
                client.close();
            } catch (IOException e) {
                LOG.debug("A client did not close", e);
            }
        }
        threads.shutdownNow();
    }
}
