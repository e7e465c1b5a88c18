// SPDX-License-Identifier: Apache-2.0
/**
 * What we say to a registry that wants to know who asks.
 *
 * <p>Start at {@link dev.thaw.image.login.Authorizer}. Sources: RFC 9110, section 11; Docker Registry HTTP API V2, token
 * authentication; the Docker command line's config.json and credential helpers' protocol.
 *
 * <p>Credentials go to the host that they are for and to the token server that it names, over TLS unless the user allows
 * that host plain HTTP, and never into messages or logs.
 */
package dev.thaw.image.login;
