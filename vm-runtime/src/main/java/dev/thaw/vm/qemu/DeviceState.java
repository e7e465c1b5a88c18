// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;

/**
 * A machine's devices as a migration stream without memory. Source: QEMU's migration/savevm.c. All numbers are big-endian.
 *
 * <pre>
 * u32 "QEVM", u32 version 3
 * u8 7, u32 length, machine type, subsections     the configuration, which xen-save-devices-state leaves out
 * u8 4, ...                                       one full section for each device
 * u8 0                                            the end
 * u8 6, u32 length, JSON                          a description for tools, which it leaves out, too
 * </pre>
 */
final class DeviceState {
    private static final int MAGIC = 0x5145564d;
    private static final int VERSION = 3;
    private static final int HEADER_BYTES = 2 * Integer.BYTES;
    private static final byte SECTION_END_OF_STREAM = 0;
    private static final byte SECTION_FULL = 4;
    private static final byte SUBSECTION = 5;
    private static final byte SECTION_DESCRIPTION = 6;
    private static final byte SECTION_CONFIGURATION = 7;
    private static final int SHOWN_BYTES = 16;

    /** What a restore asks for, so the stream has to say that it has it. Source: vmstate_configuration. */
    private static final String CAPABILITIES = "configuration/capabilities";

    private static final int CAPABILITIES_VERSION = 1;
    private static final int CONFIGURATION_BYTES = 256;

    private DeviceState() {}

    /**
     * Makes what xen-save-devices-state wrote into a file that a machine can be restored from.
     *
     * @param target is made; nothing is left of it if this fails
     * @param maxBytes of what was saved
     */
    static void complete(Path saved, Path target, String machineType, String capability, long maxBytes)
            throws IOException {
        long length = Files.size(saved);
        if (length > maxBytes) {
            throw new IOException("QEMU wrote " + length + " bytes of devices' state; the limit is " + maxBytes + ".");
        }
        byte[] bytes = Files.readAllBytes(saved);
        requireDevices(bytes);
        OutputStream out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try (out) {
            out.write(bytes, 0, HEADER_BYTES);
            out.write(configuration(machineType, capability));
            out.write(bytes, HEADER_BYTES, bytes.length - HEADER_BYTES);
            out.write(new byte[] {SECTION_DESCRIPTION, 0, 0, 0, 0});
        } catch (IOException e) {
            throw removed(target, e);
        }
    }

    private static IOException removed(Path target, IOException cause) {
        try {
            Files.deleteIfExists(target);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
        return new IOException("The devices' state can't be written to " + target + ": " + cause.getMessage(), cause);
    }

    private static void requireDevices(byte[] bytes) throws IOException {
        ByteBuffer header = ByteBuffer.wrap(bytes);
        boolean known = bytes.length > HEADER_BYTES + 1
                && header.getInt() == MAGIC
                && header.getInt() == VERSION
                && header.get() == SECTION_FULL
                && bytes[bytes.length - 1] == SECTION_END_OF_STREAM;
        if (!known) {
            throw new IOException("QEMU saved its devices' state in a form that Thaw does not know: " + bytes.length
                    + " bytes, which begin with "
                    + HexFormat.of().formatHex(bytes, 0, Math.min(SHOWN_BYTES, bytes.length)) + ". Use QEMU 7.2.");
        }
    }

    private static byte[] configuration(String machineType, String capability) {
        byte[] type = ascii(machineType);
        byte[] name = ascii(CAPABILITIES);
        byte[] one = ascii(capability);
        ByteBuffer out = ByteBuffer.allocate(CONFIGURATION_BYTES)
                .put(SECTION_CONFIGURATION)
                .putInt(type.length)
                .put(type)
                .put(SUBSECTION)
                .put((byte) name.length)
                .put(name)
                .putInt(CAPABILITIES_VERSION)
                .putInt(1)
                .put((byte) one.length)
                .put(one)
                .flip();
        byte[] bytes = new byte[out.remaining()];
        out.get(bytes);
        return bytes;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
