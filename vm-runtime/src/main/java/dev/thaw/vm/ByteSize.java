// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import dev.thaw.guest.ScratchDisk;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes of memory and disks as users write them. */
final class ByteSize {
    private static final Pattern MEMORY = Pattern.compile("(\\d{1,9})\\s*([kmg])(?:i?b)?", Pattern.CASE_INSENSITIVE);
    /** Fewer digits, as these times a tebibyte have to be a number still. */
    private static final Pattern DISK = Pattern.compile("(\\d{1,6})\\s*([mgt])(?:i?b)?", Pattern.CASE_INSENSITIVE);

    /** By what is written behind the number. */
    static final Map<String, Long> UNITS = Map.of("k", 1L << 10, "m", 1L << 20, "g", 1L << 30, "t", 1L << 40);

    private static final long MIB = 1L << 20;
    /** With less the guest's kernel does not come up, or can't load its modules: 64 MiB and 72 MiB are too little. */
    private static final long MIN_MEMORY_BYTES = 96 * MIB;

    private static final long MAX_MEMORY_BYTES = 64L << 30;

    /** Of less the file system takes a good part for itself. */
    private static final long MIN_DISK_BYTES = 32 * MIB;

    private static final long MAX_DISK_BYTES = ScratchDisk.MAX_BYTES;

    private ByteSize() {}

    static long memory(String text) {
        long bytes = bytes(MEMORY, text, "memory", "\"512m\" or \"2g\"");
        requireMemory(bytes);
        return bytes;
    }

    static long disk(String text) {
        long bytes = bytes(DISK, text, "a disk", "\"500m\" or \"4g\"");
        requireDisk(bytes);
        return bytes;
    }

    private static long bytes(Pattern pattern, String text, String what, String examples) {
        Matcher matcher = pattern.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException("Not a size of " + what + ": '" + text
                    + "'. Write a whole number and a unit, for example " + examples + ".");
        }
        return Long.parseLong(matcher.group(1)) * UNITS.get(matcher.group(2).toLowerCase(Locale.ROOT));
    }

    static void requireMemory(long bytes) {
        if (bytes < MIN_MEMORY_BYTES || bytes > MAX_MEMORY_BYTES || bytes % MIB != 0) {
            throw new IllegalArgumentException(
                    "A VM's memory is a whole number of MiB from 96m to 64g, not " + bytes + " bytes.");
        }
    }

    static void requireDisk(long bytes) {
        if (bytes < MIN_DISK_BYTES || bytes > MAX_DISK_BYTES || bytes % MIB != 0) {
            throw new IllegalArgumentException("A VM's scratch disk is a whole number of MiB from 32m to 1t, not "
                    + bytes + " bytes. Without one, what the guest writes is kept in its memory.");
        }
    }
}
