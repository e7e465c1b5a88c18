// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;
import static org.awaitility.Awaitility.await;

import dev.thaw.vm.testing.Specs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder of the host in a guest with a stock kernel. */
class SharedFolderTest {
    private static Thaw thaw;
    private static Vm vm;

    @TempDir
    Path folder;

    private Share share;

    @BeforeAll
    static void start() {
        thaw = Thaw.open();
        vm = thaw.start(Specs.web());
    }

    @AfterAll
    static void stop() {
        thaw.close();
    }

    @BeforeEach
    void share() {
        share = vm.share(folder, "/shared");
    }

    @AfterEach
    void end() {
        share.close();
    }

    private static String run(String script) {
        ExecResult result = vm.exec("sh", "-c", script);
        then(result.exitCode()).as("%s", result).isZero();
        return result.stdout().strip();
    }

    @Test
    void what_the_host_has_written_the_guest_reads() throws IOException {
        // GIVEN
        Files.createDirectories(folder.resolve("a/b"));
        Files.writeString(folder.resolve("a/b/file"), "from the host");
        // THEN
        then(run("cat /shared/a/b/file; ls -R /shared | tr '\n' ' '"))
                .isEqualTo("from the host/shared: a  /shared/a: b  /shared/a/b: file");
    }

    @Test
    void what_the_guest_has_written_the_host_reads_as_its_own() throws IOException {
        // WHEN
        run("mkdir /shared/sub && echo from the guest > /shared/sub/file && chmod 640 /shared/sub/file");
        // THEN
        Path file = folder.resolve("sub/file");
        then(file).hasContent("from the guest");
        then(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-r-----");
        then(Files.getOwner(file)).isEqualTo(Files.getOwner(folder));
        then(run("stat -c '%u:%g %s' /shared/sub/file")).isEqualTo("0:0 15");
    }

    @Test
    void a_file_that_changes_on_the_host_changes_in_the_guest() throws IOException {
        // GIVEN a file that the guest has read
        Path file = folder.resolve("file");
        Files.writeString(file, "first");
        then(run("cat /shared/file")).isEqualTo("first");
        // WHEN
        Files.writeString(file, "second and longer");
        // THEN
        await("the guest's view")
                .atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> then(run("cat /shared/file")).isEqualTo("second and longer"));
    }

    @Test
    void a_change_of_a_file_that_is_open_in_the_guest_is_seen_there() throws IOException {
        // GIVEN a program that reads the same bytes again and again through one descriptor
        Path file = folder.resolve("open");
        Files.writeString(file, "one");
        run("(exec 3< /shared/open; while [ ! -e /tmp/stop ]; do cat /proc/self/fd/3 > /tmp/seen.new;"
                + " mv /tmp/seen.new /tmp/seen; sleep 0.05; done) > /dev/null 2>&1 &");
        await("the first sight").untilAsserted(() -> then(run("cat /tmp/seen")).isEqualTo("one"));
        // WHEN it changes in place and keeps its size
        Files.writeString(file, "two", StandardOpenOption.WRITE);
        // THEN
        await("the new bytes").untilAsserted(() -> then(run("cat /tmp/seen")).isEqualTo("two"));
        run("touch /tmp/stop");
    }

    @Test
    void large_files_come_and_go_unharmed() throws IOException {
        // GIVEN 20 MiB
        byte[] bytes = new byte[20 << 20];
        new Random(1).nextBytes(bytes);
        Files.write(folder.resolve("large"), bytes);
        // WHEN
        run("cp /shared/large /shared/copy && cmp /shared/large /shared/copy");
        // THEN
        then(Arrays.mismatch(bytes, Files.readAllBytes(folder.resolve("copy")))).isEqualTo(-1);
    }

    @Test
    void a_memory_mapping_of_the_guest_reaches_the_host_with_a_sync() throws IOException {
        // GIVEN what was written through the page cache
        run("dd if=/dev/zero of=/shared/mapped bs=4096 count=4 2>/dev/null");
        // WHEN
        vm.syncShares();
        // THEN
        then(Files.size(folder.resolve("mapped"))).isEqualTo(4 * 4096);
    }

    @Test
    void everyday_tools_find_a_file_system_as_they_know_it() {
        run("cd /shared && echo x > f && ln f hard && ln -s f soft && mkfifo pipe && mkdir d && mv f d/g"
                + " && test \"$(cat hard)\" = x && test ! -e soft && test -p pipe && test \"$(cat d/g)\" = x"
                + " && mv d e && cat e/g && touch -d '2001-02-03 04:05:06' e/g && test \"$(date -r e/g +%Y)\" = 2001"
                + " && truncate -s 100 e/g && test \"$(stat -c %s e/g)\" = 100 && tar cf t.tar e && tar tf t.tar"
                + " && rm -r e hard soft pipe t.tar && test -z \"$(ls -A)\" && df .");
    }

