// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.StoreFixture.LAYER;
import static dev.thaw.image.testing.TestLayout.withPlatform;
import static org.assertj.core.api.BDDAssertions.then;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.RandomLayers;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TestLayout;
import dev.thaw.image.testing.Tools;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ImageStoreTest {

    @RegisterExtension
    private final StoreFixture fixture = new StoreFixture();

    @Test
    void a_configuration_is_read_whole() throws IOException {
        // GIVEN
        TestLayout layout = TestLayout.bent(
                fixture.folder(),
                c -> ((ObjectNode) c.get("config"))
                        .put("User", "redis:redis")
                        .put("WorkingDir", "/data")
                        .put("StopSignal", "SIGINT")
                        .putPOJO("Env", List.of("B=2", "A=1"))
                        .putPOJO("Entrypoint", List.of("run", "--now"))
                        .putPOJO("Cmd", List.of("server"))
                        .putPOJO("Shell", List.of("/bin/bash", "-c"))
                        .putPOJO("ExposedPorts", Map.of("6379/tcp", Map.of(), "53/udp", Map.of(), "80", Map.of()))
                        .putPOJO("Volumes", Map.of("/data", Map.of()))
                        .putPOJO("Labels", Map.of("l", "v"))
                        .putPOJO(
                                "Healthcheck",
                                Map.of("Test", List.of("CMD", "ping"), "Interval", 1_500_000_000L, "Retries", 7)),
                m -> {},
                LAYER);
        // WHEN
        Image image = fixture.resolve(layout);
        // THEN
        ImageConfig config = image.config();
        then(config.env()).containsExactly("B=2", "A=1");
        then(config.entrypoint()).containsExactly("run", "--now");
        then(config.cmd()).containsExactly("server");
        then(config.shell()).containsExactly("/bin/bash", "-c");
        then(config.user()).isEqualTo("redis:redis");
        then(config.workingDir()).isEqualTo("/data");
        then(config.exposedPorts()).map(ExposedPort::toString).containsExactly("53/udp", "80/tcp", "6379/tcp");
        then(config.volumes()).containsExactly("/data");
        then(config.labels()).containsExactly(Map.entry("l", "v"));
        then(config.stopSignal()).contains("SIGINT");
        then(config.healthcheck())
                .contains(new Healthcheck(
                        List.of("CMD", "ping"), Duration.ofMillis(1500), Duration.ofSeconds(30), Duration.ZERO, 7));
        then(config.platform()).hasToString("linux/amd64");
        then(image.diffIds()).containsExactly(Digest.sha256Of(LAYER));
    }

    @Test
    void what_a_configuration_does_not_say_has_defaults() throws IOException {
        TestLayout layout =
                TestLayout.bent(fixture.folder(), c -> c.putNull("config"), m -> m.remove("mediaType"), LAYER);
        ImageConfig config = fixture.resolve(layout).config();
        then(config.env()).isEmpty();
        then(config.user()).isEmpty();
        then(config.workingDir()).isEmpty();
        then(config.healthcheck()).isEmpty();
        then(config.stopSignal()).isEmpty();
        then(config.shell()).containsExactly("/bin/sh", "-c");
    }

    @Test
    void an_index_gives_the_platform_s_image_also_through_another_index() throws IOException {
        // GIVEN
        TestLayout layout = new TestLayout(fixture.folder());
        ObjectNode arm = layout.image(c -> c.put("architecture", "arm64"), m -> {}, List.of(Tar.of(Member.dir("a"))));
        ObjectNode amd = layout.image(c -> {}, m -> {}, List.of(LAYER));
        String armDigest = arm.get("digest").asText();
        ObjectNode inner =
                layout.index(List.of(withPlatform(arm, "linux", "arm64"), withPlatform(amd, "linux", "amd64")));
        ObjectNode outer = layout.index(List.of(inner));
        layout.add("multi", outer);
        // WHEN, THEN
        then(fixture.store()
                        .resolve(layout.reference(), new Platform("linux", "arm64"))
                        .digest())
                .hasToString(armDigest);
        then(fixture.resolve(fixture.reference() + ":multi").digest())
                .hasToString(amd.get("digest").asText());
        then(fixture.store()
                        .resolve(
                                ImageReference.parse(fixture.reference() + "@" + armDigest),
                                new Platform("linux", "arm64"))
                        .digest())
                .hasToString(armDigest);
    }

    @Test
    void docker_s_media_types_are_read() throws IOException {
        TestLayout layout = new TestLayout(fixture.folder());
        ObjectNode image = layout.image(
                c -> {},
                m -> {
                    m.put("mediaType", "application/vnd.docker.distribution.manifest.v2+json");
                    ((ObjectNode) m.get("config")).put("mediaType", "application/vnd.docker.container.image.v1+json");
                    ((ObjectNode) m.get("layers").get(0))
                            .put("mediaType", "application/vnd.docker.image.rootfs.diff.tar.gzip");
                },
                List.of(Tar.gzip(LAYER, 2)));
        layout.add(null, image.put("mediaType", "application/vnd.docker.distribution.manifest.v2+json"));
        then(fixture.disk(layout).file()).exists();
    }

    @Test
    void the_same_layers_give_the_same_bytes_whatever_their_compression_and_image() throws IOException {
        List<byte[]> plain = new ArrayList<>();
        List<byte[]> compressed = new ArrayList<>();
        for (List<Member> members : RandomLayers.generate(new Random(7))) {
            plain.add(Tar.of(members));
            compressed.add(Tar.gzip(Tar.of(members), 2));
        }
        TestLayout one = TestLayout.of(fixture.folder(), plain.toArray(byte[][]::new));
        TestLayout other = TestLayout.of(fixture.temp().resolve("other"), compressed.toArray(byte[][]::new));
        Disk first = fixture.disk(one);
        Disk second;
        try (ImageStore elsewhere = ImageStore.open(fixture.temp().resolve("elsewhere"))) {
            second = elsewhere.disk(elsewhere.resolve(other.reference(), StoreFixture.AMD64));
        }
        then(second.digest()).isEqualTo(first.digest());
        then(first.digest()).isEqualTo(Digest.sha256Of(Files.readAllBytes(first.file())));
        then(Files.mismatch(first.file(), second.file())).isEqualTo(-1);
        then(fixture.disk(other)).isEqualTo(first);
    }

    /** Fails when the bytes change: then the format number in DiskFormat must go up. */
    @Test
    void the_bytes_of_a_disk_do_not_change_from_version_to_version() throws IOException {
        Disk disk = fixture.disk(TestLayout.of(fixture.folder(), LAYER));
        then(disk.sizeBytes()).isEqualTo(8192);
        then(disk.digest()).hasToString("sha256:2f052cd4b23e1e097fc7bdc98eca65ce8414d647ce0b899cf46b1c219cd966a7");
    }

    @Test
    void a_cached_disk_that_is_damaged_is_built_again() throws IOException {
        TestLayout layout = TestLayout.of(fixture.folder(), LAYER);
        Image image = fixture.resolve(layout);
        Disk disk = fixture.store().disk(image);
        Path noted = Path.of(disk.file().toString().replace(".erofs", ".json"));
        List<Damage> damages = List.of(
                () -> Files.delete(disk.file()),
                () -> Files.write(disk.file(), new byte[100]),
                () -> Files.delete(noted),
                () -> Files.writeString(noted, "{"),
                () -> Files.write(noted, new byte[] {'"', (byte) 0xc3, (byte) 0x28, '"'}),
                () -> Files.write(noted, new byte[] {0, 0, 'x', 'x'}),
                () -> Files.writeString(noted, "{\"format\":1,\"digest\":\"x\",\"sizeBytes\":8192}"),
                () -> Files.writeString(noted, "{\"format\":2}"));
        for (Damage damage : damages) {
            damage.doIt();
            then(fixture.store().disk(image)).isEqualTo(disk);
            then(disk.digest()).isEqualTo(Digest.sha256Of(Files.readAllBytes(disk.file())));
        }
    }

    @Test
    void a_cached_disk_needs_its_image_no_more() throws IOException {
        TestLayout layout = TestLayout.of(fixture.folder(), LAYER);
        Image image = fixture.resolve(layout);
        Disk disk = fixture.store().disk(image);
        Tools.run("rm", "-r", fixture.folder().toString());
        then(fixture.store().disk(image)).isEqualTo(disk);
    }

    @Test
    void threads_and_stores_that_want_the_same_disk_all_get_it() throws Exception {
        TestLayout layout =
                TestLayout.of(fixture.folder(), Tar.gzip(Tar.of(Member.file("big", new byte[3_000_000])), 1));
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<Disk>> disks = new ArrayList<>();
            ImageStore second = ImageStore.open(fixture.cache());
            for (int i = 0; i < 8; i++) {
                ImageStore user = i % 2 == 0 ? fixture.store() : second;
                disks.add(threads.submit(() -> user.disk(user.resolve(layout.reference(), StoreFixture.AMD64))));
            }
            Set<Disk> all = new HashSet<>();
            for (Future<Disk> disk : disks) {
                all.add(disk.get(60, TimeUnit.SECONDS));
            }
            then(all).hasSize(1);
        } finally {
            threads.shutdownNow();
            then(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        }
        thenNoTemporaryFilesAreLeft();
    }

    @Test
    void two_jvms_at_once_and_one_that_was_killed_do_no_harm() throws Exception {
        // GIVEN what a killed JVM left
        TestLayout layout = TestLayout.of(fixture.folder(), LAYER);
        String key = fixture.disk(layout).file().getFileName().toString().replace(".erofs", "");
        Path disks = fixture.disks();
        Files.delete(disks.resolve(key + ".json"));
        Path leftover = Files.writeString(disks.resolve(key + ".1-1-x.tmp"), "half");
        Path layer = Files.writeString(disks.resolve(key + ".1-1-x-layer-1.tmp"), "half");
        // WHEN
        List<Process> jvms = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            jvms.add(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx64m",
                            "-cp",
                            System.getProperty("java.class.path"),
                            OtherJvm.class.getName(),
                            fixture.cache().toString(),
                            layout.reference().toString())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start());
        }
        // THEN
        Set<String> printed = new HashSet<>();
        for (Process jvm : jvms) {
            then(jvm.waitFor(60, TimeUnit.SECONDS)).isTrue();
            printed.add(new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip());
        }
        then(printed).containsExactly(fixture.disk(layout).toString());
        then(leftover).doesNotExist();
        then(layer).doesNotExist();
        thenNoTemporaryFilesAreLeft();
    }

    @Test
    void what_an_earlier_process_of_our_number_left_is_removed() throws IOException {
        // GIVEN a container that was killed, and this one, whose only JVM has the same number
        TestLayout layout = TestLayout.of(fixture.folder(), LAYER);
        Disk disk = fixture.disk(layout);
        Files.delete(disk.file());
        String key = disk.file().getFileName().toString().replace(".erofs", "");
        Path leftover = Files.writeString(
                fixture.disks().resolve(key + "." + ProcessHandle.current().pid() + "-1-x.tmp"), "half");
        // WHEN
        then(fixture.disk(layout)).isEqualTo(disk);
        // THEN
        then(leftover).doesNotExist();
    }

    @Test
    void what_a_living_process_is_writing_stays() throws IOException {
        // GIVEN
        TestLayout layout = TestLayout.of(fixture.folder(), LAYER);
        Disk disk = fixture.disk(layout);
        Files.delete(disk.file());
        String key = disk.file().getFileName().toString().replace(".erofs", "");
        Process other = new ProcessBuilder("sleep", "60").start();
        try {
            long start = other.info().startInstant().orElseThrow().toEpochMilli();
            Path theirs = Files.writeString(
                    fixture.disks().resolve(key + "." + other.pid() + "-" + start + "-x.tmp"), "half");
            Path theirNote = Files.writeString(
                    fixture.disks().resolve(key + ".json." + other.pid() + "-" + start + "-x.tmp"), "half");
            // WHEN
            then(fixture.disk(layout)).isEqualTo(disk);
            // THEN
            then(theirs).exists();
            then(theirNote).exists();
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void the_cache_is_for_its_owner_only() throws IOException {
        then(Files.getPosixFilePermissions(fixture.cache())).isEqualTo(PosixFilePermissions.fromString("rwx------"));
    }

    private interface Damage {
        void doIt() throws IOException;
    }

    private void thenNoTemporaryFilesAreLeft() throws IOException {
        try (Stream<Path> files = Files.list(fixture.disks())) {
            then(files).noneMatch(f -> f.toString().endsWith(".tmp"));
        }
    }

    /** Asks for a disk in a JVM of its own, and prints it. */
    static final class OtherJvm {
        private OtherJvm() {}

        public static void main(String[] args) {
            try (ImageStore store = ImageStore.open(Path.of(args[0]))) {
                System.out.println(store.disk(store.resolve(ImageReference.parse(args[1]), StoreFixture.AMD64)));
            }
        }
    }
}
