// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.StoreFixture.AMD64;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.image.layer.Limits;
import dev.thaw.image.testing.FaultyRegistry;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.RandomLayers;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TestLayout;
import dev.thaw.image.testing.TestRegistry;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Layers that a disk in the cache was made of are read from there, and everything goes on if they can't be. */
class ReusedLayersTest {
    private static final long SEED = Long.getLong("thaw.test.seed", System.nanoTime());

    private static final byte[] BASE = Tar.of(
            Member.dir("etc"),
            Member.file("etc/release", "base"),
            Member.file("blob", random(300_000)),
            Member.file("copy", random(300_000)),
            Member.hardLink("link", "blob"),
            Member.symlink("symlink", "blob"));
    private static final byte[] TOP = Tar.of(Member.file("top", random(100_000)), Member.file("etc/.wh.release", ""));
    private static final byte[] OTHER_TOP = Tar.of(Member.file("other", random(300_000)));

    @RegisterExtension
    private final StoreFixture fixture = new StoreFixture();

    private int layouts;

    @Test
    void a_second_image_does_not_open_the_layers_that_it_shares() throws IOException {
        for (byte[] base : List.of(BASE, Tar.gzip(BASE, 2))) {
            // GIVEN
            fixture.disk(layout(base));
            TestLayout second = layout(base, TOP);
            Digest expected = digestElsewhere(second);
            // WHEN
            Files.delete(second.blobPath(Digest.sha256Of(base).toString()));
            Disk disk = fixture.disk(second);
            // THEN
            then(disk.digest()).isEqualTo(expected).isEqualTo(Digest.sha256Of(Files.readAllBytes(disk.file())));
            Files.delete(disk.file());
        }
    }

    @Test
    void an_image_of_lower_layers_only_is_read_from_the_larger_one_s_disk() throws IOException {
        fixture.disk(layout(BASE, OTHER_TOP));
        TestLayout lower = layout(BASE);
        Digest expected = digestElsewhere(lower);
        Files.delete(lower.blobPath(Digest.sha256Of(BASE).toString()));
        then(fixture.disk(lower).digest()).isEqualTo(expected);
    }

    @Test
    void a_layer_is_opened_if_a_file_is_needed_that_the_disk_does_not_have() throws IOException {
        // GIVEN a disk on which a file of the lower layer is hidden
        fixture.disk(layout(BASE, TOP));
        TestLayout second = layout(BASE, OTHER_TOP);
        Path blob = second.blobPath(Digest.sha256Of(BASE).toString());
        byte[] bytes = Files.readAllBytes(blob);
        Digest expected = digestElsewhere(second);
        // WHEN, THEN
        Files.delete(blob);
        thenThrownBy(() -> fixture.disk(second))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("layer 1 of 2 (" + Digest.sha256Of(BASE) + "): its file " + blob + " is missing");
        Files.write(blob, bytes);
        then(fixture.disk(second).digest()).isEqualTo(expected);
        // and from there on it is known where that file is
        TestLayout third = layout(BASE);
        Files.delete(third.blobPath(Digest.sha256Of(BASE).toString()));
        then(fixture.disk(third).digest()).isEqualTo(digestElsewhere(layout(BASE)));
    }

    @Test
    void an_index_that_knows_all_files_is_not_replaced_by_one_that_does_not() throws IOException {
        fixture.disk(layout(BASE));
        fixture.disk(layout(BASE, TOP)); // hides a file of the base
        TestLayout third = layout(BASE, OTHER_TOP);
        Digest expected = digestElsewhere(third);
        Files.delete(third.blobPath(Digest.sha256Of(BASE).toString()));
        then(fixture.disk(third).digest()).isEqualTo(expected);
    }

    @Test
    void random_stacks_that_share_layers_have_the_disks_that_each_has_alone() throws Exception {
        for (int i = 0; i < 25; i++) {
            long seed = SEED + i;
            Random random = new Random(seed);
            List<byte[]> layers = new ArrayList<>();
            RandomLayers.generate(random).forEach(members -> layers.add(Tar.of(members)));
            RandomLayers.generate(random).forEach(members -> layers.add(Tar.of(members)));
            try {
                for (int shared = layers.size(); shared > 0; shared--) {
                    List<byte[]> stack = new ArrayList<>(layers.subList(0, 1 + random.nextInt(layers.size())));
                    if (random.nextBoolean()) {
                        stack.add(layers.get(random.nextInt(layers.size())));
                    }
                    TestLayout layout = layout(stack.toArray(byte[][]::new));
                    then(outcome(fixture.store(), layout)).isEqualTo(outcomeElsewhere(layout));
                }
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("replay with -Dthaw.test.seed=" + seed, e);
            }
        }
    }

    /** The disk's digest, or why there is none: the layers were not all made for each other. */
    private static String outcome(ImageStore store, TestLayout layout) {
        try {
            return store.disk(store.resolve(layout.reference(), AMD64)).digest().toString();
        } catch (ImageException e) {
            return e.getMessage();
        }
    }

