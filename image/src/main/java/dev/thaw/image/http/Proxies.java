// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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

    public Proxies(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    @Override
    public List<Proxy> select(URI uri) {
        return List.of(of(uri));
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {
        LOG.debug("The proxy {} for {} can't be connected to", address, Hosts.of(uri), failure);
    }

    Proxy of(URI uri) {
        ProxySelector jvm = ProxySelector.getDefault();
        List<Proxy> selected = jvm == null ? List.of() : jvm.select(uri);
        for (Proxy proxy : selected) {
            if (proxy.type() == Proxy.Type.HTTP) {
                return proxy;
            }
        }
        String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
        boolean jvmHasOne = !System.getProperty(scheme + ".proxyHost", "").isEmpty(); // and exempts this host
        String host = uri.getHost().toLowerCase(Locale.ROOT);
        if (jvmHasOne || Hosts.isLoopback(host) || isExempt(host)) {
            return Proxy.NO_PROXY;
        }
        return proxyOf(variable(scheme + "_proxy"));
    }

    private boolean isExempt(String host) {
        for (String entry : variable("no_proxy").toLowerCase(Locale.ROOT).split("[,\\s]+", -1)) {
            String name = entry.replaceFirst("^\\*?\\.", "").replaceFirst(":\\d+$", "");
            boolean all = entry.equals("*");
            if (all || (!name.isEmpty() && (host.equals(name) || host.endsWith("." + name)))) {
                return true;
            }
        }
        return false;
    }

    private static Proxy proxyOf(String value) {
        if (value.isEmpty()) {
            return Proxy.NO_PROXY;
        }
        try {
            URI uri = new URI(value.contains("://") ? value : "http://" + value);
            if (uri.getHost() != null && "http".equalsIgnoreCase(uri.getScheme())) {
                int port = uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort();
                return new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(uri.getHost(), port));
            }
        } catch (URISyntaxException e) {
            LOG.debug("Not an address: {}", e.getReason()); // which could have a password in it
        }
        LOG.warn("The environment's proxy is not an address like http://proxy.example:3128; it is not used");
        return Proxy.NO_PROXY;
    }

    /** By its name in lower or upper case; the first wins, as it does in curl. */
    private String variable(String lowerCase) {
        String value = environment.get(lowerCase);
        return value != null ? value : environment.getOrDefault(lowerCase.toUpperCase(Locale.ROOT), "");
    }
}
