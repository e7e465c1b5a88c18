// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.image.PullPolicy;
import dev.thaw.image.RegistrySettings;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
    @TempDir
    private Path folder;

    private final Properties system = new Properties();
    private final Map<String, String> environment = new HashMap<>();

    @Test
    void a_property_wins_over_a_variable_the_user_s_file_and_the_project_s() throws IOException {
        // GIVEN
        project("thaw.pull=always\nthaw.qemu=of-the-project\nthaw.accel=tcg\nthaw.engine=qemu\n");
        user("thaw.pull=never\nthaw.qemu=of-the-user\nthaw.accel=kvm\n");
        environment.put("THAW_QEMU", "of-the-environment");
        environment.put("THAW_PULL", "missing");
        system.setProperty("thaw.pull", "always");
        // WHEN
        ThawConfig config = load();
        // THEN
        then(config.registries().pull()).isEqualTo(PullPolicy.ALWAYS);
        then(config.qemu()).contains("of-the-environment");
        then(config.accel()).isEqualTo(ThawConfig.Accel.KVM);
        then(config.engine()).isEqualTo("qemu");
    }

    @Test
    void the_user_s_file_is_in_the_usual_folder_unless_xdg_names_another() throws IOException {
        user("thaw.qemu=usual\n");
        then(load().qemu()).contains("usual");
        Path other = Files.createDirectories(folder.resolve("xdg/thaw"));
        Files.writeString(other.resolve("thaw.properties"), "thaw.qemu=gr\u00fcn\n");
        environment.put("XDG_CONFIG_HOME", folder.resolve("xdg").toString());
        then(load().qemu()).contains("gr\u00fcn");
    }

    @Test
    void without_any_file_there_are_defaults() throws IOException {
        then(load().registries().pull()).isEqualTo(PullPolicy.MISSING);
        then(load().qemu()).isEmpty();
    }

    @Test
    void an_empty_value_switches_off_what_comes_later() throws IOException {
        // GIVEN
        project("thaw.engine=of-the-project\nthaw.registry.ca=/of-the-project\n");
        user("thaw.registry.prefix=registry.example/hub\nthaw.registry.mirror=mirror.example\nthaw.engine=\n");
        then(load().registries().substitutions()).isNotEmpty();
        // WHEN
        system.setProperty("thaw.registry.prefix", "");
        environment.put("THAW_REGISTRY_MIRROR", " ");
        system.setProperty("thaw.registry.ca", "");
        ThawConfig config = load();
        // THEN
        then(config.registries()).isEqualTo(RegistrySettings.defaults());
        then(config.engine()).isEqualTo("auto");
    }

    @Test
    void a_file_that_can_not_be_read_is_named() throws IOException {
        Path file = user("thaw.qemu=\\u00zz\n");
        thenThrownBy(this::load)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("Settings in " + file + " can't be read: ");
    }

    @Test
    void a_value_that_makes_no_sense_is_named_wherever_it_comes_from() throws IOException {
        user("thaw.pull=sometimes\n");
        thenThrownBy(this::load).hasMessage("thaw.pull is 'sometimes'; it can be missing, always or never.");
    }

    private Path user(String text) throws IOException {
        Path config = Files.createDirectories(folder.resolve("home/.config/thaw"));
        return Files.writeString(config.resolve("thaw.properties"), text);
    }

    private void project(String text) throws IOException {
        Files.writeString(Files.createDirectories(folder.resolve("classes")).resolve("thaw.properties"), text);
    }

    private ThawConfig load() throws IOException {
        system.setProperty("user.home", folder.resolve("home").toString());
        try (URLClassLoader project = new URLClassLoader(new URL[] {url(folder.resolve("classes"))}, null)) {
            Settings settings = Settings.load(
                    system, environment, project, Set.of("thaw.pull", "thaw.qemu", "thaw.accel", "thaw.engine"));
            return ThawConfig.load(name -> Optional.empty(), settings);
        }
    }

    private static URL url(Path path) throws MalformedURLException {
        return new URL("file:" + path + "/");
    }
}
