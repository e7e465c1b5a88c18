// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.agent;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.guest.Architecture;
import dev.thaw.guest.Boot;
import dev.thaw.guest.GuestKit;
import dev.thaw.guest.HostTsc;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an image finds in a real, emulated machine that the real agent has booted. One machine for all tests. */
class BootTest {
    private static final int EXEC = 4, QUIESCE = 8, EXITED = 2;
    private static final int MEMORY_MIB = 256;

    @TempDir
    static Path folder;

    private static AgentProcess guest;

    @BeforeAll
    static void boot() throws Exception {
        // Beside the agent, so that the kernel is downloaded once a checkout.
        Path cache = Path.of(System.getProperty("thaw.agent.folder"), "test-cache");
        Boot boot = GuestKit.prepare(cache, Optional.empty(), Architecture.X86_64);
        OptionalLong tsc = HostTsc.kilohertz(cache);
        String clock = tsc.isPresent() ? " tsc_early_khz=" + tsc.getAsLong() + " tsc=reliable" : "";
        Path disk = disk();
        guest = AgentProcess.launch(folder, socket -> qemu(boot, disk, clock, socket));
        guest.resume("vm-1");
    }

    @AfterAll
    static void powerOff() throws IOException {
        if (guest != null) {
            guest.close();
        }
    }

    private static List<String> qemu(Boot boot, Path disk, String clock, Path socket) {
        List<String> command = new ArrayList<>(List.of(
                ("qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -accel tcg -cpu max -m "
                                + MEMORY_MIB + "M -machine microvm,acpi=on -serial stdio"
                                + " -device virtio-blk-device,drive=root,serial=root -device virtio-serial-device"
                                + " -device virtserialport,chardev=channel,name=dev.thaw.channel")
                        .split(" ")));
        command.addAll(List.of(
                "-kernel", boot.kernel().toString(), "-initrd", boot.initramfs().toString()));
        command.addAll(List.of("-append", "console=ttyS0 quiet panic=-1" + clock));
        command.addAll(List.of("-drive", "id=root,if=none,format=raw,readonly=on,file=" + disk));
        command.addAll(List.of("-chardev", "socket,id=channel,path=" + socket));
        return command;
    }

    /** Busybox and nothing else, all of it user 1000's: what service images prepare in /run is their user's. */
    private static Path disk() throws Exception {
        Path root = folder.resolve("root");
        Path bin = Files.createDirectories(root.resolve("bin"));
        Files.copy(Path.of("/bin/busybox"), bin.resolve("busybox"), StandardCopyOption.COPY_ATTRIBUTES);
        for (String name : List.of("sh", "cat", "df", "grep", "ls", "mount", "stat", "touch")) {
            Files.createSymbolicLink(bin.resolve(name), Path.of("busybox"));
        }
        Files.createDirectories(root.resolve("run/service"));
        Path disk = folder.resolve("disk.erofs");
        Process mkfs = new ProcessBuilder(
                        "mkfs.erofs", "--force-uid=1000", "--force-gid=1000", disk.toString(), root.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("mkfs").toFile())
                .start();
        then(mkfs.waitFor(1, TimeUnit.MINUTES)).isTrue();
        then(mkfs.exitValue()).as(Files.readString(folder.resolve("mkfs"))).isZero();
        return disk;
    }

    private static Outcome run(String user, String script) throws IOException {
        byte[] request = Wire.exec(false, List.of("sh", "-c", script), List.of(), user);
        return Outcome.of(guest, guest.open(EXEC, request));
    }

    @Test
    void what_the_image_prepared_in_run_is_there_and_its_user_s() throws Exception {
        Outcome outcome = run("1000:1000", "stat -c '%u %g' /run/service && touch /run/service/pid && ls /run/service");
        then(outcome).isEqualTo(new Outcome("1000 1000\npid\n", "", EXITED, 0));
    }

    @Test
    void shared_memory_and_the_writable_layer_leave_some_for_programs() throws Exception {
        Outcome outcome =
                run("", "df -k / /dev/shm | grep -o '[0-9]* *[0-9]* *[0-9]* *[0-9]*%'; grep MemTotal /proc/meminfo");
        long[] kib = Pattern.compile("(?m)^(?:MemTotal: *)?(\\d+)")
                .matcher(outcome.output())
                .results()
                .mapToLong(match -> Long.parseLong(match.group(1)))
                .toArray();
        then(kib).as("%s", outcome).hasSize(3);
        then(kib[0] * 100 / kib[2]).as("percent of the memory for /").isBetween(74L, 75L);
        then(kib[1] * 100 / kib[2]).as("percent of the memory for /dev/shm").isBetween(19L, 20L);
    }

    @Test
    void a_command_of_any_user_can_open_its_standard_streams_again() throws Exception {
        byte[] request = Wire.exec(
                true, List.of("sh", "-c", "cat /dev/stdin > /dev/stdout; echo end > /dev/stderr"), List.of(), "1000");
        int stream = guest.open(EXEC, request);
        guest.send(stream, Frame.DATA, "input".getBytes(StandardCharsets.US_ASCII));
        guest.send(stream, Frame.EOF, new byte[0]);
        then(Outcome.of(guest, stream)).isEqualTo(new Outcome("input", "end\n", EXITED, 0));
    }

    @Test
    void what_was_read_once_is_read_from_memory_after_the_next_resume() throws Exception {
        // GIVEN
        String read = "cat /bin/busybox > /dev/null && cat /sys/block/vda/stat";
        String before = run("", read).output();
        then(before).containsPattern("^ *[1-9]");
        int quiesce = guest.open(QUIESCE, new byte[0]);
        guest.expect(quiesce, Frame.END);
        // WHEN
        guest.resume("vm-3");
        // THEN the disk was asked no more
        then(run("", read).output()).isEqualTo(before);
    }

    @Test
    void the_first_read_of_a_program_brings_in_most_of_it() throws Exception {
        then(run("", "cat /sys/block/vda/queue/read_ahead_kb").output()).isEqualTo("2048\n");
    }

    @Test
    void what_the_guest_wrote_to_its_names_is_gone_after_the_next_resume() throws Exception {
        // GIVEN a session in which somebody adds a line and somebody else takes one away
        then(run("", "echo 10.0.0.1 more >> /etc/hosts; : > /etc/hostname").status())
                .isZero();
        int quiesce = guest.open(QUIESCE, new byte[0]);
        guest.expect(quiesce, Frame.END);
        // WHEN
        guest.resume("vm-2"); // no shorter than the last name: our own text alone would cover all of ours
        // THEN
        then(run("", "cat /etc/hostname /etc/hosts").output())
                .isEqualTo("vm-2\n127.0.0.1\tlocalhost vm-2\n::1\tlocalhost ip6-localhost ip6-loopback\n");
    }

    @Test
    void an_image_without_etc_gets_its_names_and_resolver_all_the_same() throws Exception {
        then(run("", "ls /etc").output()).isEqualTo("hostname\nhosts\nmachine-id\nresolv.conf\n");
    }
}
