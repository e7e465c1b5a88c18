// SPDX-License-Identifier: Apache-2.0
/** Placeholder. */
package dev.thaw.image;
