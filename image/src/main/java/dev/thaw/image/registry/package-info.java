// SPDX-License-Identifier: Apache-2.0
/**
 * Pulls images from registries into the cache.
 *
 * <p>Start at {@link dev.thaw.image.registry.Registries}, then {@link dev.thaw.image.registry.RegistrySource}. Sources:
 * OCI distribution-spec 1.1; Docker Registry HTTP API V2 and its token authentication; the Docker command line's
 * config.json and credential helpers' protocol.
 *
 * <p>What a registry sends is bounded and checked against digests. Credentials go to the host that they are for and to
 * the token server that it names, over TLS unless the user allows that host plain HTTP, and never into messages or logs.
 */
package dev.thaw.image.registry;
