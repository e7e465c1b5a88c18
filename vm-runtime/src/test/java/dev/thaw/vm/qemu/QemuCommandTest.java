// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import static org.assertj.core.api.BDDAssertions.then;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.thaw.vm.engine.MachineSpec;
import dev.thaw.vm.engine.Scratch;
import dev.thaw.vm.lifecycle.CloseStack;
import dev.thaw.vm.loop.EventLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Paths are the user's; none of their characters may mean something to QEMU. */
class QemuCommandTest {
    private static final Path ODD = Path.of("/a,b=c,,d/'e' \"f\" \\g,file=h");

    private final QemuCommand command = new QemuCommand(
            new QemuProgram(Path.of("/q e,m/u"), QemuVersion.OLDEST), Accelerator.TCG, GuestClock.KERNEL_DECIDES);
    private final CloseStack resources = new CloseStack();

    @TempDir
    private Path folder;

    private Path runFolder;
    private QemuSockets sockets;

    @BeforeEach
    void listen() throws IOException {
        runFolder = Files.createDirectory(folder.resolve("r,id=x"));
        sockets = QemuSockets.listen(runFolder, resources.push(EventLoop.start("thaw-command-test")), resources);
    }

    @AfterEach
    void close() {
        resources.close();
    }

    private MachineSpec spec() {
        return new MachineSpec(
                "web-1",
                runFolder,
                ODD.resolve("vmlinuz"),
                ODD.resolve("initramfs"),
                "console=ttyS0 quiet",
                ODD.resolve("disk"),
                ODD.resolve("memory"),
                96L << 20,
                2,
                Optional.empty());
    }

    /** The values of all options of that name, in order. */
    private static List<String> values(List<String> arguments, String option) {
        List<String> values = new ArrayList<>();
        for (int i = 0; i < arguments.size() - 1; i++) {
            if (arguments.get(i).equals(option)) {
                values.add(arguments.get(i + 1));
            }
        }
        return values;
    }

    private static JsonNode json(String text) throws IOException {
        return new ObjectMapper().readTree(text);
    }

    @Test
    void paths_of_memory_and_disk_are_json_strings() throws IOException {
        List<String> arguments = command.boot(spec(), sockets);
        // THEN
        JsonNode memory = json(values(arguments, "-object").get(0));
        then(memory.path("mem-path").asText()).isEqualTo(ODD.resolve("memory").toString());
        then(memory.path("size").asLong()).isEqualTo(96L << 20);
        JsonNode disk = json(values(arguments, "-blockdev").get(0));
        then(disk.path("file").path("filename").asText())
                .isEqualTo(ODD.resolve("disk").toString());
        then(disk.path("read-only").asBoolean()).isTrue();
    }

    @Test
    void the_scratch_disk_is_a_file_or_lies_over_one_and_their_paths_are_json_strings() throws IOException {
        // GIVEN
        Path file = ODD.resolve("scratch");
        Path base = ODD.resolve("base");
        MachineSpec own = spec().with(new Scratch(file, Optional.empty(), 1 << 26));
        MachineSpec overlay = spec().with(new Scratch(file, Optional.of(base), 1 << 26));
        // WHEN
        JsonNode raw = json(values(command.boot(own, sockets), "-blockdev").get(1));
        JsonNode qcow =
                json(values(command.restore(overlay, sockets), "-blockdev").get(1));
        // THEN
        then(raw.path("driver").asText()).isEqualTo("raw");
        then(raw.path("file").path("filename").asText()).isEqualTo(file.toString());
        then(raw.has("read-only")).isFalse();
        then(raw.has("backing")).isFalse();
        then(qcow.path("driver").asText()).isEqualTo("qcow2");
        then(qcow.path("file").path("filename").asText()).isEqualTo(file.toString());
        then(qcow.path("backing").path("read-only").asBoolean()).isTrue();
        then(qcow.path("backing").path("file").path("filename").asText()).isEqualTo(base.toString());
        // AND the machine has the same devices, told apart by their serial numbers, whatever its disk is
        then(values(command.boot(own, sockets), "-device"))
                .isEqualTo(values(command.restore(overlay, sockets), "-device"))
                .startsWith(
                        "virtio-blk-device,drive=root,serial=root",
                        "virtio-blk-device,drive=scratch,serial=scratch,werror=stop,rerror=stop");
        then(values(command.boot(spec(), sockets), "-blockdev")).hasSize(1);
    }

    @Test
    void commas_in_the_paths_of_sockets_are_doubled() {
        String path = folder.toString().replace(",", ",,") + "/r,,id=x/";
        then(values(command.boot(spec(), sockets), "-chardev"))
                .containsExactly(
                        "socket,id=qmp,path=" + path + "qmp.sock",
                        "socket,id=console,path=" + path + "console.sock",
                        "socket,id=channel,path=" + path + "channel.sock",
                        "socket,id=shares,path=" + path + "shares.sock");
    }

    @Test
    void the_port_for_shared_folders_comes_before_the_channel() {
        then(values(command.boot(spec(), sockets), "-device"))
                .containsSubsequence(
                        "virtio-serial-device",
                        "virtserialport,chardev=shares,name=dev.thaw.shares",
                        "virtserialport,chardev=channel,name=dev.thaw.channel");
    }

    @Test
    void paths_that_are_options_of_their_own_stay_as_they_are() {
        List<String> arguments = command.boot(spec(), sockets);
        then(arguments).contains("/q e,m/u");
        then(values(arguments, "-kernel"))
                .containsExactly(ODD.resolve("vmlinuz").toString());
        then(values(arguments, "-initrd"))
                .containsExactly(ODD.resolve("initramfs").toString());
    }

    @Test
    void a_restore_has_a_private_mapping_and_waits_for_its_state_instead_of_a_kernel() {
        // GIVEN
        List<String> boot = command.boot(spec(), sockets);
        // WHEN
        List<String> restore = command.restore(spec(), sockets);
        // THEN
        List<String> expected = new ArrayList<>(boot.subList(0, boot.indexOf("-kernel")));
        expected.replaceAll(argument -> argument.replace("\"share\":true", "\"share\":false"));
        expected.addAll(List.of("-incoming", "defer"));
        then(restore).isEqualTo(expected).doesNotContainSequence(boot);
    }

    @Test
    void nothing_of_the_users_own_configuration_of_qemu_comes_in() {
        then(command.boot(spec(), sockets)).contains("-nodefaults", "-no-user-config", "-no-reboot");
    }
}
