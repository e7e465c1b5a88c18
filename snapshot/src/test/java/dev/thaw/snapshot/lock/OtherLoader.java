// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.lock;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;

/** Loads the module's classes once more. */
final class OtherLoader implements AutoCloseable {
    private final URLClassLoader loader;

    OtherLoader() {
        URL classes = FileLocks.class.getProtectionDomain().getCodeSource().getLocation();
        this.loader = new URLClassLoader(new URL[] {classes}, ClassLoader.getPlatformClassLoader());
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
