// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.registry;

import dev.thaw.image.tree.InvalidImageException;
import dev.thaw.image.tree.Shown;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * Where a registry, or a mirror of it, answers.
 *
 * @param host with its port if it has one: what credentials and messages call it
 * @param base what {@code /v2/} follows
 */
record Endpoint(String host, URI base, HttpTransport transport) {

    Exchange send(String method, URI uri, Map<String, String> headers, Cancellation cancellation)
            throws IOException, InterruptedException {
        return transport.send(method, uri, headers, cancellation);
    }

    /** The failure in the user's words. What may pass stays what it is, with the host's name. */
    IOException explained(IOException e) {
        if (e instanceof RegistryException || e instanceof TransientException || e instanceof InvalidImageException) {
            return e;
        }
        if (e instanceof UnknownHostException) {
            return new RegistryException(
                    "registry " + host + " can't be found: its name has no address. Check the image's name and the"
                            + " network; behind a company's proxy set thaw.registry.mirror or HTTPS_PROXY",
                    e);
        }
        if (e instanceof ConnectException || e instanceof NoRouteToHostException) {
            return new RegistryException(
                    "registry " + host + " can't be connected to: " + said(e) + ". Is it running, and reachable from"
                            + " here? Behind a company's proxy set thaw.registry.mirror or HTTPS_PROXY",
                    e);
        }
        if (e instanceof SSLException) {
            return new RegistryException(
                    "registry " + host + ": no connection over TLS: " + said(e)
                            + ". If its certificate is by an authority of your own, name that in thaw.registry.ca; if"
                            + " it speaks plain HTTP, put it into thaw.registry.insecure",
                    e);
        }
        return Retry.mayPass(e)
                ? new TransientException("registry " + host + ": " + said(e), Optional.empty(), e)
                : new RegistryException("registry " + host + ": " + said(e), e);
    }

    private static String said(IOException e) {
        return Shown.of(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
    }
}
