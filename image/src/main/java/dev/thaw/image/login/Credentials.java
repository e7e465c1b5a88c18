// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.login;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** How a user is known to a registry. None of them shows its secret in {@code toString}. */
sealed interface Credentials {

    /** Nobody in particular. */
    record Anonymous() implements Credentials {}

    /** Name and password. */
    record Basic(String user, String password) implements Credentials {
        /** Value of an Authorization header. Source: RFC 7617. */
        String header() {
            byte[] pair = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
            return "Basic " + Base64.getEncoder().encodeToString(pair);
        }

        @Override
        public String toString() {
            return "Basic[user=" + user + "]";
        }
    }

    /** What a token server gives tokens for: OAuth 2's refresh token. */
    record IdentityToken(String token) implements Credentials {
        @Override
        public String toString() {
            return "IdentityToken[]";
        }
    }

    /** A token that the registry takes as it is. */
    record RegistryToken(String token) implements Credentials {
        @Override
        public String toString() {
            return "RegistryToken[]";
        }
    }
}
