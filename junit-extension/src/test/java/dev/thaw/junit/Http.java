// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;

/** A client for the web server that tests run. */
final class Http {
    private static final int TIMEOUT_MILLIS = 10_000;

    private Http() {}

    static String get(String host, int port, String path) throws IOException {
        return get(URI.create("http://" + host + ":" + port + path));
    }

    static String get(URI uri) throws IOException {
        URLConnection connection = uri.toURL().openConnection();
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        try (InputStream body = connection.getInputStream()) {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
