// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.image.testing.BigLayers;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.RandomLayers;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TestLayout;
import dev.thaw.image.testing.Tools;
import dev.thaw.image.testing.erofs.ErofsEntry;
import dev.thaw.image.testing.erofs.ErofsReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** From layers to a disk, with all its threads and in other JVMs. */
class ConversionTest {
    private static final int MIB = 1 << 20;

    @RegisterExtension
    private final StoreFixture fixture = new StoreFixture();

    @Test
    void the_same_file_in_two_layers_takes_its_space_once() throws Exception {
        // GIVEN
        byte[] content = random(3 * MIB + 5);
        TestLayout layout = TestLayout.of(
                fixture.folder(),
                Tar.of(Member.file("a/one", content)),
                Tar.gzip(Tar.of(Member.file("two", content)), 2));
        // WHEN
        Disk disk = fixture.disk(layout);
        // THEN
        then(disk.sizeBytes()).isBetween(3L * MIB, 3L * MIB + 16 * 1024);
        SortedMap<String, ErofsEntry> entries = ErofsReader.list(disk.file());
        then(entries.get("/two").content())
                .isEqualTo(entries.get("/a/one").content())
                .isEqualTo(Digest.sha256Of(content).hex());
        then(entries.get("/two").nid()).isNotEqualTo(entries.get("/a/one").nid());
    }