    private String outcomeElsewhere(TestLayout layout) {
        try (ImageStore store = ImageStore.open(fixture.temp().resolve("elsewhere-" + layouts))) {
            return outcome(store, layout);
        }
    }

    @Test
    void a_damaged_disk_is_found_and_the_layers_are_unpacked() throws IOException {
        // GIVEN
        TestLayout first = layout(BASE);
        Disk damaged = fixture.disk(first);
        try (RandomAccessFile file = new RandomAccessFile(damaged.file().toFile(), "rw")) {
            file.seek(5000);
            int was = file.read();
            file.seek(5000);
            file.write(was ^ 1);
        }
        // WHEN
        TestLayout second = layout(BASE, TOP);
        Disk disk = fixture.disk(second);
        // THEN
        then(disk.digest()).isEqualTo(digestElsewhere(second));
        then(damaged.file()).doesNotExist();
        then(Path.of(damaged.file().toString().replace(".erofs", ".json"))).doesNotExist();
        then(fixture.disk(first).digest()).isEqualTo(damaged.digest());
        then(Digest.sha256Of(Files.readAllBytes(damaged.file()))).isEqualTo(damaged.digest());
    }

    @Test
    void a_disk_that_is_gone_or_cut_off_or_noted_otherwise_is_not_used() throws IOException {
        TestLayout first = layout(BASE);
        Disk disk = fixture.disk(first);
        Path note = Path.of(disk.file().toString().replace(".erofs", ".json"));
        List<Damage> damages = List.of(
                () -> Files.delete(disk.file()),
                () -> Files.write(disk.file(), new byte[4096]),
                () -> Files.delete(note),
                () -> Files.writeString(
                        note, Files.readString(note).replace(disk.digest().hex(), "0".repeat(64))));
        for (Damage damage : damages) {
            fixture.disk(first);
            damage.doIt();
            TestLayout second = layout(BASE, Tar.of(Member.file("n" + layouts, "")));
            then(fixture.disk(second).digest()).isEqualTo(digestElsewhere(second));
            Files.deleteIfExists(disk.file());
        }
    }

    @Test
    void an_index_that_is_damaged_foreign_or_no_file_is_not_there() throws IOException {
        Path index =
                fixture.cache().resolve("layers/sha256-" + Digest.sha256Of(BASE).hex() + ".index");
        List<Damage> damages = List.of(
                () -> Files.delete(index),
                () -> Files.write(index, new byte[0]),
                () -> Files.write(index, Arrays.copyOf(Files.readAllBytes(index), 1000)),
                () -> Files.write(index, "{}".getBytes(StandardCharsets.UTF_8)),
                () -> {
                    Files.delete(index);
                    Files.createDirectory(index);
                });
        for (Damage damage : damages) {
            fixture.disk(layout(BASE));
            damage.doIt();
            TestLayout second = layout(BASE, Tar.of(Member.file("n" + layouts, "")));
            then(fixture.disk(second).digest()).isEqualTo(digestElsewhere(second));
        }
    }

    /** Its checksum is right, so this is found only when the entry is read. */
    @Test
    void an_index_that_makes_no_sense_is_given_up_on_the_way() throws IOException {
        // GIVEN
        fixture.disk(layout(BASE));
        Path index =
                fixture.cache().resolve("layers/sha256-" + Digest.sha256Of(BASE).hex() + ".index");
        byte[] file = Files.readAllBytes(index);
        int firstEntry = 52 + 3 * (4 + 71) + 8 + 4 + 4 + 4;
        then(file[firstEntry]).isEqualTo((byte) '5');
        file[firstEntry] = 'Z';
        byte[] hash = Digest.newSha256().digest(Arrays.copyOfRange(file, 52, file.length));
        System.arraycopy(hash, 0, file, 20, hash.length);
        Files.write(index, file);
        // WHEN, with other layers that are being opened by then
        TestLayout second = layout(OTHER_TOP, BASE, Tar.gzip(TOP, 1));
        // THEN
        then(fixture.disk(second).digest()).isEqualTo(digestElsewhere(second));
    }

    @Test
    void an_index_that_can_not_be_written_is_done_without() throws IOException {
        Files.writeString(fixture.cache().resolve("layers"), "a file");
        TestLayout layout = layout(BASE);
        then(fixture.disk(layout).digest()).isEqualTo(digestElsewhere(layout));
        TestLayout second = layout(BASE, TOP);
        then(fixture.disk(second).digest()).isEqualTo(digestElsewhere(second));
    }

