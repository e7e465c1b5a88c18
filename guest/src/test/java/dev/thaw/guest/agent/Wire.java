// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.agent;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Puts together requests and frames by the page, not by the product's encoder. */
final class Wire {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    static byte[] hello(int version, int role, long session) {
        return new Wire()
                .raw("\u0089THAW-CHANNEL\r\n\u001a".getBytes(StandardCharsets.ISO_8859_1))
                .u16(version)
                .u16(role)
                .u32(0)
                .u64(session)
                .done();
    }

    static byte[] frame(int stream, int type, int flag, byte[] payload) {
        return new Wire()
                .u32(payload.length)
                .u32(stream)
                .u8(type)
                .u8(flag)
                .u16(0)
                .raw(payload)
                .done();
    }

    static byte[] resume(String hostName) {
        byte[] entropy = new byte[64];
        entropy[0] = 0x11;
        entropy[63] = 0x22;
        byte[] id = new byte[16];
        id[0] = 0x33;
        id[15] = 0x44;
        return new Wire()
                .u64(1_800_000_000L)
                .u32(5)
                .raw(entropy)
                .raw(id)
                .raw(id)
                .string(hostName)
                .done();
    }

    static byte[] start(List<String> argv, List<String> env, String directory) {
        return new Wire()
                .strings(argv)
                .strings(env)
                .string("")
                .string(directory)
                .strings(List.of())
                .done();
    }

    static byte[] exec(boolean input, List<String> argv, List<String> env) {
        return exec(input, argv, env, "");
    }

    static byte[] exec(boolean input, List<String> argv, List<String> env, String user) {
        return new Wire()
                .u32(input ? 1 : 0)
                .strings(argv)
                .strings(env)
                .string(user)
                .string("")
                .done();
    }

    static byte[] connect(int port) {
        return new Wire().u16(port).string("").done();
    }

    static byte[] logs(long offset, boolean follow) {
        return new Wire().u64(offset).u8(follow ? 1 : 0).done();
    }

    Wire raw(byte[] more) {
        bytes.writeBytes(more);
        return this;
    }

    Wire u8(int value) {
        bytes.write(value);
        return this;
    }

    Wire u16(int value) {
        return raw(little(2).putShort((short) value).array());
    }

    Wire u32(int value) {
        return raw(little(4).putInt(value).array());
    }

    Wire u64(long value) {
        return raw(little(8).putLong(value).array());
    }

    Wire string(String value) {
        byte[] text = value.getBytes(StandardCharsets.UTF_8);
        return u32(text.length).raw(text);
    }

    Wire strings(List<String> values) {
        u32(values.size());
        values.forEach(this::string);
        return this;
    }

    byte[] done() {
        return bytes.toByteArray();
    }

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
