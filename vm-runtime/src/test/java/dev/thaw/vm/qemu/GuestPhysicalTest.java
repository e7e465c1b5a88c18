// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Answers as QEMU 7.2 gave them for a microvm of 4 GiB. */
class GuestPhysicalTest {
    private static final long BASE = 0x7f370bfff000L;
    private static final long FIRMWARE = 0xf0000;
    private static final long MIB = 1 << 20;
    private static final long GIB = 1 << 30;

    private final List<Map<String, ?>> saved = new ArrayList<>();

    private JsonNode answer(String command, Map<String, ?> arguments) {
        if (command.equals("pmemsave")) {
            saved.add(arguments);
            return NullNode.getInstance();
        }
        String line = (String) arguments.get("command-line");
        long address = Long.decode(line.substring("gpa2hva ".length()));
        if (address >= 3 * GIB && address < 4 * GIB) {
            return new TextNode("No memory is mapped at address 0x" + Long.toHexString(address) + "\r\n");
        }
        boolean firmware = address >= FIRMWARE && address < MIB;
        long host = firmware ? 0x7f3852400000L : BASE + (address < 4 * GIB ? address : address - GIB);
        return new TextNode("Host virtual address for 0x" + Long.toHexString(address) + " ("
                + (firmware ? "pc.bios" : "mem") + ") is 0x" + Long.toHexString(host) + "\r\n");
    }

    @Test
    void memory_above_3_gib_is_copied_from_where_the_guest_has_it() throws IOException {
        // GIVEN
        GuestPhysical memory = GuestPhysical.of(this::answer);
        // WHEN
        memory.save(3 * GIB - 32 * MIB, 32 << 20, Path.of("/a"));
        memory.save(3 * GIB, 32 << 20, Path.of("/b"));
        // THEN
        then(saved)
                .containsExactly(
                        Map.of("val", 3 * GIB - 32 * MIB, "size", 32 << 20, "filename", "/a"),
                        Map.of("val", 4 * GIB, "size", 32 << 20, "filename", "/b"));
    }

    @Test
    void what_lies_below_the_firmware_is_hidden_and_nothing_else() throws IOException {
        GuestPhysical memory = GuestPhysical.of(this::answer);
        then(memory.isHidden(FIRMWARE)).isTrue();
        then(memory.isHidden(MIB - 4096)).isTrue();
        then(memory.isHidden(FIRMWARE - 4096)).isFalse();
        then(memory.isHidden(MIB)).isFalse();
        then(memory.isHidden(0)).isFalse();
    }

    @Test
    void another_layout_is_refused_instead_of_copied() throws IOException {
        // GIVEN a machine whose memory goes on at 3 GiB, or whose high memory is another block
        GuestPhysical memory = GuestPhysical.of((command, arguments) -> {
            JsonNode answer = answer(command, arguments);
            return answer.asText().contains("0x100000000")
                    ? new TextNode(answer.asText().replace("mem", "high"))
                    : answer;
        });
        // WHEN THEN
        thenThrownBy(() -> memory.save(3 * GIB, 32 << 20, Path.of("/b")))
                .hasMessageContaining("offset 3221225472 of its file is not at the guest's address 0x100000000");
        then(saved).isEmpty();
    }

    @Test
    void an_answer_that_no_qemu_gives_is_shown() {
        thenThrownBy(() -> GuestPhysical.of((command, arguments) -> new TextNode("unknown command: 'gpa2hva'\r\n")))
                .hasMessageContaining("does not tell where the guest's address 0x0 lies")
                .hasMessageContaining("unknown command");
    }
}