    @Test
    void what_leads_out_of_the_folder_leads_into_the_guest() throws IOException {
        // GIVEN
        Files.createSymbolicLink(folder.resolve("link"), Path.of("/etc/hostname"));
        Files.createSymbolicLink(folder.resolve("up"), Path.of("../../../../etc"));
        // THEN
        then(run("cat /shared/link")).isEqualTo(vm.id());
        then(run("readlink /shared/up; ls -d /shared/..")).isEqualTo("../../../../etc\n/shared/..");
    }

    @Test
    void a_read_only_share_can_be_read_only() throws IOException {
        // GIVEN
        Files.writeString(folder.resolve("file"), "kept");
        try (Share readOnly = vm.share(ShareSpec.of(folder, "/read-only").readOnly())) {
            // WHEN
            ExecResult result = vm.exec("sh", "-c", "cat /read-only/file; echo other > /read-only/file");
            // THEN
            then(result.exitCode()).isNotZero();
            then(result.stdout()).isEqualTo("kept");
            then(result.stderr()).contains("Read-only file system");
            then(folder.resolve("file")).hasContent("kept");
            then(readOnly.spec().toString()).isEqualTo(folder + ":/read-only:ro");
        }
    }

    @Test
    void several_shares_live_side_by_side_and_in_one_another(@TempDir Path other) throws IOException {
        // GIVEN
        Files.writeString(other.resolve("inner"), "inner");
        try (Share inner = vm.share(other, "/shared/mount")) {
            then(run("cat /shared/mount/inner")).isEqualTo("inner");
            then(inner.spec().mountPoint()).isEqualTo("/shared/mount");
        }
        // AND THEN
        then(run("ls -A /shared/mount")).isEmpty();
        then(folder.resolve("mount")).isEmptyDirectory();
    }

    @Test
    void files_may_belong_to_another_user_of_the_guest() throws IOException {
        // GIVEN
        Files.writeString(folder.resolve("file"), "x");
        try (Share owned = vm.share(ShareSpec.of(folder, "/owned").owner(70, 71))) {
            then(run("stat -c %u:%g /owned/file")).isEqualTo("70:71");
            then(owned.spec().owner()).contains(new ShareSpec.Owner(70, 71));
        }
    }

    @Test
    void after_its_end_the_place_is_what_it_was(@TempDir Path once) throws IOException {
        // GIVEN
        Files.writeString(once.resolve("file"), "x");
        Share ended = vm.share(once, "/once");
        then(run("ls /once")).isEqualTo("file");
        // WHEN
        ended.close();
        ended.close();
        // THEN
        then(run("ls -A /once")).isEmpty();
        then(once.resolve("file")).hasContent("x");
    }

    @Test
    void what_can_not_be_shared_is_refused_with_the_reason() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "x");
        thenThrownBy(() -> vm.share(folder.resolve("missing"), "/data"))
                .isInstanceOf(GuestException.class)
                .hasMessageContaining("missing, which is to be shared at /data, does not exist. Make it first.");
        thenThrownBy(() -> vm.share(file, "/data")).hasMessageContaining("is a file. Make it first.");
        thenThrownBy(() -> vm.share(folder, "/shared")).hasMessageContaining("is shared at /shared already");
        thenThrownBy(() -> vm.share(folder, "/etc/passwd"))
                .hasMessageContaining("Could not share " + folder + ":/etc/passwd with " + vm.id())
                .hasMessageContaining("/etc/passwd");
    }

    @Test
    void a_share_of_the_spec_is_there_before_the_service_goes_on(@TempDir Path site) throws IOException {
        // GIVEN
        Files.writeString(site.resolve("file"), "x");
        VmSpec spec = Specs.web().share(site, "/srv/site");
        try (Vm own = thaw.start(spec)) {
            // THEN
            then(own.exec("cat", "/srv/site/file").stdout()).isEqualTo("x");
            then(own.startReport().baked()).isFalse();
        }
    }

    @Test
    void a_vm_with_a_share_can_be_checkpointed_and_goes_on() throws IOException {
        // GIVEN a program that uses it
        Files.writeString(folder.resolve("marker"), "x");
        run("(while true; do echo tick >> /shared/ticks; sleep 0.01; done) > /dev/null 2>&1 & echo $! > /tmp/pid");
        await("ticks").until(() -> Files.exists(folder.resolve("ticks")));
        try (Checkpoint checkpoint = vm.checkpoint();
                Vm copy = thaw.start(checkpoint)) {
            // THEN the source writes on, and the copy has nothing of it
            long size = Files.size(folder.resolve("ticks"));
            await("more ticks").until(() -> Files.size(folder.resolve("ticks")) > size);
            then(copy.exec("ls", "-A", "/shared").stdout()).doesNotContain("marker");
        } finally {
            run("kill $(cat /tmp/pid)");
        }
    }
}
