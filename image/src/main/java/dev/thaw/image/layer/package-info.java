// SPDX-License-Identifier: Apache-2.0
/**
 * From layers to one tree: {@link dev.thaw.image.layer.LayerOpener} checks and unpacks the layers' bytes,
 * {@link dev.thaw.image.layer.Flattener} puts layer upon layer. A {@link dev.thaw.image.layer.LayerIndex} stands for
 * a layer that a disk in the cache was made of.
 *
 * <p>Source: OCI image-spec, layer.md. No layer is parsed before its digests are known to be right. What a layer can
 * cost is bounded by {@link dev.thaw.image.layer.Limits}. Confined to one thread, but for the
 * threads that open layers, which end with their opener.
 */
package dev.thaw.image.layer;
