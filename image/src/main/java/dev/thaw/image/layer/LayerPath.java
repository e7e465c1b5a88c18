// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import dev.thaw.image.tree.InvalidImageException;
import java.util.ArrayList;
import java.util.List;

/**
 * A path in a layer, cut into its components and confined to the root: an absolute path starts there, and {@code ..}
 * leads no further up than there. Immutable.
 *
 * @param components without empty ones, "." and ".."; none for the root itself
 */
record LayerPath(List<String> components) {
    /** Linux's PATH_MAX and NAME_MAX, in bytes. */
    static final int MAX_PATH = 4096, MAX_NAME = 255;

    LayerPath {
        components = List.copyOf(components);
    }

    static LayerPath of(String path) throws InvalidImageException {
        if (path.length() > MAX_PATH) {
            throw new InvalidImageException(
                    "a path of " + path.length() + " bytes; at most " + MAX_PATH + " are possible");
        }
        List<String> components = new ArrayList<>();
        for (String component : path.split("/", -1)) {
            switch (component) {
                case "", "." -> {}
                case ".." -> {
                    if (!components.isEmpty()) {
                        components.remove(components.size() - 1);
                    }
                }
                default -> components.add(checked(component));
            }
        }
        return new LayerPath(components);
    }

    private static String checked(String component) throws InvalidImageException {
        if (component.length() > MAX_NAME) {
            throw new InvalidImageException(
                    "a file name of " + component.length() + " bytes; at most " + MAX_NAME + " are possible");
        }
        return component;
    }

    boolean isRoot() {
        return components.isEmpty();
    }

    /** The last component; the root has none. */
    String name() {
        return components.get(components.size() - 1);
    }

    /** All components but the last. */
    List<String> parent() {
        return components.subList(0, components.size() - 1);
    }
}
