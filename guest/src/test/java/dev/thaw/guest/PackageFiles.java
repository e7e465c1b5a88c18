// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** Small kernels and packages of them: right in form, no use to a machine. */
public final class PackageFiles {
    public static final String VERSION = "6.1.0-99-cloud-amd64";
    private static final List<String> MODULES =
            List.of("virtio_mmio", "virtio_blk", "virtio_console", "erofs", "overlay");

    private PackageFiles() {}

    /** A bzImage's header and nothing behind it. */
    public static byte[] image(String version) {
        ByteBuffer image = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
        image.putInt(0x202, 0x53726448).putShort(0x20e, (short) 0x400);
        image.position(0x600);
        image.put((version + " (test) #1").getBytes(StandardCharsets.US_ASCII));
        return image.array();
    }

    /** An ELF file of three sections whose .modinfo says what it depends on. */
    public static byte[] module(String... depends) {
        byte[] info = ("license=GPL\0depends=" + String.join(",", depends) + "\0name=x\0")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] names = "\0.modinfo\0.shstrtab\0".getBytes(StandardCharsets.US_ASCII);
        int infoAt = 64;
        int namesAt = infoAt + info.length;
        int table = namesAt + names.length;
        ByteBuffer elf = ByteBuffer.allocate(table + 3 * 64).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1);
        elf.putLong(40, table).putShort(58, (short) 64).putShort(60, (short) 3).putShort(62, (short) 2);
        elf.position(infoAt);
        elf.put(info).put(names);
        elf.putInt(table + 64, 1).putLong(table + 64 + 24, infoAt).putLong(table + 64 + 32, info.length);
        elf.putInt(table + 128, 10).putLong(table + 128 + 24, namesAt).putLong(table + 128 + 32, names.length);
        return elf.array();
    }

    /** What the package of a small kernel has in it; mend or break it before {@link #deb}. */
    public static Map<String, byte[]> kernel() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("./boot/vmlinuz-" + VERSION, image(VERSION));
        for (String module : MODULES) {
            files.put(modulePath(module), module("libbase"));
        }
        files.put(modulePath("libbase"), module());
        files.put(modulePath("unneeded"), module());
        files.put(
                "./lib/modules/" + VERSION + "/modules.builtin",
                "kernel/fs/ext4.ko\n".getBytes(StandardCharsets.UTF_8));
        return files;
    }

    public static String modulePath(String module) {
        return "./lib/modules/" + VERSION + "/kernel/some/" + module + ".ko";
    }

    /** A package with data.tar.xz. */
    public static byte[] deb(Map<String, byte[]> files) throws IOException {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        try (OutputStream xz = new XZOutputStream(data, new LZMA2Options(0))) {
            xz.write(tar(files));
        }
        return deb("data.tar.xz", data.toByteArray());
    }

    public static byte[] deb(String member, byte[] content) throws IOException {
        ByteArrayOutputStream deb = new ByteArrayOutputStream();
        try (ArArchiveOutputStream ar = new ArArchiveOutputStream(deb)) {
            Map<String, byte[]> members = new LinkedHashMap<>();
            members.put("debian-binary", "2.0\n".getBytes(StandardCharsets.US_ASCII));
            members.put("control.tar.xz", new byte[3]);
            members.put(member, content);
            for (String name : new ArrayList<>(members.keySet())) {
                ar.putArchiveEntry(new ArArchiveEntry(name, members.get(name).length));
                ar.write(members.get(name));
                ar.closeArchiveEntry();
            }
        }
        return deb.toByteArray();
    }

    public static byte[] tar(Map<String, byte[]> files) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                TarArchiveEntry entry = new TarArchiveEntry(file.getKey(), true);
                entry.setSize(file.getValue().length);
                tar.putArchiveEntry(entry);
                tar.write(file.getValue());
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    public static Path write(Path file, byte[] content) throws IOException {
        Files.createDirectories(file.getParent());
        return Files.write(file, content);
    }
}
