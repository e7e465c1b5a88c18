// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.memory;

import dev.thaw.vm.log.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Reads /proc/PID/maps and finds where a file is mapped. Source: Linux, proc_pid_maps(5). */
final class ProcessMaps {
    /** A process has some 65,000 mappings at most, unless its administrator wants it otherwise; QEMU has a few hundred. */
    private static final int MAX_BYTES = 16 << 20;

    private static final int RADIX = 16;
    private static final int FIELDS = 6;
    private static final int PERMISSIONS = 1;
    private static final int OFFSET = 2;
    private static final int DEVICE = 3;
    private static final int INODE = 4;
    private static final int PATH = 5;

    private ProcessMaps() {}

    static List<Mapping> read(Path maps) throws IOException {
        try (InputStream in = Files.newInputStream(maps)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new IOException(maps + " has more than " + MAX_BYTES + " bytes.");
            }
            return parse(new String(bytes, StandardCharsets.UTF_8));
        }
    }

    static List<Mapping> parse(String text) throws IOException {
        List<Mapping> mappings = new ArrayList<>();
        int line = 0;
        // The kernel ends lines with \n alone and escapes it in paths, which may have other ends of lines in them.
        for (String one : text.split("\n", -1)) {
            line++;
            if (!one.isEmpty()) {
                mappings.add(parseLine(line, one));
            }
        }
        return mappings;
    }

    private static Mapping parseLine(int line, String text) throws IOException {
        String[] fields = text.split(" +", FIELDS);
        String[] range = fields[0].split("-", -1);
        if (fields.length < PATH || range.length != 2 || fields[PERMISSIONS].length() != 4) {
            throw malformed(line, text, null);
        }
        try {
            Mapping mapping = new Mapping(
                    Long.parseUnsignedLong(range[0], RADIX),
                    Long.parseUnsignedLong(range[1], RADIX),
                    fields[PERMISSIONS].endsWith("p"),
                    Long.parseLong(fields[OFFSET], RADIX),
                    device(fields[DEVICE]),
                    Long.parseUnsignedLong(fields[INODE]),
                    fields.length > PATH ? fields[PATH].replace("\\012", "\n") : "");
            if (mapping.length() <= 0 || mapping.fileEnd() < mapping.length()) {
                throw malformed(line, text, null);
            }
            return mapping;
        } catch (NumberFormatException e) {
            throw malformed(line, text, e);
        }
    }

    /** Without leading zeros, of which the kernel writes more or less. */
    private static String device(String text) {
        String[] parts = text.split(":", -1);
        if (parts.length != 2) {
            throw new NumberFormatException("not major:minor: " + text);
        }
        return device(Integer.parseInt(parts[0], RADIX), Integer.parseInt(parts[1], RADIX));
    }

    static String device(int major, int minor) {
        return Integer.toHexString(major) + ":" + Integer.toHexString(minor);
    }

    private static IOException malformed(int line, String text, Throwable cause) {
        return new IOException(
                "Line " + line + " of a process's maps is none of the kernel's: " + Printable.of(text), cause);
    }

    /**
     * The private mappings of a file that together show its first bytes, in the order of their offsets. The kernel may have split
     * what was mapped as one.
     *
     * @throws IOException if something of it is not mapped, mapped twice, or shared
     */
    static List<Mapping> of(MappedFile file, long bytes, List<Mapping> all) throws IOException {
        List<Mapping> parts = all.stream()
                .filter(file::isMappedBy)
                .sorted(Comparator.comparingLong(Mapping::fileOffset))
                .toList();
        long covered = 0;
        for (Mapping part : parts) {
            if (!part.isPrivate() || part.start() < 0 || part.fileOffset() != covered) {
                throw new IOException(file.path() + " is mapped otherwise than privately and once: " + part
                        + ", where offset " + covered + " comes next.");
            }
            covered = part.fileEnd();
        }
        if (covered < bytes) {
            throw new IOException(
                    "Of " + file.path() + " " + covered + " bytes are mapped, and the machine has " + bytes + ".");
        }
        return parts;
    }
}
