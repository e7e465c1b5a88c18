// SPDX-License-Identifier: Apache-2.0
/**
 * Manifests, indexes and configurations, wherever they come from, and how an image is found in them.
 *
 * <p>Start at {@link dev.thaw.image.manifest.ImageFinder}. Sources: OCI image-spec 1.1 (image-index.md, manifest.md,
 * config.md); Docker image specification v1.3 (health checks, shell); Docker image manifest version 2, schema 2.
 * Documents are bounded and checked against their digests before they are parsed.
 *
 * <p>Everything here is immutable or confined to one thread.
 */
package dev.thaw.image.manifest;
