// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import dev.thaw.vm.log.Printable;
import dev.thaw.vm.memory.ComparedMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A microvm's memory as QEMU copies it: by the guest's physical addresses, which differ from offsets in the memory file.
 * Source: QEMU's hw/i386/microvm.c and x86.c. Memory above 3 GiB begins at 4 GiB, and below 1 MiB lies the firmware, in
 * memory of its own. What the file has there no guest can reach, so it is what it was.
 */
final class GuestPhysical implements ComparedMemory.Source {
    private static final long LOW_BYTES = 3L << 30;
    private static final long HIGH_ADDRESS = 4L << 30;
    private static final long FIRMWARE_END = 1L << 20;
    /** Firmware comes in multiples of it. */
    private static final long BLOCK = 64L << 10;

    private static final Pattern ANSWER =
            Pattern.compile("Host virtual address for 0x[0-9a-f]+ \\(([^)]*)\\) is 0x([0-9a-f]{1,16})\\s*");
    private static final int RADIX = 16;

    private final Commands commands;
    private final Set<Long> hiddenBlocks = new HashSet<>();
    private final Place first;

    /** Runs a command of QEMU's and waits for its answer. */
    interface Commands {
        JsonNode run(String command, Map<String, ?> arguments) throws IOException;
    }

    /** Where a guest's address lies in QEMU. */
    private record Place(String memory, long hostAddress) {}

    private GuestPhysical(Commands commands, Place first) {
        this.commands = commands;
        this.first = first;
    }

    /** Finds out where the firmware is. */
    static GuestPhysical of(Commands commands) throws IOException {
        GuestPhysical memory = new GuestPhysical(commands, place(commands, 0));
        for (long offset = 0; offset < FIRMWARE_END; offset += BLOCK) {
            if (!memory.isAt(offset, place(commands, offset))) {
                memory.hiddenBlocks.add(offset);
            }
        }
        return memory;
    }

    private static long address(long offset) {
        return offset < LOW_BYTES ? offset : offset - LOW_BYTES + HIGH_ADDRESS;
    }

    private boolean isAt(long offset, Place place) {
        return place.memory().equals(first.memory()) && place.hostAddress() - first.hostAddress() == offset;
    }

    private static Place place(Commands commands, long address) throws IOException {
        String answer = commands.run(
                        "human-monitor-command", Map.of("command-line", "gpa2hva 0x" + Long.toHexString(address)))
                .asText();
        Matcher matcher = ANSWER.matcher(answer);
        if (!matcher.matches()) {
            throw new IOException("QEMU does not tell where the guest's address 0x" + Long.toHexString(address)
                    + " lies: " + Printable.of(answer));
        }
        return new Place(matcher.group(1), Long.parseUnsignedLong(matcher.group(2), RADIX));
    }

    @Override
    public void save(long offset, int length, Path target) throws IOException {
        long address = address(offset);
        if (!isAt(offset, place(commands, address))) {
            throw new IOException("The machine's memory is laid out in a way that Thaw does not know: offset " + offset
                    + " of its file is not at the guest's address 0x" + Long.toHexString(address) + ".");
        }
        commands.run("pmemsave", Map.of("val", address, "size", length, "filename", target.toString()));
    }

    @Override
    public boolean isHidden(long offset) {
        return hiddenBlocks.contains(offset / BLOCK * BLOCK);
    }
}
