// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.BDDAssertions.then;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BakeKeyTest {

    @Test
    void the_order_in_which_parts_are_given_does_not_matter() {
        Map<String, String> backwards = new LinkedHashMap<>();
        backwards.put("memory", "512m");
        backwards.put("image", "redis");

        then(BakeKey.of(backwards)).isEqualTo(Bakes.key("redis"));
        then(BakeKey.of(backwards).sha256()).isEqualTo(Bakes.key("redis").sha256());
    }

    @Test
    void the_hash_is_that_of_the_canonical_text_as_another_program_computes_it() {
        // GIVEN what `printf 'thaw-bake-key 1\nimage=a\\\\b\\nc\nmemory=512m\n' | sha256sum` printed
        String expected = "94f653aba3e8c120e5b5d0a6bca59ce1e360fdf209c75aad0d90d062248d5c42";

        BakeKey key = Bakes.key("a\\b\nc");

        then(key.canonical()).isEqualTo("thaw-bake-key 1\nimage=a\\\\b\\nc\nmemory=512m\n");
        then(key.sha256()).isEqualTo(expected);
    }

    @Test
    void a_value_cannot_pass_for_another_part() {
        BakeKey one = BakeKey.of(Map.of("a", "1\nb=2"));
        BakeKey two = BakeKey.of(Map.of("a", "1", "b", "2"));

        then(one.sha256()).isNotEqualTo(two.sha256());
    }

    @Test
    void differences_are_named() {
        BakeKey one = BakeKey.of(Map.of("cpu", "max", "engine", "qemu 7.2", "image", "i"));
        BakeKey two = BakeKey.of(Map.of("cpu", "host", "kernel", "6.1", "image", "i"));

        then(one.differencesFrom(two)).containsExactly("cpu", "engine", "kernel");
    }

    @Test
    void its_text_shows_no_values_as_they_may_be_secrets() {
        then(BakeKey.of(Map.of("env", "PASSWORD=hunter2")).toString()).doesNotContain("hunter2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Image", "a b", "a=b", "-a", "é"})
    void a_name_that_could_be_misread_is_refused(String name) {
        assertThatThrownBy(() -> BakeKey.of(Map.of(name, "x")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not '" + name + "'");
    }

    @Test
    void a_value_that_is_not_unicode_is_refused() {
        assertThatThrownBy(() -> Bakes.key("\ud800"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("part 'image' of the bake key is not valid Unicode");
    }

    @Test
    void a_part_given_twice_is_refused() {
        assertThatThrownBy(() -> BakeKey.builder().part("image", "a").part("image", "b"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the bake key has a part 'image' already");
    }

    @Test
    void a_key_of_more_than_512_KiB_is_refused() {
        assertThatThrownBy(() -> Bakes.key("x".repeat(512 * 1024)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at most 524288 bytes");
    }

    @Test
    void a_key_without_parts_is_refused() {
        assertThatThrownBy(() -> BakeKey.of(Map.of())).isInstanceOf(IllegalArgumentException.class);
    }
}
