// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.kernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What a module says about itself: the {@code .modinfo} section of its ELF file, NUL-terminated {@code key=value} texts.
 * Read from there because Debian's packages have no {@code modules.dep}: depmod makes it when they are installed.
 *
 * <p>Source: ELF-64 Object File Format 1.5, "File header" and "Sections"; Linux {@code include/linux/module.h},
 * MODULE_INFO.
 *
 * @param depends names of the modules that must be loaded before, as in {@code depends=}
 */
record ModuleInfo(List<String> depends) {
    private static final int MAGIC = 0x464c457f;
    private static final int CLASS_64_LITTLE_ENDIAN = 0x0102;
    private static final int HEADER_SIZE = 64;
    private static final int CLASS_AT = 4, SECTIONS_AT = 40, SECTION_SIZE_AT = 58;
    private static final int SECTION_COUNT_AT = 60, NAMES_INDEX_AT = 62;
    private static final int SECTION_HEADER_SIZE = 64;
    private static final int NAME_AT = 0, OFFSET_AT = 24, SIZE_AT = 32;
    private static final String SECTION = ".modinfo";
    private static final String DEPENDS = "depends=";

    ModuleInfo {
        depends = List.copyOf(depends);
    }

    /** Throws IOException, naming the module, if the bytes are not a 64-bit little-endian ELF file with that section. */
    static ModuleInfo parse(String module, byte[] elf) throws IOException {
        Elf file = new Elf(module, elf);
        String text = file.section(SECTION);
        List<String> depends = new ArrayList<>();
        for (String entry : text.split("\0", -1)) {
            if (entry.startsWith(DEPENDS)) {
                for (String name : entry.substring(DEPENDS.length()).split(",", -1)) {
                    if (!name.isEmpty()) {
                        depends.add(KernelModule.canonicalName(name));
                    }
                }
            }
        }
        return new ModuleInfo(depends);
    }

    private static final class Elf {
        private final String module;
        private final ByteBuffer bytes;

        Elf(String module, byte[] elf) throws IOException {
            this.module = module;
            this.bytes = ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN);
            if (elf.length < HEADER_SIZE
                    || bytes.getInt(0) != MAGIC
                    || bytes.getShort(CLASS_AT) != CLASS_64_LITTLE_ENDIAN) {
                throw new IOException(
                        "the module " + module + " (" + elf.length + " bytes) is not a 64-bit little-endian ELF file");
            }
        }

        String section(String wanted) throws IOException {
            int count = Short.toUnsignedInt(bytes.getShort(SECTION_COUNT_AT));
            int size = Short.toUnsignedInt(bytes.getShort(SECTION_SIZE_AT));
            if (size != SECTION_HEADER_SIZE) {
                throw malformed("section headers of " + size + " bytes instead of " + SECTION_HEADER_SIZE);
            }
            int table = range(bytes.getLong(SECTIONS_AT), (long) count * size, "the section table");
            int namesIndex = Short.toUnsignedInt(bytes.getShort(NAMES_INDEX_AT));
            if (namesIndex >= count) {
                throw malformed("section names are in section " + namesIndex + " of " + count);
            }
            int namesHeader = table + namesIndex * size;
            String names = text(namesHeader, "the section names");
            for (int i = 0; i < count; i++) {
                int header = table + i * size;
                int name = bytes.getInt(header + NAME_AT);
                if (name >= 0 && names.startsWith(wanted + "\0", name)) {
                    return text(header, wanted);
                }
            }
            throw malformed("no section " + wanted);
        }

        private String text(int header, String what) throws IOException {
            long length = bytes.getLong(header + SIZE_AT);
            int at = range(bytes.getLong(header + OFFSET_AT), length, what);
            return new String(bytes.array(), at, (int) length, StandardCharsets.ISO_8859_1);
        }

        private int range(long offset, long length, String what) throws IOException {
            int limit = bytes.limit();
            if (offset < 0 || length < 0 || offset > limit || length > limit - offset) {
                throw malformed(what + " at offset " + Long.toUnsignedString(offset) + " with "
                        + Long.toUnsignedString(length) + " bytes lies outside of the file's " + limit);
            }
            return (int) offset;
        }

        private IOException malformed(String what) {
            return new IOException("the module " + module + " is malformed: " + what);
        }
    }
}
