// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import dev.thaw.vm.EngineUnavailableException;
import dev.thaw.vm.Thaw;
import dev.thaw.vm.ThawConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** What all classes of a run share. Lives in the root store, so that JUnit closes it at the end. Thread-safe. */
final class TestRun implements AutoCloseable {
    private final Path workingFolder;
    private final Map<Class<?>, Path> logFolders = new HashMap<>();
    private Thaw thaw;
    private EngineUnavailableException unavailable;
    private Path logRoot;

    TestRun(Path workingFolder) {
        this.workingFolder = workingFolder.toAbsolutePath();
    }

    /**
     * Opened by the first class that needs it. What this machine lacks it lacks for the whole run, and to find it out
     * can take a download that times out: the later classes fail at once, each with an exception of its own.
     */
    synchronized Thaw thaw(Supplier<ThawConfig> config) {
        if (unavailable != null) {
            throw new EngineUnavailableException(
                    "qemu", "an earlier class of this run has found it so. " + unavailable.getMessage(), unavailable);
        }
        if (thaw == null) {
            try {
                thaw = Thaw.open(config.get());
            } catch (EngineUnavailableException e) {
                unavailable = e;
                throw e;
            }
        }
        return thaw;
    }

    /**
     * Where the logs of a class's VMs go when its tests fail: {@code target/thaw/logs/CLASS} in a Maven project, {@code
     * build/thaw/logs/CLASS} in a Gradle project, else in a new folder for temporary files. What an earlier run left
     * there is removed, as nobody else would.
     */
    synchronized Path logFolder(Class<?> testClass) throws IOException {
        Path known = logFolders.get(testClass);
        if (known != null) {
            return known;
        }
        if (logRoot == null) {
            logRoot = logRoot();
        }
        Path folder = Files.createDirectories(logRoot.resolve(testClass.getName()));
        try (Stream<Path> old = Files.list(folder)) {
            for (Path file : old.toList()) {
                Files.delete(file);
            }
        }
        logFolders.put(testClass, folder);
        return folder;
    }

    private Path logRoot() throws IOException {
        for (String output : new String[] {"target", "build"}) {
            Path folder = workingFolder.resolve(output);
            if (Files.isDirectory(folder)) {
                return folder.resolve("thaw").resolve("logs");
            }
        }
        return Files.createTempDirectory("thaw-logs-");
    }

    @Override
    public synchronized void close() {
        if (thaw != null) {
            thaw.close();
        }
    }
}
