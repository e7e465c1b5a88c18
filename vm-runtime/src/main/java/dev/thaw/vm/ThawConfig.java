// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import dev.thaw.image.RegistrySettings;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Settings of this machine, none of which changes what a service does.
 *
 * @param home {@code thaw.home}: cache and state; {@code $XDG_CACHE_HOME/thaw} or {@code ~/.cache/thaw}, on macOS {@code ~/Library/Caches/thaw}
 * @param engine {@code thaw.engine}: {@code auto} or {@code qemu}
 * @param accel {@code thaw.accel}: {@code auto}, {@code kvm}, {@code hvf} or {@code tcg}
 * @param kernel {@code thaw.kernel}: another kernel for the guests, a .deb package or a vmlinuz with its modules beside it
 * @param qemu {@code thaw.qemu}: the QEMU program, a path or a name that is looked for in PATH
 * @param autoDedup {@code thaw.auto.dedup}: whether a new snapshot shares blocks with its nearest sibling
 * @param cache {@code thaw.cache.max.bytes} and {@code thaw.cache.max.age}: what sweeps of the snapshots keep to
 * @param registries {@code thaw.pull} and {@code thaw.registry.*}: how images get here from registries
 */
public record ThawConfig(
        Path home,
        String engine,
        Accel accel,
        Optional<Path> kernel,
        Optional<String> qemu,
        boolean autoDedup,
        CacheLimits cache,
        RegistrySettings registries) {
    /** What {@code thaw.properties} may have. */
    private static final Set<String> KNOWN = Set.of(
            "thaw.home",
            "thaw.engine",
            "thaw.accel",
            "thaw.kernel",
            "thaw.qemu",
            "thaw.auto.dedup",
            CacheLimits.MAX_BYTES,
            CacheLimits.MAX_AGE,
            RegistrySettings.PULL,
            RegistrySettings.MIRROR,
            RegistrySettings.PREFIX,
            RegistrySettings.SUBSTITUTE,
            RegistrySettings.INSECURE,
            RegistrySettings.CA);

    /** What runs a guest's instructions. */
    public enum Accel {
        /** The best that works here, found by trying. */
        AUTO,
        /** Linux's hypervisor. */
        KVM,
        /** macOS's hypervisor. */
        HVF,
        /** Emulation in software; works everywhere. */
        TCG
    }

    public ThawConfig {
        home = home.toAbsolutePath().normalize();
        Objects.requireNonNull(engine);
        Objects.requireNonNull(accel);
        Objects.requireNonNull(kernel);
        Objects.requireNonNull(qemu);
        Objects.requireNonNull(cache);
        Objects.requireNonNull(registries);
    }

    /**
     * Reads system properties ({@code thaw.home}), and for what is not set there, environment variables ({@code
     * THAW_HOME}), the user's file ({@code $XDG_CONFIG_HOME/thaw/thaw.properties} or {@code
     * ~/.config/thaw/thaw.properties}), and the project's, {@code thaw.properties} on the class path.
     */
    public static ThawConfig load() {
        return load(name -> Optional.empty());
    }

    /**
     * Like {@link #load()}, with a further source that is asked first, for example JUnit's configuration parameters.
     *
     * @throws IllegalArgumentException if a setting has a value that makes no sense; the message names it
     */
    public static ThawConfig load(Function<String, Optional<String>> first) {
        ClassLoader project = Thread.currentThread().getContextClassLoader();
        Settings settings = Settings.load(
                System.getProperties(),
                System.getenv(),
                project == null ? ThawConfig.class.getClassLoader() : project,
                KNOWN);
        return load(first, settings);
    }

    static ThawConfig load(Function<String, Optional<String>> first, Settings settings) {
        Function<String, Optional<String>> setting = name -> first.apply(name)
                .or(() -> settings.get(name))
                .map(String::strip)
                .filter(value -> !value.isEmpty());
        return new ThawConfig(
                setting.apply("thaw.home")
                        .map(value -> path("thaw.home", value))
                        .orElseGet(ThawConfig::defaultHome),
                engine(setting.apply("thaw.engine").orElse("auto")),
                accel(setting.apply("thaw.accel").orElse("auto")),
                setting.apply("thaw.kernel").map(value -> path("thaw.kernel", value)),
                setting.apply("thaw.qemu"),
                toggle("thaw.auto.dedup", setting.apply("thaw.auto.dedup").orElse("1")),
                CacheLimits.load(setting),
                RegistrySettings.load(setting));
    }

    private static String engine(String value) {
        if (!value.equals("auto") && !value.equals("qemu")) {
            throw new IllegalArgumentException("thaw.engine is '" + value + "'; it can be auto or qemu.");
        }
        return value;
    }

    private static Accel accel(String value) {
        try {
            return Accel.valueOf(value.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("thaw.accel is '" + value + "'; it can be auto, kvm, hvf or tcg.", e);
        }
    }

    private static boolean toggle(String name, String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "1", "true", "on" -> true;
            case "0", "false", "off" -> false;
            default -> throw new IllegalArgumentException(name + " is '" + value + "'; it can be 1 or 0.");
        };
    }

    private static Path path(String name, String value) {
        try {
            return Path.of(value);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException(name + " is '" + value + "', which is no path: " + e.getReason(), e);
        }
    }

    private static Path defaultHome() {
        Path user = Path.of(System.getProperty("user.home"));
        if (System.getProperty("os.name").startsWith("Mac")) {
            return user.resolve("Library/Caches/thaw");
        }
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path cache = xdg == null || !Path.of(xdg).isAbsolute() ? user.resolve(".cache") : Path.of(xdg);
        return cache.resolve("thaw");
    }
}
