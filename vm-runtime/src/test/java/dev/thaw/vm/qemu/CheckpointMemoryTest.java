// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import static dev.thaw.vm.testing.Lab.soon;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.vm.ExecSpec;
import dev.thaw.vm.engine.ChangedMemory;
import dev.thaw.vm.engine.MachineSpec;
import dev.thaw.vm.instance.Instance;
import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.testing.Lab;
import dev.thaw.vm.testing.Specs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What Linux tells of a machine's memory against what QEMU copies of it. */
@EnabledOnOs(OS.LINUX)
class CheckpointMemoryTest {
    private static final int PAGE = ChangedMemory.PAGE_BYTES;
    /** Where a microvm shows its firmware instead of the memory below. */
    private static final long FIRMWARE = 0xf0000;

    private static final long FIRMWARE_END = 0x100000;
    private static final int CHANGED_MIB = 8;

    @TempDir
    private Path folder;

    @Test
    void the_kernels_page_map_and_a_comparison_find_the_same_and_both_are_what_qemu_has() throws IOException {
        try (Lab lab = Lab.of(Specs.web());
                Instance instance = lab.restore(lab.baked())) {
            // GIVEN some memory that has changed
            Await.get(
                    instance.guest()
                            .exec(ExecSpec.of("sh", "-c", "head -c " + CHANGED_MIB + "m /dev/urandom > /dev/shm/noise"))
                            .result(),
                    soon(),
                    "the noise");
            Path baked = lab.baked().memory();
            QemuMachine machine = (QemuMachine) instance.machine();
            QemuCheckpoint stopped = machine.stop(soon());
            long pid = machine.process().orElseThrow().pid();
            // WHEN
            SortedMap<Long, byte[]> told = pages(stopped.changedMemory(Path.of("/proc"), pid));
            SortedMap<Long, byte[]> compared = pages(stopped.changedMemory(folder, pid));
            // THEN the comparison leaves out only what was written and is as it was
            then(compared).hasSizeGreaterThan(CHANGED_MIB << 20 >> 12);
            then(told.keySet()).containsAll(compared.keySet());
            told.forEach((offset, bytes) -> then(bytes)
                    .as("page at %x", offset)
                    .isEqualTo(compared.containsKey(offset) ? compared.get(offset) : page(baked, offset)));
            thenIsMemoryOf(machine, baked, told);
            // AND it leaves no files behind
            try (var files = Files.list(machine.console().getParent())) {
                then(files.map(file -> file.getFileName().toString())).noneMatch(name -> name.startsWith("memory."));
            }
        }
    }

    @Test
    void a_command_that_a_qemu_does_not_have_is_told_from_one_that_fails() throws IOException {
        try (Lab lab = Lab.of(Specs.web());
                Instance instance = lab.restore(lab.baked())) {
            QemuMachine machine = (QemuMachine) instance.machine();
            thenThrownBy(() -> machine.execute("xen-save-nothing", Map.of(), soon()))
                    .isInstanceOf(QmpClient.UnknownCommandException.class);
            thenThrownBy(() -> machine.execute(
                            "xen-save-devices-state",
                            Map.of("filename", folder + "/missing/state", "live", false),
                            soon()))
                    .isNotInstanceOf(QmpClient.UnknownCommandException.class)
                    .hasMessageContaining("No such file or directory");
        }
    }

    @Test
    void a_qemu_that_can_not_save_devices_is_named_as_the_reason() {
        // GIVEN the answer of a QEMU without the command
        GuestPhysical.Commands commands = (command, arguments) -> {
            throw new QmpClient.UnknownCommandException("The command " + command + " has not been found");
        };
        Path state = folder.resolve("state");
        MachineSpec spec =
                new MachineSpec("web-1", folder, folder, folder, "", folder, folder, PAGE, 1, Optional.empty());
        // WHEN THEN
        thenThrownBy(() -> new QemuCheckpoint(spec, commands).saveDevices(state))
                .hasMessage("This QEMU can't save a running machine's devices: it has no xen-save-devices-state."
                        + " Install one that has, such as 7.2.");
        then(state).doesNotExist();
    }

    private static SortedMap<Long, byte[]> pages(ChangedMemory changed) throws IOException {
        SortedMap<Long, byte[]> pages = new TreeMap<>();
        try (changed) {
            changed.read((offset, bytes) -> {
                then(pages.isEmpty() || pages.lastKey() < offset)
                        .as("order at %x", offset)
                        .isTrue();
                for (long at = offset; bytes.hasRemaining(); at += PAGE) {
                    byte[] page = new byte[PAGE];
                    bytes.get(page);
                    pages.put(at, page);
                }
            });
            then(pages).hasSize((int) changed.pages());
        }
        return pages;
    }

    private static byte[] page(Path file, long offset) {
        try (FileChannel in = FileChannel.open(file)) {
            ByteBuffer page = ByteBuffer.allocate(PAGE);
            then(in.read(page, offset)).isEqualTo(PAGE);
            return page.array();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void thenIsMemoryOf(QemuMachine machine, Path baked, Map<Long, byte[]> changed) throws IOException {
        Path all = folder.resolve("all");
        long size = Files.size(baked);
        machine.execute("pmemsave", Map.of("val", 0, "size", size, "filename", all.toString()), soon());
        ByteBuffer expected = ByteBuffer.allocate(PAGE);
        ByteBuffer actual = ByteBuffer.allocate(PAGE);
        try (FileChannel before = FileChannel.open(baked);
                FileChannel now = FileChannel.open(all)) {
            for (long offset = 0; offset < size; offset += PAGE) {
                before.read(expected.clear(), offset);
                if (changed.containsKey(offset)) {
                    expected.clear().put(changed.get(offset));
                }
                now.read(actual.clear(), offset);
                if (offset < FIRMWARE || offset >= FIRMWARE_END) {
                    then(actual.flip().mismatch(expected.flip()))
                            .as("page at %x", offset)
                            .isEqualTo(-1);
                }
            }
        }
    }
}
