// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.StoreFixture.LAYER;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TestLayout;
import dev.thaw.image.testing.Tools;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Images in tar archives: what docker save writes, and OCI layouts. */
class ArchivesTest {

    @RegisterExtension
    private final StoreFixture fixture = new StoreFixture();

    @Test
    void a_docker_archive_has_the_disk_of_the_layout_that_it_came_from() throws IOException {
        // GIVEN what skopeo makes of a layout
        TestLayout layout = TestLayout.of(fixture.folder(), Tar.gzip(LAYER, 1), Tar.of(Member.file("etc/more", "x")));
        Path archive = fixture.temp().resolve("image.tar");
        Tools.run(
                "skopeo",
                "--insecure-policy",
                "copy",
                fixture.reference() + ":latest",
                "docker-archive:" + archive + ":app:7");
        // WHEN
        Image byName = fixture.resolve("docker-archive:" + archive + ":docker.io/library/app:7");
        Image only = fixture.resolve("docker-archive:" + archive);
        // THEN
        then(byName.digest()).isEqualTo(only.digest());
        Image original = fixture.resolve(layout);
        then(only.diffIds()).isEqualTo(original.diffIds());
        then(ImageStore.open(fixture.temp().resolve("other")).disk(only).digest())
                .isEqualTo(fixture.store().disk(original).digest());
        thenThrownBy(() -> fixture.resolve("docker-archive:" + archive + ":app:8"))
                .isInstanceOf(ImageException.class)
                .hasMessageMatching("image .*: the archive .* has no image named 'app:8'; it has '.*app:7'");
    }

    @Test
    void an_old_docker_archive_may_link_and_compress_its_layers() throws IOException {
        // GIVEN
        byte[] config = ("{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"diff_ids\":[\""
                        + Digest.sha256Of(LAYER) + "\",\"" + Digest.sha256Of(LAYER) + "\"]}}")
                .getBytes(StandardCharsets.UTF_8);
        String configName = Digest.sha256Of(config).hex() + ".json";
        String manifest = "[{\"Config\":\"" + configName + "\",\"RepoTags\":null,"
                + "\"Layers\":[\"a/layer.tar\",\"b/layer.tar\"]}]";
        Path archive = Files.write(
                fixture.temp().resolve("old.tar"),
                Tar.of(
                        Member.file("a/layer.tar", Tar.gzip(LAYER, 1)),
                        Member.symlink("b/layer.tar", "../a/layer.tar"),
                        Member.file("./" + configName, config),
                        Member.file("manifest.json", manifest)));
        // WHEN
        Image image = fixture.resolve("docker-archive:" + archive);
        // THEN
        then(image.digest()).isEqualTo(Digest.sha256Of(config));
        then(fixture.store().disk(image).file()).exists();
    }

    @Test
    void a_docker_archive_that_is_none_says_why() throws IOException {
        Path missing = fixture.temp().resolve("missing.tar");
        thenArchiveSays(
                missing,
                "the archive " + missing
                        + " does not exist. Check the path; a relative one starts at the working folder");
        Path layout = Files.write(fixture.temp().resolve("layout.tar"), Tar.of(Member.file("oci-layout", "{}")));
        thenArchiveSays(
                layout,
                "the archive " + layout + " was not written by 'docker save': it has no manifest.json;"
                        + " it is an OCI image layout: use oci-archive:" + layout);
        Path compressed = Files.write(fixture.temp().resolve("c.tar.gz"), Tar.gzip(LAYER, 1));
        thenArchiveSays(
                compressed,
                "the archive " + compressed + " is compressed with gzip. Unpack it first, for example with 'gzip -d'");
        String wrong = "0".repeat(64) + ".json";
        Path changed = Files.write(
                fixture.temp().resolve("changed.tar"),
                Tar.of(
                        Member.file("manifest.json", "[{\"Config\":\"" + wrong + "\",\"Layers\":[]}]"),
                        Member.file(wrong, "{}")));
        thenArchiveSays(
                changed,
                "the configuration " + wrong + " in " + changed
                        + " has the wrong digest: expected sha256:" + "0".repeat(64) + ", got "
                        + Digest.sha256Of("{}".getBytes(StandardCharsets.UTF_8)) + ". Save the image again");
    }

    @Test
    void a_docker_archive_whose_members_would_fill_the_memory_is_refused() throws IOException {
        Member heavy = Member.file("heavy", "");
        IntStream.range(0, 30_000).forEach(i -> heavy.xattr("user." + i, new byte[] {1}));
        Path archive = Files.write(fixture.temp().resolve("bomb.tar"), Tar.of(Collections.nCopies(12, heavy)));
        thenArchiveSays(
                archive,
                "members of the archive " + archive
                        + " take more than 67108864 bytes of memory. Is it an archive bomb?");
    }

    @Test
    void an_archive_of_a_layout_has_the_disk_of_the_layout() throws IOException {
        // GIVEN what skopeo makes of a layout
        TestLayout layout = TestLayout.of(fixture.folder(), Tar.gzip(LAYER, 2), Tar.of(Member.file("etc/b", "b")));
        Path archive = fixture.temp().resolve("image.tar");
        Tools.run("skopeo", "copy", "oci:" + layout.folder() + ":latest", "oci-archive:" + archive + ":v1");
        Disk expected = fixture.disk(layout);
        // WHEN
        Image only = fixture.resolve("oci-archive:" + archive);
        Image named = fixture.resolve("oci-archive:" + archive + ":v1");
        Image byDigest = fixture.resolve("oci-archive:" + archive + "@" + only.digest());
        // THEN
        then(only.digest()).isEqualTo(named.digest()).isEqualTo(byDigest.digest());
        then(fixture.store().disk(named)).isEqualTo(expected);
        Files.delete(expected.file());
        then(fixture.store().disk(byDigest)).isEqualTo(expected);
    }

    @Test
    void an_archive_of_a_layout_that_is_none_says_why() throws IOException {
        Path docker = Files.write(fixture.temp().resolve("docker.tar"), Tar.of(Member.file("manifest.json", "[]")));
        thenSays(
                "oci-archive:" + docker,
                "the archive " + docker + " is not an OCI image layout: it has no oci-layout; use docker-archive:"
                        + docker);
        Path cut = Files.write(
                fixture.temp().resolve("cut.tar"),
                Tar.of(
                        Member.file("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}"),
                        Member.file(
                                "index.json",
                                "{\"manifests\":[{\"mediaType\":\"" + TestLayout.MANIFEST + "\",\"digest\":\""
                                        + Digest.sha256Of(new byte[0]) + "\",\"size\":0}]}")));
        thenSays(
                "oci-archive:" + cut,
                "manifest " + Digest.sha256Of(new byte[0]) + " in " + cut
                        + " is missing. Fetch or build the image again");
        thenSays(
                "oci-archive:" + cut + ":v1",
                "the archive " + cut + " has no image named 'v1'; it has an unnamed one ("
                        + Digest.sha256Of(new byte[0]) + ")");
    }

    private void thenSays(String reference, String message) {
        thenThrownBy(() -> fixture.resolve(reference))
                .isInstanceOf(ImageException.class)
                .hasMessage("image " + reference + ": " + message);
    }

    private void thenArchiveSays(Path archive, String message) {
        thenThrownBy(() -> fixture.resolve("docker-archive:" + archive))
                .isInstanceOf(ImageException.class)
                .hasMessage("image docker-archive:" + archive + ": " + message);
    }
}
