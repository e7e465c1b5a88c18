// SPDX-License-Identifier: Apache-2.0
/**
 * Images in files: OCI image layouts, as a folder or as an archive, and what {@code docker save} wrote.
 *
 * <p>Start at {@link dev.thaw.image.layout.OciLayoutSource}. Sources: OCI image-spec 1.1, image-layout.md; Docker image
 * specification v1.2 ("Combined Image JSON + Filesystem Changeset Format").
 *
 * <p>Everything here is immutable or confined to one thread.
 */
package dev.thaw.image.layout;