    @Test
    void limits_hold_for_layers_that_are_not_opened() throws IOException {
        fixture.disk(layout(BASE));
        TestLayout second = layout(BASE, TOP);
        List<Limits> limits = List.of(
                new Limits(7, 1 << 20, 1 << 20, 1 << 20),
                new Limits(100, 4000, 1 << 20, 1 << 20),
                new Limits(100, 1 << 20, 1 << 20, 650_000));
        for (Limits limit : limits) {
            fixture.limit(limit);
            thenThrownBy(() -> fixture.disk(second))
                    .isInstanceOf(ImageException.class)
                    .hasMessageContaining("layer 2 of 2")
                    .hasMessageContaining("Is it an archive bomb?");
        }
    }

    @Test
    void threads_and_stores_that_share_layers_all_get_their_disks() throws Exception {
        // GIVEN
        List<TestLayout> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            all.add(layout(BASE, Tar.gzip(OTHER_TOP, 1), Tar.of(Member.file("mine", random(50_000 + i)))));
        }
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (ImageStore other = ImageStore.open(fixture.cache())) {
            // WHEN
            List<Future<Disk>> disks = new ArrayList<>();
            for (TestLayout layout : all) {
                ImageStore store = disks.size() % 2 == 0 ? fixture.store() : other;
                disks.add(threads.submit(() -> store.disk(store.resolve(layout.reference(), AMD64))));
            }
            // THEN
            for (int i = 0; i < all.size(); i++) {
                then(disks.get(i).get(60, TimeUnit.SECONDS).digest()).isEqualTo(digestElsewhere(all.get(i)));
            }
        } finally {
            threads.shutdownNow();
            then(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        }
        thenNoTemporaryFilesAreLeft();
    }

    @Test
    void jvms_that_share_layers_all_get_their_disks() throws Exception {
        // GIVEN what a killed JVM left
        fixture.disk(layout(BASE));
        String name = "sha256-" + Digest.sha256Of(BASE).hex() + ".index";
        Path leftover = Files.writeString(fixture.cache().resolve("layers/" + name + ".1-1-x.tmp"), "half");
        List<TestLayout> layouts = List.of(layout(BASE, TOP), layout(BASE, OTHER_TOP));
        // WHEN
        List<Process> jvms = new ArrayList<>();
        for (TestLayout layout : layouts) {
            jvms.add(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx64m",
                            "-cp",
                            System.getProperty("java.class.path"),
                            ImageStoreTest.OtherJvm.class.getName(),
                            fixture.cache().toString(),
                            layout.reference().toString())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start());
        }
        // THEN
        for (int i = 0; i < jvms.size(); i++) {
            then(jvms.get(i).waitFor(60, TimeUnit.SECONDS)).isTrue();
            then(new String(jvms.get(i).getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains(digestElsewhere(layouts.get(i)).toString());
        }
        then(leftover).doesNotExist();
        thenNoTemporaryFilesAreLeft();
    }

    @Test
    void shared_layers_are_not_pulled_again_although_their_blobs_are_gone() throws IOException {
        // GIVEN
        TestLayout first = layout(Tar.gzip(BASE, 1));
        TestLayout second = layout(Tar.gzip(BASE, 1), Tar.gzip(TOP, 1));
        String shared = Digest.sha256Of(Tar.gzip(BASE, 1)).toString();
        try (TestRegistry registry = TestRegistry.open(fixture.temp().resolve("registry"))) {
            registry.push(first, "first:v1");
            registry.push(second, "second:v1");
            try (FaultyRegistry front = new FaultyRegistry(registry.host())) {
                fixture.pullWith();
                fixture.store().disk(fixture.resolve(front.host() + "/first:v1"));
                then(asked(front, shared)).isEqualTo(1);
                Files.delete(fixture.cache().resolve("blobs/sha256/" + shared.substring("sha256:".length())));
                // WHEN
                Disk disk = fixture.store().disk(fixture.resolve(front.host() + "/second:v1"));
                // THEN
                then(disk.digest()).isEqualTo(digestElsewhere(second));
                then(asked(front, shared)).isEqualTo(1);
            }
        }
    }

    private static long asked(FaultyRegistry registry, String digest) {
        return registry.requests().stream()
                .filter(request -> request.path().endsWith("/blobs/" + digest))
                .count();
    }

    private interface Damage {
        void doIt() throws IOException;
    }

    /** Another layout with one image. */
    private TestLayout layout(byte[]... layers) throws IOException {
        layouts++;
        return TestLayout.of(fixture.temp().resolve("image-" + layouts), layers);
    }

    /** What the image becomes in a cache where nothing else is. */
    private Digest digestElsewhere(TestLayout layout) throws IOException {
        Path cache = Files.createTempDirectory(fixture.temp(), "elsewhere");
        try (ImageStore store = ImageStore.open(cache)) {
            return store.disk(store.resolve(layout.reference(), AMD64)).digest();
        }
    }

    private void thenNoTemporaryFilesAreLeft() throws IOException {
        for (String folder : List.of("disks", "layers")) {
            try (Stream<Path> files = Files.list(fixture.cache().resolve(folder))) {
                then(files).noneMatch(f -> f.toString().endsWith(".tmp"));
            }
        }
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }
}
