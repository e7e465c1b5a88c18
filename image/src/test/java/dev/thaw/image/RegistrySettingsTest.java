// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegistrySettingsTest {

    @Test
    void without_settings_everything_is_as_docker_does_it() {
        RegistrySettings settings = RegistrySettings.defaults();
        then(settings.pull()).isEqualTo(PullPolicy.MISSING);
        then(settings.mirrors()).isEmpty();
        then(settings.substituted(image("redis:7"))).isEqualTo(image("redis:7"));
    }

    @Test
    void mirrors_are_of_docker_hub_unless_they_say_of_what() {
        RegistrySettings settings = load(
                "thaw.registry.mirror",
                "mirror.example:5000, https://other.example/hub/ ,quay.io=http://mirror.example/quay");
        then(settings.mirrors())
                .isEqualTo(Map.of(
                        "docker.io",
                        List.of(URI.create("https://mirror.example:5000"), URI.create("https://other.example/hub")),
                        "quay.io",
                        List.of(URI.create("http://mirror.example/quay"))));
    }

    @ParameterizedTest
    @CsvSource({
        "redis:7,                 registry.example/hub/redis:7",
        "bitnami/redis,           registry.example/hub/bitnami/redis:latest",
        "docker.io/library/a/b,   registry.example/hub/a/b:latest",
        "quay.io/a/b:1,           registry.example:5000/quay/a/b:1",
        "quay.io/special/b:1,     elsewhere.example/b:1",
        "quay.io/specialised/b:1, registry.example:5000/quay/specialised/b:1",
        "ghcr.io/a/b:1,           ghcr.io/a/b:1",
    })
    void a_name_is_led_elsewhere_by_the_longest_substitution_that_fits(String name, String pulled) {
        RegistrySettings settings = load(
                "thaw.registry.prefix",
                "registry.example/hub/",
                "thaw.registry.substitute",
                "quay.io=registry.example:5000/quay,quay.io/special=elsewhere.example");
        then(settings.substituted(image(name))).isEqualTo(image(pulled));
    }

    @Test
    void a_repository_can_be_a_folder() {
        RegistrySettings settings = load(
                "thaw.registry.substitute",
                "docker.io/library/redis=oci:/images/redis:v1, quay.io/a=docker-archive:/a");
        then(settings.substituted(image("redis:7"))).hasToString("oci:/images/redis:v1");
        then(settings.substituted(image("quay.io/a:7"))).hasToString("docker-archive:/a");
        then(settings.substituted(image("quay.io/a/b"))).isEqualTo(image("quay.io/a/b"));
        then(settings.substituted(image("redis-stack"))).isEqualTo(image("redis-stack"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    thaw.pull                | often        | thaw.pull is 'often'; it can be missing, always or never.
                    thaw.registry.mirror     | ftp://a      | thaw.registry.mirror has 'ftp://a', which is not like mirror.example:5000, https://mirror.example/hub or quay.io=https://mirror.example/quay.
                    thaw.registry.mirror     | a b          | thaw.registry.mirror has 'a b', which is not like mirror.example:5000, https://mirror.example/hub or quay.io=https://mirror.example/quay.
                    thaw.registry.mirror     | -=a          | thaw.registry.mirror has '-=a': '-' is not a registry's host name or address.
                    thaw.registry.prefix     | /hub         | thaw.registry.prefix has '/hub': '' is not a registry's host name or address.
                    thaw.registry.prefix     | a.example/Hub | thaw.registry.prefix has 'a.example/Hub': 'Hub' can't be part of a repository's name: it must be in lower case.
                    thaw.registry.substitute | quay.io      | thaw.registry.substitute has 'quay.io', which is not like quay.io=registry.example/quay.
                    thaw.registry.substitute | quay.io=     | thaw.registry.substitute has 'quay.io=': '' is not a registry's host name or address.
                    thaw.registry.insecure   | http://a     | thaw.registry.insecure has 'http://a': 'http://a' is not a registry's host name or address.
                    """)
    void a_setting_that_makes_no_sense_is_named(String name, String value, String message) {
        thenThrownBy(() -> load(name, value))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void a_password_in_a_mirror_s_address_is_refused_and_not_shown() {
        thenThrownBy(() -> load("thaw.registry.mirror", "https://user:topsecret@mirror.example"))
                .hasMessageStartingWith("thaw.registry.mirror has 'https://...@mirror.example', which is not like ")
                .satisfies(e -> then(e.getMessage()).doesNotContain("topsecret"));
    }

    @Test
    void a_substitution_that_makes_a_name_that_none_can_have_is_told_of_the_image() {
        RegistrySettings settings = load("thaw.registry.prefix", "registry.example/" + "a".repeat(250));
        thenThrownBy(() -> settings.substituted(image("redis-stack")))
                .isInstanceOf(ImageException.class)
                .hasMessageStartingWith("image redis-stack:latest: settings make it registry.example/aaa");
    }

    @Test
    void a_substitution_by_something_that_is_no_reference_is_refused() {
        thenThrownBy(() -> load("thaw.registry.substitute", "quay.io/a=oci:"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(
                        "thaw.registry.substitute has 'quay.io/a=oci:': image 'oci:': the path of a folder"
                                + " is missing.");
    }

    private static RegistrySettings load(String... settings) {
        Map<String, String> byName = new HashMap<>();
        for (int i = 0; i < settings.length; i += 2) {
            byName.put(settings[i], settings[i + 1]);
        }
        return RegistrySettings.load(name -> Optional.ofNullable(byName.get(name)));
    }

    private static ImageReference.Registry image(String name) {
        return (ImageReference.Registry) ImageReference.parse(name);
    }
}
