// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the values of settings come from, the first that has one: system properties, environment variables, the user's
 * file, the project's file. The user's file says what this machine needs, such as a mirror, so it wins over the
 * project's, which everybody shares. An empty value is one: it hides those that come later, so that a run can do without
 * what a file says. Immutable.
 */
final class Settings {
    private static final Logger LOG = LoggerFactory.getLogger(Settings.class);
    private static final String FILE_NAME = "thaw.properties";

    private final Properties system;
    private final Map<String, String> environment;
    private final List<Properties> files;

    private Settings(Properties system, Map<String, String> environment, List<Properties> files) {
        this.system = system;
        this.environment = environment;
        this.files = files;
    }

    /**
     * Reads the files.
     *
     * @param resources finds the project's file, {@code thaw.properties}
     * @param known names of settings; a file that has another one gets a warning, as it may be a slip
     * @throws IllegalArgumentException if a file can't be read; the message names it
     */
    static Settings load(Properties system, Map<String, String> environment, ClassLoader resources, Set<String> known) {
        List<Properties> files = new ArrayList<>();
        Path user = userFile(system, environment);
        try (InputStream in = Files.newInputStream(user)) {
            files.add(read(in, user.toString(), known));
        } catch (NoSuchFileException e) {
            LOG.debug("No {}", user);
        } catch (IOException | IllegalArgumentException e) {
            throw unreadable(user.toString(), e);
        }
        try (InputStream in = resources.getResourceAsStream(FILE_NAME)) {
            if (in != null) {
                files.add(read(in, "the class path's " + FILE_NAME, known));
            }
        } catch (IOException | IllegalArgumentException e) {
            throw unreadable("the class path's " + FILE_NAME, e);
        }
        return new Settings(system, environment, List.copyOf(files));
    }

    /** The setting's value, as it was given. */
    Optional<String> get(String name) {
        String variable = name.toUpperCase(Locale.ROOT).replace('.', '_');
        Optional<String> found =
                Optional.ofNullable(system.getProperty(name)).or(() -> Optional.ofNullable(environment.get(variable)));
        for (Properties file : files) {
            found = found.or(() -> Optional.ofNullable(file.getProperty(name)));
        }
        return found;
    }

    private static Path userFile(Properties system, Map<String, String> environment) {
        String xdg = environment.getOrDefault("XDG_CONFIG_HOME", "");
        Path config = xdg.startsWith("/") ? Path.of(xdg) : Path.of(system.getProperty("user.home"), ".config");
        return config.resolve("thaw").resolve(FILE_NAME);
    }

    private static Properties read(InputStream in, String file, Set<String> known) throws IOException {
        Properties properties = new Properties();
        properties.load(new InputStreamReader(in, StandardCharsets.UTF_8));
        Set<String> unknown = new TreeSet<>(properties.stringPropertyNames());
        unknown.removeAll(known);
        if (!unknown.isEmpty()) {
            LOG.warn("{} has {}, which this version does not know; it knows {}", file, unknown, new TreeSet<>(known));
        }
        return properties;
    }

    private static IllegalArgumentException unreadable(String file, Exception e) {
        return new IllegalArgumentException("Settings in " + file + " can't be read: " + e, e);
    }
}
