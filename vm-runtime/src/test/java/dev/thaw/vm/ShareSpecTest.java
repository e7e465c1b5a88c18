// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShareSpecTest {
    @Test
    void it_reads_as_for_a_container() {
        ShareSpec spec = ShareSpec.of(Path.of("src"), "/srv//www/").readOnly().owner(1, 2);
        then(spec).hasToString(Path.of("src").toAbsolutePath() + ":/srv/www:ro");
        then(spec.owner()).contains(new ShareSpec.Owner(1, 2));
        then(spec)
                .isEqualTo(ShareSpec.of(Path.of("src"), "/srv/www").owner(1, 2).readOnly());
    }

    @Test
    void events_are_told_unless_they_are_not_wanted() {
        ShareSpec spec = ShareSpec.of(Path.of("src"), "/srv").owner(1, 2);
        then(spec.hasEvents()).isTrue();
        then(spec.readOnly().withoutEvents().readOnly().hasEvents()).isFalse();
        then(spec.withoutEvents()).isNotEqualTo(spec).isEqualTo(spec.withoutEvents());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/../etc", "/a/..", "//", "a/b", "", "/a\0b"})
    void a_place_that_is_none_is_refused(String place) {
        thenThrownBy(() -> ShareSpec.of(Path.of("src"), place))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("such as \"/data\", unlike");
    }

    @Test
    void two_folders_at_one_place_are_refused() {
        VmSpec spec = VmSpec.of("redis:7").share(Path.of("/one"), "/data");
        thenThrownBy(() -> spec.share(Path.of("/two"), "/data/"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Two folders are to be shared at /data: /one and /two. Give one of them another place.");
    }
}
