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
    @ValueSource(
            strings = {
                "oci:/a",
                "oci:/a:b",
                "oci-archive:/a:b",
                "docker-archive:/a:b:c",
                "redis:7",
                "ghcr.io/a/b:1",
                "host:1/a:2"
            })
    void what_a_reference_prints_is_what_it_is_read_from(String text) {
        then(ImageReference.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    redis                          | docker.io       | library/redis   | latest
                    redis:7                        | docker.io       | library/redis   | 7
                    bitnami/redis                  | docker.io       | bitnami/redis   | latest
                    docker.io/redis                | docker.io       | library/redis   | latest
                    index.docker.io/redis:7        | docker.io       | library/redis   | 7
                    docker.io/library/redis:7      | docker.io       | library/redis   | 7
                    docker.io/a/b/c                | docker.io       | a/b/c           | latest
                    localhost/redis                | localhost       | redis           | latest
                    localhost:5000/redis:7         | localhost:5000  | redis           | 7
                    127.0.0.1:5000/a/b             | 127.0.0.1:5000  | a/b             | latest
                    [::1]:5000/a:1                 | [::1]:5000      | a               | 1
                    ghcr.io/owner/name:1.2-x_Y     | ghcr.io         | owner/name      | 1.2-x_Y
                    Host/name                      | Host            | name            | latest
                    host:80/name                   | host:80         | name            | latest
                    a/b/c:tag                      | docker.io       | a/b/c           | tag
                    x--y/a__b.c-d:v1               | docker.io       | x--y/a__b.c-d   | v1
                    """)
    void a_name_in_a_registry_is_read_as_docker_reads_it(String text, String host, String repository, String tag) {
        then(ImageReference.parse(text))
                .isEqualTo(new ImageReference.Registry(host, repository, Optional.of(tag), Optional.empty()));
    }

    @Test
    void a_digest_says_which_image_of_a_repository_is_meant() {
        Digest digest = new Digest("sha256", HEX);
        then(ImageReference.parse("redis@sha256:" + HEX))
                .isEqualTo(new ImageReference.Registry(
                        "docker.io", "library/redis", Optional.empty(), Optional.of(digest)));
        then(ImageReference.parse("localhost:5000/redis:7@sha256:" + HEX))
                .isEqualTo(
                        new ImageReference.Registry("localhost:5000", "redis", Optional.of("7"), Optional.of(digest)));
    }

    @ParameterizedTest
    @CsvSource({
        "docker.io/library/redis, redis:latest",
        "docker.io/bitnami/redis:7, bitnami/redis:7",
        "docker.io/library/a/b, library/a/b:latest",
        "ghcr.io/library/redis:1, ghcr.io/library/redis:1",
        "docker.io/my.org/app:1, docker.io/my.org/app:1",
        "docker.io/localhost/app:1, docker.io/localhost/app:1",
    })
    void a_name_prints_as_short_as_docker_shows_it(String text, String printed) {
        then(ImageReference.parse(text)).hasToString(printed);
    }

    @Test
    void an_archive_of_a_layout_is_named_like_a_layout() {
        then(ImageReference.parse("oci-archive:/a.tar:v1"))
                .isEqualTo(new ImageReference.OciArchive(Path.of("/a.tar"), Optional.of("v1"), Optional.empty()));
        then(ImageReference.parse("oci-archive:/a.tar@sha256:" + HEX))
                .isEqualTo(new ImageReference.OciArchive(
                        Path.of("/a.tar"), Optional.empty(), Optional.of(new Digest("sha256", HEX))));
    }

    @Test
    void a_refusal_says_what_is_supported() {
        thenThrownBy(() -> ImageReference.parse("Redis:7"))
                .isInstanceOf(ImageException.class)
                .hasMessage("""
                        image 'Redis:7': 'Redis' can't be part of a repository's name: it must be in lower case. \
                        Supported are
                          NAME, NAME:TAG, NAME@sha256:HEX, HOST/NAME:TAG    (an image in a registry, as Docker names it)
                          oci:DIR, oci:DIR:TAG, oci:DIR@sha256:HEX    (an OCI image layout)
                          oci-archive:FILE, oci-archive:FILE:TAG, oci-archive:FILE@sha256:HEX    (the same in a tar archive)
                          docker-archive:FILE, docker-archive:FILE:NAME:TAG    (what 'docker save' wrote)""");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    ``                            | it is empty
                    ?                             | '?' can't be part of a repository's name: lower-case letters and digits
                    redis:                        | '' is not a tag
                    redis:-1                      | '-1' is not a tag
                    redis:a b                     | 'a b' is not a tag
                    redis:7:8                     | 'redis:7' can't be part of a repository's name
                    a//b                          | '' can't be part of a repository's name
                    /a                            | '' can't be part of a repository's name
                    a_/b                          | 'a_' can't be part of a repository's name
                    bitnami/Redis                 | 'Redis' can't be part of a repository's name: it must be in lower case
                    host:99999/a                  | 'host:99999' is not a registry's host name or address
                    -host.x/a                     | '-host.x' is not a registry's host name or address
                    redis@sha256:12               | 'sha256:12' is not a digest: sha256 takes 64
                    redis@md5:12                  | digest algorithm 'md5' is not supported; sha256 and sha512 are
                    oci-archive:                  | the path of a file is missing
                    https://ghcr.io/a             | leave out https://
                    docker-daemon:redis:7         | save it first, for example with 'docker save -o FILE NAME'
                    oci:                          | the path of a folder is missing
                    oci::tag                      | the path of a folder is missing
                    oci:/a:                       | '' is not a valid tag
                    oci:/a:b c                    | 'b c' is not a valid tag
                    oci:/a@sha256:123             | 'sha256:123' is not a digest: sha256 takes 64
                    oci:/a@md5:123                | digest algorithm 'md5' is not supported; sha256 and sha512 are
                    oci:/a:b@sha256:123           | it has both a tag and a digest; give one of them
                    docker-archive:               | the path of a file is missing
                    docker-archive:/a:?           | '?' is not a valid image name
                    docker://redis                | leave out docker://
                    """)
    void what_can_not_be_meant_is_refused_with_the_reason(String text, String reason) {
        thenThrownBy(() -> ImageReference.parse(text))
                .isInstanceOf(ImageException.class)
                .hasMessageStartingWith("image '" + text + "': ")
                .hasMessageContaining(reason)
                .hasMessageContaining("docker-archive:FILE:NAME:TAG");
    }

    @Test
    void what_looks_like_an_image_s_id_is_refused() {
        thenThrownBy(() -> ImageReference.parse(HEX))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("64 hexadecimal digits are an image's ID, which registries do not know");
        thenThrownBy(() -> ImageReference.parse("a".repeat(256)))
                .hasMessageContaining("the repository's name has 264 characters; at most 255 are possible");
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
