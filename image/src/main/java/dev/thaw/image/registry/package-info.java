// SPDX-License-Identifier: Apache-2.0
/**
 * Pulls images from registries into the cache.
 *
 * <p>Start at {@link dev.thaw.image.registry.Registries}, then {@link dev.thaw.image.registry.RegistrySource}. Source: OCI
 * distribution-spec 1.1. How servers are asked is in {@code http}, who we say that we are in {@code login}. What a registry
 * sends is bounded and checked against digests.
 */
package dev.thaw.image.registry;
