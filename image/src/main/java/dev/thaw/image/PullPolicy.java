// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

/** When a registry is asked what a tag means. */
public enum PullPolicy {
    /** Only for what is not in the cache: a tag keeps the meaning that it had when it was first pulled. */
    MISSING,
    /** Once in each run; what the tag means then is pulled if it is not in the cache. */
    ALWAYS,
    /** Never; what is not in the cache is an error. */
    NEVER
}
