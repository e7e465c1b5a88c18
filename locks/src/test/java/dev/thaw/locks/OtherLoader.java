// SPDX-License-Identifier: Apache-2.0
package dev.thaw.locks;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;

/** Loads the module's classes once more. */
final class OtherLoader implements AutoCloseable {
    private final URLClassLoader loader;

    OtherLoader() {
        this.loader = new URLClassLoader(
                new URL[] {place(FileLocks.class), place(org.slf4j.Logger.class)},
                ClassLoader.getPlatformClassLoader());
    }

    private static URL place(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation();
    }

    /** The other {@link FileLocks#attempt}; its lock. */
    AutoCloseable attempt(Path file) throws ReflectiveOperationException {
        Class<?> locks = loader.loadClass(FileLocks.class.getName());
        if (locks == FileLocks.class) {
            throw new AssertionError("the same class");
        }
        return (AutoCloseable) locks.getMethod("attempt", Path.class).invoke(null, file);
    }

    @Override
    public void close() throws IOException {
        loader.close();
    }
}
