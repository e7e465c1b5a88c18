// SPDX-License-Identifier: Apache-2.0
/**
 * Reads manifests, indexes and configurations from OCI image layouts and docker archives.
 *
 * <p>Start at {@link dev.thaw.image.layout.ImageSource}. Sources: OCI image-spec 1.1 (image-layout.md, image-index.md,
 * manifest.md, config.md); Docker image specification v1.2 and v1.3 (the archive, health checks); Docker image manifest
 * version 2, schema 2. Documents are bounded and checked against their digests before they are parsed.
 *
 * <p>Everything here is immutable or confined to one thread.
 */
package dev.thaw.image.layout;
