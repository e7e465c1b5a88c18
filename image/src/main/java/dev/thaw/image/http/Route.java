// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.http;

import dev.thaw.image.tree.Shown;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Locale;
import java.util.Optional;

/**
 * How requests get to a host: directly or by a proxy.
 *
 * @param authorization what a proxy wants to hear, a value of Proxy-Authorization
 */
record Route(Proxy proxy, Optional<String> authorization) {
    static final Route DIRECT = new Route(Proxy.NO_PROXY, Optional.empty());

    private static final int WANTS_LOGIN = 407;
    /** The JDK's: with which schemes it does not log in to proxies that it speaks TLS through. Read once in a JVM. */
    private static final String DISABLED_SCHEMES = "jdk.http.auth.tunneling.disabledSchemes";

    /** Throws if the answer is one of the proxy, which wants another password, or any at all. */
    void requireLogin(URI uri, int status) throws RegistryException {
        if (status != WANTS_LOGIN || isDirect()) {
            return;
        }
        String problem = "registry " + Hosts.of(uri) + ": its proxy " + address() + " wants a user and a password";
        if (authorization.isEmpty()) {
            throw new RegistryException(problem + " (status 407). Put them into the environment's proxy address, as"
                    + " http://USER:PASSWORD@" + address() + "; the JVM's, https.proxyHost, can have none");
        }
        boolean tunnel = uri.getScheme().equalsIgnoreCase("https");
        String disabled = System.getProperty(DISABLED_SCHEMES, "basic").toLowerCase(Locale.ROOT);
        throw new RegistryException(
                tunnel && disabled.contains("basic")
                        ? problem
                                + ", which Java does not send when TLS is spoken through a proxy. Run this JVM with -D"
                                + DISABLED_SCHEMES + "= (with nothing behind it), or use a proxy that needs no password"
                        : problem + " other than those in the environment's proxy address (status 407)");
    }

    /** The failure, in the user's words if it is the proxy that can't be reached, which else looks like the registry. */
    IOException explained(URI uri, IOException e) {
        boolean unreached = e instanceof ConnectException || e instanceof HttpConnectTimeoutException;
        if (isDirect() || !unreached) {
            return e;
        }
        String why = e.getCause() instanceof UnresolvedAddressException || e.getMessage() == null
                ? "its name has no address, or nobody accepts connections there"
                : Shown.of(e.getMessage());
        return new RegistryException(
                "registry " + Hosts.of(uri) + ": its proxy " + address() + " can't be connected to: " + why
                        + ". Check HTTPS_PROXY and HTTP_PROXY, or https.proxyHost and http.proxyHost if they are set;"
                        + " hosts that need no proxy go into NO_PROXY",
                e);
    }

    private boolean isDirect() {
        return proxy.type() == Proxy.Type.DIRECT;
    }

    private String address() {
        return proxy.address() instanceof InetSocketAddress at
                ? at.getHostString() + ":" + at.getPort()
                : String.valueOf(proxy.address());
    }
}
