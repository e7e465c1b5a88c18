// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.tree;

import static org.assertj.core.api.BDDAssertions.then;

import org.junit.jupiter.api.Test;

class ShownTest {

    @Test
    void what_could_change_how_a_message_is_seen_is_replaced() {
        then(Shown.of("a\nb\tc\u001b[31md\u0085e")).isEqualTo("a?b?c?[31md?e");
        then(Shown.of("right\u202eto left\u2028\ud83d\ude00\ufeff")).isEqualTo("right?to left????");
        then(Shown.of("é 日本 -_.:@/")).isEqualTo("é 日本 -_.:@/");
    }

    @Test
    void a_long_text_is_cut() {
        then(Shown.of("x".repeat(255))).hasSize(255);
        then(Shown.of("x".repeat(256))).isEqualTo("x".repeat(255) + "...");
    }
}