    @Test
    void many_layers_are_put_on_each_other_in_their_order() throws Exception {
        List<byte[]> layers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            byte[] tar = Tar.of(Member.file("last", "" + i), Member.file("of-" + i, random(i % 3 == 0 ? MIB : 10)));
            layers.add(i % 2 == 0 ? tar : Tar.gzip(tar, 1));
        }
        TestLayout layout = TestLayout.of(fixture.folder(), layers.toArray(byte[][]::new));
        SortedMap<String, ErofsEntry> entries =
                ErofsReader.list(fixture.disk(layout).file());
        then(entries).hasSize(42);
        then(entries.get("/last").content())
                .isEqualTo(Digest.sha256Of(new byte[] {'3', '9'}).hex());
    }

    @Test
    void the_order_of_members_does_not_matter_where_they_do_not_touch_each_other() throws Exception {
        // GIVEN
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            members.add(Member.file("f" + i, random(i * 97 % 9000)).mode(i).xattr("user.x", random(i % 5)));
        }
        Set<String> contents = new HashSet<>();
        for (int i = 0; i < 5; i++) {
            // WHEN
            TestLayout layout = TestLayout.of(fixture.temp().resolve("order-" + i), Tar.of(members));
            Disk disk = fixture.disk(layout);
            // THEN the disks differ in what names them, and in nothing else
            byte[] bytes = Files.readAllBytes(disk.file());
            contents.add(Digest.sha256Of(withoutName(bytes)).hex());
            Collections.shuffle(members, new Random(i));
        }
        then(contents).hasSize(1);
    }

    /** The superblock's checksum and UUID come from the layers' digests. */
    private static byte[] withoutName(byte[] disk) {
        Arrays.fill(disk, 1024 + 4, 1024 + 8, (byte) 0);
        Arrays.fill(disk, 1024 + 48, 1024 + 64, (byte) 0);
        return disk;
    }

    @Test
    void another_time_zone_language_or_encoding_changes_nothing() throws Exception {
        // GIVEN
        List<byte[]> layers = new ArrayList<>();
        for (List<Member> members : RandomLayers.generate(new Random(11))) {
            layers.add(Tar.gzip(Tar.of(members), 1));
        }
        layers.add(Tar.of(Member.file("I\u00e9\u0131", "name"), Member.file("\u00c3\u00a9", "utf-8")));
        TestLayout layout = TestLayout.of(fixture.folder(), layers.toArray(byte[][]::new));
        Disk disk = fixture.disk(layout);
        for (List<String> options : List.of(
                List.of("-Duser.timezone=Asia/Kathmandu", "-Duser.language=tr", "-Duser.country=TR"),
                List.of("-Duser.timezone=America/St_Johns", "-Dfile.encoding=UTF-16", "-Duser.language=ar"))) {
            // WHEN
            convert(layout, options);
            // THEN
            then(Files.mismatch(converted(), disk.file())).isEqualTo(-1);
        }
    }

    /** 4 GiB in four layers, two of them gzip; what each file has is checked. */
    @Tag("nightly")
    @Test
    void an_image_of_4_gib_is_converted_with_a_heap_of_256_mb() throws Exception {
        // GIVEN
        TestLayout layout = new TestLayout(fixture.folder());
        SortedMap<String, String> hashes = BigLayers.write(layout, 160, 128, 160, 66);
        // WHEN
        long start = System.nanoTime();
        String printed = convert(layout, List.of("-Xmx256m"));
        System.out.println(
                "4 GiB: " + Duration.ofNanos(System.nanoTime() - start).toMillis() + " ms, " + printed);
        // THEN
        Path disk = converted();
        Tools.fsck(disk);
        then(Files.size(disk)).isGreaterThan(4L << 30);
        SortedMap<String, ErofsEntry> entries = ErofsReader.list(disk);
        hashes.forEach((path, hash) -> then(entries.get(path).content()).isEqualTo(hash));
    }

    @Test
    void an_interrupt_ends_all_threads_and_leaves_nothing() throws Exception {
        // GIVEN
        TestLayout layout = TestLayout.of(
                fixture.folder(),
                Tar.gzip(Tar.of(Member.file("a", new byte[64 * MIB])), 1),
                Tar.gzip(Tar.of(Member.file("b", new byte[64 * MIB])), 1));
        Image image = fixture.resolve(layout);
        List<Throwable> thrown = Collections.synchronizedList(new ArrayList<>());
        Thread thread = new Thread(() -> {
            try {
                fixture.store().disk(image);
            } catch (ImageException e) {
                thrown.add(e);
                thrown.add(Thread.currentThread().isInterrupted() ? null : new AssertionError("flag is lost"));
            }
        });
        // WHEN
        thread.start();
        Awaitility.await("layers are unpacked")
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(1))
                .until(() -> !thread.isAlive() || !ourThreads().isEmpty());
        thread.interrupt();
        thread.join(20_000);
        // THEN
        then(thread.isAlive()).isFalse();
        then(thrown).hasSize(2);
        then(thrown.get(0)).hasMessageContaining("interrupted");
        then(thrown.get(1)).isNull();
        then(ourThreads()).isEmpty();
        thenOnlyLocksAreLeft();
    }

    @Test
    void what_is_wrong_with_one_layer_ends_the_others() throws Exception {
        // GIVEN
        byte[] large = Tar.gzip(Tar.of(Member.file("b", new byte[64 * MIB])), 1);
        byte[] small = Tar.gzip(StoreFixture.LAYER, 1);
        TestLayout layout = TestLayout.of(fixture.folder(), small, large);
        Image image = fixture.resolve(layout);
        Path blob = layout.blobPath(Digest.sha256Of(small).toString());
        Files.write(blob, new byte[small.length]);
        // WHEN, THEN
        thenThrownBy(() -> fixture.store().disk(image))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining(
                        "layer 1 of 2 (" + Digest.sha256Of(small) + "): " + blob + " has the wrong digest");
        then(ourThreads()).isEmpty();
        thenOnlyLocksAreLeft();
    }

    private static List<String> ourThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("thaw-image"))
                .toList();
    }

    private void thenOnlyLocksAreLeft() throws IOException {
        try (Stream<Path> files = Files.list(fixture.disks())) {
            then(files).allMatch(f -> f.toString().endsWith(".lock"));
        }
    }

    private String convert(TestLayout layout, List<String> options) throws Exception {
        Path cache = fixture.temp().resolve("elsewhere");
        Tools.run("rm", "-rf", cache.toString());
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                Converter.class.getName(),
                cache.toString(),
                layout.reference().toString()));
        return Tools.run(command.toArray(String[]::new));
    }

    /** The disk that it made. */
    private Path converted() throws IOException {
        try (Stream<Path> files = Files.list(fixture.temp().resolve("elsewhere/disks"))) {
            return files.filter(f -> f.toString().endsWith(".erofs")).findAny().orElseThrow();
        }
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    /** Makes a disk in a JVM of its own, and prints it and the most heap that was used. */
    static final class Converter {
        private Converter() {}

        public static void main(String[] args) {
            try (ImageStore store = ImageStore.open(Path.of(args[0]))) {
                Disk disk = store.disk(store.resolve(ImageReference.parse(args[1]), StoreFixture.AMD64));
                long peak = ManagementFactory.getMemoryPoolMXBeans().stream()
                        .filter(pool -> pool.getType() == MemoryType.HEAP)
                        .mapToLong(pool -> pool.getPeakUsage().getUsed())
                        .sum();
                System.out.println(disk.digest() + ", peak heap " + peak / 1_000_000 + " MB");
            }
        }
    }
}
