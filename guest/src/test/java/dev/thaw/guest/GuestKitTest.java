// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest;

import static dev.thaw.guest.Architecture.X86_64;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestKitTest {
    @TempDir
    Path folder;

    private Boot prepare(Path kernel) {
        return GuestKit.prepare(folder.resolve("cache"), Optional.of(kernel), X86_64);
    }

    private Path deb(byte[] content) throws IOException {
        return PackageFiles.write(folder.resolve("kernel.deb"), content);
    }

    @Test
    void debians_kernel_is_downloaded_once_and_complete() throws Exception {
        // GIVEN the real thing, from the machine's own apt
        Path cache = folder.resolve("cache");
        // WHEN
        Boot boot = GuestKit.prepare(cache, Optional.empty(), X86_64);
        // THEN
        then(boot.kernelVersion()).matches("[0-9]+\\.[0-9]+\\..*-cloud-amd64");
        then(boot.kernel()).isRegularFile();
        then(Files.readString(boot.initramfs(), StandardCharsets.ISO_8859_1))
                .startsWith("070701")
                .contains("virtio_mmio.ko\n", "virtio_blk.ko\n", "virtio_console.ko\n", "erofs.ko\n", "overlay.ko\n");
        // AND the second time nothing is written
        List<Path> before = files(cache);
        then(GuestKit.prepare(cache, Optional.empty(), X86_64)).isEqualTo(boot);
        then(files(cache)).isEqualTo(before);
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.sorted().toList();
        }
    }

    @Test
    void a_package_is_unpacked_to_what_a_guest_needs_in_loading_order() throws Exception {
        // WHEN
        Boot boot = prepare(deb(PackageFiles.deb(PackageFiles.kernel())));
        // THEN
        then(boot.kernelVersion()).isEqualTo(PackageFiles.VERSION);
        then(Files.readString(boot.initramfs(), StandardCharsets.ISO_8859_1))
                .contains("libbase.ko\nvirtio_mmio.ko\nvirtio_blk.ko\nvirtio_console.ko\nerofs.ko\noverlay.ko\n")
                .doesNotContain("unneeded");
        then(files(folder.resolve("cache")))
                .noneMatch(file -> file.getFileName().toString().contains("tmp"))
                .noneMatch(file -> file.getFileName().toString().contains("unneeded"));
    }

    @Test
    void the_same_content_gives_the_same_bytes_in_whatever_order_it_was_packed() throws Exception {
        // GIVEN
        Map<String, byte[]> files = PackageFiles.kernel();
        Boot first = prepare(deb(PackageFiles.deb(files)));
        Map<String, byte[]> shuffled = new TreeMap<>(Comparator.reverseOrder());
        shuffled.putAll(files);
        // WHEN
        Boot second = prepare(deb(PackageFiles.deb(shuffled)));
        // THEN
        then(second.initramfs()).isEqualTo(first.initramfs());
        then(second.kernelSha256()).isEqualTo(first.kernelSha256());
    }

    @Test
    void an_image_with_its_modules_beside_it_will_do() throws Exception {
        for (String place : List.of(
                "boot/modules", "boot/lib/modules/" + PackageFiles.VERSION, "lib/modules/" + PackageFiles.VERSION)) {
            Path home = Files.createTempDirectory(folder, "kernel");
            Path image = PackageFiles.write(home.resolve("boot/vmlinuz"), PackageFiles.image(PackageFiles.VERSION));
            for (String module : List.of("virtio_mmio", "virtio_blk", "virtio-console", "erofs", "overlay")) {
                PackageFiles.write(home.resolve(place).resolve("kernel/" + module + ".ko"), PackageFiles.module());
            }
            Boot boot = prepare(image);
            then(boot.kernel()).isEqualTo(image.toRealPath());
            then(Files.readString(boot.initramfs(), StandardCharsets.ISO_8859_1))
                    .contains("virtio_console.ko\n");
        }
    }

    @Test
    void many_threads_prepare_once() throws Exception {
        Path deb = deb(PackageFiles.deb(PackageFiles.kernel()));
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Boot>> work = IntStream.range(0, 8)
                    .<Callable<Boot>>mapToObj(i -> () -> prepare(deb))
                    .toList();
            // WHEN they come when there is nothing yet
            Set<Boot> boots = new HashSet<>();
            for (Future<Boot> boot : threads.invokeAll(work)) {
                boots.add(boot.get());
            }
            // THEN
            then(boots).containsExactly(prepare(deb));
        } finally {
            threads.shutdownNow();
            then(threads.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
        }
    }

    @Test
    void a_kernel_that_was_changed_has_another_digest() throws Exception {
        // GIVEN
        Path deb = deb(PackageFiles.deb(PackageFiles.kernel()));
        Boot before = prepare(deb);
        byte[] image = Files.readAllBytes(before.kernel());
        // WHEN a byte is another one, and what was noted of old
        image[image.length - 1] ^= 1;
        Files.write(before.kernel(), image);
        Files.setLastModifiedTime(before.kernel(), FileTime.fromMillis(1));
        Boot after = prepare(deb);
        // THEN
        then(after.kernelSha256()).isEqualTo(sha256(image)).isNotEqualTo(before.kernelSha256());
        // AND what was noted is believed from then on
        Path note = Path.of(before.kernel() + ".sha256");
        String noted = Files.readString(note);
        then(noted).startsWith(after.kernelSha256() + " ");
        Files.writeString(note, noted.replace(after.kernelSha256(), before.kernelSha256()));
        then(prepare(deb).kernelSha256()).isEqualTo(before.kernelSha256());
        // AND a note of a kind that we don't know is not
        Files.writeString(note, "0".repeat(64));
        then(prepare(deb)).isEqualTo(after);
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    @Test
    void an_initramfs_of_the_right_length_and_the_wrong_content_is_replaced() throws Exception {
        // GIVEN
        Path deb = deb(PackageFiles.deb(PackageFiles.kernel()));
        Boot boot = prepare(deb);
        byte[] right = Files.readAllBytes(boot.initramfs());
        byte[] wrong = right.clone();
        wrong[wrong.length / 2] ^= 1;
        Files.write(boot.initramfs(), wrong);
        // WHEN
        then(prepare(deb)).isEqualTo(boot);
        // THEN
        then(boot.initramfs()).hasBinaryContent(right);
        then(sha256(right)).isEqualTo(boot.initramfsSha256());
    }

    @Test
    void odd_lines_in_the_list_of_built_in_modules_are_no_modules() throws Exception {
        Map<String, byte[]> files = PackageFiles.kernel();
        files.put(
                "./lib/modules/" + PackageFiles.VERSION + "/modules.builtin",
                "\n/\nkernel/\n..\na\0b/c\0.ko\nkernel/built-in.ko\n".getBytes(StandardCharsets.UTF_8));
        files.put(PackageFiles.modulePath("erofs"), PackageFiles.module("built_in"));
        then(prepare(deb(PackageFiles.deb(files))).kernelVersion()).isEqualTo(PackageFiles.VERSION);
    }

    @Test
    void what_a_killed_process_left_is_removed() throws Exception {
        Path left = PackageFiles.write(folder.resolve("cache/kernels/deb-1.tmp77/content/modules/a.ko"), new byte[9]);
        prepare(deb(PackageFiles.deb(PackageFiles.kernel())));
        then(left.getParent().getParent().getParent()).doesNotExist();
    }

    @Test
    void a_kernel_that_is_not_there_is_said_with_what_to_set() {
        thenThrownBy(() -> prepare(folder.resolve("nothing")))
                .isInstanceOf(GuestKernelException.class)
                .hasMessageContaining("nothing does not exist")
                .hasMessageContaining("thaw.kernel")
                .hasMessageContaining("THAW_KERNEL");
    }

    @Test
    void an_image_without_modules_names_the_places_that_were_looked_at() throws Exception {
        Path image = PackageFiles.write(folder.resolve("vmlinuz"), PackageFiles.image(PackageFiles.VERSION));
        thenThrownBy(() -> prepare(image))
                .isInstanceOf(GuestKernelException.class)
                .hasMessageContaining("has no modules beside it")
                .hasMessageContaining("lib/modules/" + PackageFiles.VERSION);
    }

    @Test
    void a_file_that_is_no_kernel_is_refused() throws Exception {
        Path image = PackageFiles.write(folder.resolve("vmlinuz"), new byte[5000]);
        thenThrownBy(() -> prepare(image))
                .isInstanceOf(GuestKernelException.class)
                .hasMessageContaining("not an x86 kernel image");
    }

    @Test
    void a_kernel_that_lacks_a_module_is_refused_with_its_name() throws Exception {
        Map<String, byte[]> files = PackageFiles.kernel();
        files.remove(PackageFiles.modulePath("libbase"));
        thenThrownBy(() -> prepare(deb(PackageFiles.deb(files))))
                .isInstanceOf(GuestKernelException.class)
                .hasMessageContaining("lack libbase, which virtio_mmio depends on");
        then(files(folder.resolve("cache/kernels")))
                .noneMatch(file -> file.getFileName().toString().contains(".tmp"));
    }

    @Test
    void hostile_packages_are_refused_and_leave_nothing() throws Exception {
        byte[] whole = PackageFiles.deb(PackageFiles.kernel());
        Map<String, byte[]> twice = PackageFiles.kernel();
        twice.put("./lib/modules/other/kernel/erofs.ko", PackageFiles.module());
        Map<String, byte[]> circle = PackageFiles.kernel();
        circle.put(PackageFiles.modulePath("libbase"), PackageFiles.module("erofs"));
        Map<String, byte[]> noElf = PackageFiles.kernel();
        noElf.put(PackageFiles.modulePath("erofs"), new byte[100]);
        Map<String, byte[]> zstd = PackageFiles.kernel();
        zstd.remove(PackageFiles.modulePath("erofs"));
        zstd.put(PackageFiles.modulePath("erofs") + ".zst", new byte[10]);
        Map<String, byte[]> metaPackage = Map.of("./usr/share/doc/readme", new byte[10]);
        then(refusal(Arrays.copyOf(whole, whole.length / 2))).contains("can't be used");
        then(refusal(Arrays.copyOf(whole, 4))).contains("can't be used");
        then(refusal(new byte[0])).contains("can't be used");
        then(refusal(PackageFiles.deb("data.tar.zst", new byte[10]))).contains("data.tar.zst", "dpkg-deb -x");
        then(refusal(PackageFiles.deb("other", new byte[10]))).contains("no member data.tar");
        then(refusal(PackageFiles.deb(twice))).contains("two files for erofs.ko");
        then(refusal(PackageFiles.deb(circle))).contains("in a circle");
        then(refusal(PackageFiles.deb(noElf))).contains("erofs", "not a 64-bit little-endian ELF file");
        then(refusal(PackageFiles.deb(zstd))).contains("compressed as .zst");
        then(refusal(PackageFiles.deb(metaPackage))).contains("no boot/vmlinuz-VERSION");
        then(files(folder.resolve("cache/kernels")))
                .noneMatch(file -> file.getFileName().toString().contains(".tmp"));
    }

    private String refusal(byte[] deb) throws IOException {
        Path file = deb(deb);
        try {
            prepare(file);
        } catch (GuestKernelException e) {
            then(e.getMessage()).endsWith(e.remedy());
            return e.getMessage();
        }
        throw new AssertionError("was accepted");
    }

    @Test
    void paths_that_lead_out_of_the_package_are_left_alone() throws Exception {
        // GIVEN
        Map<String, byte[]> files = PackageFiles.kernel();
        files.put("../../escaped.ko", PackageFiles.module());
        files.put("./lib/modules/x/../../../../escaped.ko", PackageFiles.module());
        files.put("/escaped/absolute.ko", PackageFiles.module());
        // WHEN
        prepare(deb(PackageFiles.deb(files)));
        // THEN
        try (Stream<Path> all = Files.walk(folder)) {
            then(all)
                    .noneMatch(file -> file.toString().contains("escaped")
                            || file.toString().contains("absolute"));
        }
    }
}
