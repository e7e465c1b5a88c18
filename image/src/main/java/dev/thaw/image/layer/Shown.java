// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

/** Hostile names in messages. */
final class Shown {
    private Shown() {}

    /** The name, bounded and without control characters. */
    static String of(String name) {
        String cut = name.length() <= LayerPath.MAX_NAME ? name : name.substring(0, LayerPath.MAX_NAME) + "...";
        return cut.replaceAll("\\p{Cntrl}", "?");
    }
}
