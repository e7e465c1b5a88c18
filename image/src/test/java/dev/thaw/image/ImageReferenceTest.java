// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageReferenceTest {
    private static final String HEX = "0123456789abcdef".repeat(4);

    @Test
    void a_relative_folder_starts_at_the_working_folder() {
        then(ImageReference.parse("oci:target/images/redis"))
                .isEqualTo(new ImageReference.OciLayout(
                        Path.of("target/images/redis").toAbsolutePath(), Optional.empty(), Optional.empty()));
    }

    @Test
    void a_layout_s_image_is_named_by_tag() {
        then(ImageReference.parse("oci:/images:docker.io/library/redis:7@x"))
                .isEqualTo(new ImageReference.OciLayout(
                        Path.of("/images"), Optional.of("docker.io/library/redis:7@x"), Optional.empty()));
    }

    @Test
    void a_layout_s_image_is_named_by_digest() {
        then(ImageReference.parse("oci:/im@ges@sha256:" + HEX))
                .isEqualTo(new ImageReference.OciLayout(
                        Path.of("/im@ges"), Optional.empty(), Optional.of(new Digest("sha256", HEX))));
    }

    @Test
    void a_sha512_digest_is_a_digest_too() {
        then(ImageReference.parse("oci:/images@sha512:" + HEX + HEX))
                .extracting(r ->
                        ((ImageReference.OciLayout) r).digest().orElseThrow().algorithm())
                .isEqualTo("sha512");
    }

    @ParameterizedTest
    @CsvSource({
        "docker-archive:/a.tar, /a.tar,",
        "docker-archive:/a.tar:redis:7, /a.tar, redis:7",
        "docker-archive:/a.tar:redis, /a.tar, redis:latest",
        "docker-archive:/a.tar:host:5000/redis, /a.tar, host:5000/redis:latest",
        "docker-archive:/a.tar:host:5000/redis:7, /a.tar, host:5000/redis:7",
    })
    void an_archive_s_image_is_named_as_docker_names_it(String text, String file, String name) {
        then(ImageReference.parse(text))
                .isEqualTo(new ImageReference.DockerArchive(Path.of(file), Optional.ofNullable(name)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"oci:/a", "oci:/a:b", "docker-archive:/a:b:c"})
    void what_a_reference_prints_is_what_it_is_read_from(String text) {
        then(ImageReference.parse(text)).hasToString(text);
    }

    @Test
    void a_name_in_a_registry_is_refused_with_what_is_supported() {
        thenThrownBy(() -> ImageReference.parse("redis:7"))
                .isInstanceOf(ImageException.class)
                .hasMessage("""
                        image 'redis:7': it names an image in a registry, and pulling from registries is not supported \
                        yet by this version; save the image to a file or folder first (for example 'skopeo copy \
                        docker://redis:7 oci:DIR:TAG' or 'docker save -o FILE redis:7'). Supported are
                          oci:DIR, oci:DIR:TAG, oci:DIR@sha256:HEX    (an OCI image layout)
                          docker-archive:FILE, docker-archive:FILE:NAME:TAG    (what 'docker save' wrote)""");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    ``                            | it is empty
                    ?                             | it is not of a form that this version knows
                    oci:                          | the path of a folder is missing
                    oci::tag                      | the path of a folder is missing
                    oci:/a:                       | '' is not a valid tag
                    oci:/a:b c                    | 'b c' is not a valid tag
                    oci:/a@sha256:123             | 'sha256:123' is not a digest: sha256 takes 64
                    oci:/a@md5:123                | digest algorithm 'md5' is not supported; sha256 and sha512 are
                    oci:/a:b@sha256:123           | it has both a tag and a digest; give one of them
                    docker-archive:               | the path of a file is missing
                    docker-archive:/a:?           | '?' is not a valid image name
                    docker://redis                | skopeo copy docker://redis oci:DIR:TAG
                    """)
    void what_can_not_be_meant_is_refused_with_the_reason(String text, String reason) {
        thenThrownBy(() -> ImageReference.parse(text))
                .isInstanceOf(ImageException.class)
                .hasMessageStartingWith("image '" + text + "': ")
                .hasMessageContaining(reason)
                .hasMessageContaining("docker-archive:FILE:NAME:TAG");
    }

    @FuzzTest
    void any_text_is_a_reference_or_refused(String text) {
        if (text == null) {
            return;
        }
        try {
            ImageReference reference = ImageReference.parse(text);
            then(ImageReference.parse(reference.toString())).isEqualTo(reference);
        } catch (ImageException e) {
            then(e.getMessage()).startsWith("image '").hasSizeLessThan(10_000);
        }
    }
}
