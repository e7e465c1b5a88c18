// SPDX-License-Identifier: Apache-2.0
/**
 * Asks registries and the servers that they name, over HTTP.
 *
 * <p>Start at {@link dev.thaw.image.http.Endpoint}, then {@link dev.thaw.image.http.HttpTransport}. Knows redirects,
 * proxies, whose certificates to believe, when plain HTTP is allowed, and what is worth trying again; nothing of images.
 * Sources: RFC 9110; OCI distribution-spec 1.1, "Error Codes".
 *
 * <p>Each wait has an end, and {@link dev.thaw.image.http.Cancellation} ends all of them at once, from any thread.
 */
package dev.thaw.image.http;
