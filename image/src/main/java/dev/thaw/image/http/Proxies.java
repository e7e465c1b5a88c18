// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.http;

import dev.thaw.image.tree.Shown;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which proxy leads to a host: the JVM's ({@code https.proxyHost} and so on), and if it knows of none, what the
 * environment says to other programs ({@code HTTPS_PROXY}, {@code HTTP_PROXY}, {@code NO_PROXY}, in either case).
 * Immutable.
 */
public final class Proxies extends ProxySelector {
    private static final Logger LOG = LoggerFactory.getLogger(Proxies.class);
    private static final int DEFAULT_PORT = 80;

    private final Map<String, String> environment;
    private final ProxyExemptions exemptions;

    public Proxies(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
        this.exemptions = new ProxyExemptions(this.environment.getOrDefault(nameOf("no_proxy"), ""));
    }

    @Override
    public List<Proxy> select(URI uri) {
        try {
            return List.of(route(uri).proxy());
        } catch (RegistryException e) {
            throw new UncheckedIOException(e); // whoever asked for the route before has been told
        }
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {
        LOG.debug("The proxy {} for {} can't be connected to", address, Hosts.of(uri), failure);
    }

    /** Fails if the environment's proxy is none that can be used: going directly is not what it asks for. */
    Route route(URI uri) throws RegistryException {
        ProxySelector jvm = ProxySelector.getDefault();
        List<Proxy> selected = jvm == null ? List.of() : jvm.select(uri);
        for (Proxy proxy : selected) {
            if (proxy.type() == Proxy.Type.HTTP) {
                return new Route(proxy, Optional.empty());
            }
        }
        String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
        boolean jvmHasOne = !System.getProperty(scheme + ".proxyHost", "").isEmpty(); // and exempts this host
        String variable = nameOf(scheme + "_proxy");
        String value = environment.getOrDefault(variable, "");
        boolean direct = jvmHasOne
                || value.isEmpty()
                || Hosts.isLoopback(uri.getHost())
                || exemptions.cover(uri.getHost(), Hosts.port(uri));
        return direct ? Route.DIRECT : routeBy(value, variable, uri);
    }

    private static Route routeBy(String value, String variable, URI uri) throws RegistryException {
        String problem = "registry " + Hosts.of(uri) + ": the proxy that the environment's " + variable + " names ";
        String remedy = ". Name one like http://proxy.example:3128, or put the registry's host into NO_PROXY";
        try {
            URI proxy = new URI(value.contains("://") ? value : "http://" + value);
            if (!"http".equalsIgnoreCase(proxy.getScheme())) {
                throw new RegistryException(problem + "is to be spoken to with " + Shown.of(proxy.getScheme())
                        + ", but only proxies that are spoken to in plain HTTP are supported" + remedy);
            }
            if (proxy.getHost() != null) {
                int port = proxy.getPort() < 0 ? DEFAULT_PORT : proxy.getPort();
                return new Route(
                        new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(proxy.getHost(), port)),
                        Optional.ofNullable(proxy.getUserInfo()).map(Proxies::basic));
            }
        } catch (URISyntaxException e) {
            LOG.debug("Not an address: {}", e.getReason()); // all of it could show a password
        }
        throw new RegistryException(problem + "has no address that can be read" + remedy
                + "; what is special in a password is written as %40");
    }

    /** Source: RFC 7617. */
    private static String basic(String userAndPassword) {
        String pair = userAndPassword.contains(":") ? userAndPassword : userAndPassword + ":";
        return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    /** The variable in lower case, or else in upper case; the first wins, as it does in curl. */
    private String nameOf(String lowerCase) {
        return environment.containsKey(lowerCase) ? lowerCase : lowerCase.toUpperCase(Locale.ROOT);
    }
}
