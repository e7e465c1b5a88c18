// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.http;

import dev.thaw.image.RegistrySettings;
import dev.thaw.image.cache.CacheException;
import dev.thaw.image.tree.InvalidImageException;
import dev.thaw.image.tree.Shown;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * Where a registry, or a mirror of it, answers.
 *
 * @param host with its port if it has one: what credentials and messages call it
 * @param base what {@code /v2/} follows
 */
public record Endpoint(String host, URI base, HttpTransport transport) {

    public Exchange send(String method, URI uri, Map<String, String> headers, Cancellation cancellation)
            throws IOException, InterruptedException {
        return transport.send(method, uri, headers, cancellation);
    }

    /** The failure in the user's words: a TransientException if it may pass, else for good. */
    public IOException explained(IOException e) {
        if (e instanceof RegistryException || e instanceof InvalidImageException || e instanceof CacheException) {
            return e;
        }
        if (e instanceof TransientException passing) {
            return passing.getMessage().startsWith("registry ")
                    ? passing
                    : new TransientException(
                            "registry " + host + " " + passing.getMessage(), passing.retryAfter(), passing);
        }
        if (hasCause(e, UnresolvedAddressException.class) || e instanceof UnknownHostException) {
            return new RegistryException(
                    "registry " + host + " can't be found: its name has no address. Check the image's name and the"
                            + " network; behind a company's proxy set " + RegistrySettings.MIRROR + " or HTTPS_PROXY",
                    e);
        }
        if (e instanceof ConnectException
                || e instanceof NoRouteToHostException
                || e instanceof HttpConnectTimeoutException) {
            return new RegistryException(
                    "registry " + host + " can't be connected to: " + said(e) + ". Is it running, and reachable from"
                            + " here? Behind a company's proxy set " + RegistrySettings.MIRROR + " or HTTPS_PROXY",
                    e);
        }
        if (e instanceof SSLException && !hasCause(e, EOFException.class) && !hasCause(e, SocketException.class)) {
            return new RegistryException(
                    "registry " + host + ": no connection over TLS: " + said(e)
                            + ". If its certificate is by an authority of your own, name that in " + RegistrySettings.CA
                            + "; if it speaks plain HTTP, put it into " + RegistrySettings.INSECURE,
                    e);
        }
        return new TransientException("registry " + host + ": " + said(e), Optional.empty(), e);
    }

    private static boolean hasCause(Throwable e, Class<? extends Throwable> type) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }

    /** The JDK's client often says nothing itself, but its cause does. */
    private static String said(Throwable e) {
        if (e.getMessage() != null) {
            return Shown.of(e.getMessage());
        }
        if (e instanceof ConnectException) {
            return "nobody accepts connections there"; // some JDKs don't say more
        }
        return e.getCause() == null ? e.getClass().getSimpleName() : said(e.getCause());
    }
}
