// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Random;

/** Random requests, as frames for a {@link FuzzedGuest}, whose numbers, names and lengths are near to what means something. */
final class LikelyRequests {
    /** One more than the largest that is sent. */
    static final int OPCODES = 60;

    private static final int MAX_BYTES = 1024;
    private static final int[] USUAL = {0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 64, 4096, 0755, 0100644, -1};
    private static final Map<Integer, Shape> SHAPES = Map.ofEntries(
            Map.entry(FuseOpcode.LOOKUP, new Shape(0, 1)),
            Map.entry(FuseOpcode.FORGET, new Shape(8, 0)),
            Map.entry(FuseOpcode.GETATTR, new Shape(16, 0)),
            Map.entry(FuseOpcode.SETATTR, new Shape(88, 0)),
            Map.entry(FuseOpcode.SYMLINK, new Shape(0, 2)),
            Map.entry(FuseOpcode.MKNOD, new Shape(16, 1)),
            Map.entry(FuseOpcode.MKDIR, new Shape(8, 1)),
            Map.entry(FuseOpcode.UNLINK, new Shape(0, 1)),
            Map.entry(FuseOpcode.RMDIR, new Shape(0, 1)),
            Map.entry(FuseOpcode.RENAME, new Shape(8, 2)),
            Map.entry(FuseOpcode.RENAME2, new Shape(16, 2)),
            Map.entry(FuseOpcode.LINK, new Shape(8, 1)),
            Map.entry(FuseOpcode.OPEN, new Shape(8, 0)),
            Map.entry(FuseOpcode.CREATE, new Shape(16, 1)),
            Map.entry(FuseOpcode.READ, new Shape(40, 0)),
            Map.entry(FuseOpcode.WRITE, new Shape(40, 1)),
            Map.entry(FuseOpcode.RELEASE, new Shape(24, 0)),
            Map.entry(FuseOpcode.FLUSH, new Shape(24, 0)),
            Map.entry(FuseOpcode.FSYNC, new Shape(16, 0)),
            Map.entry(FuseOpcode.SETXATTR, new Shape(8, 2)),
            Map.entry(FuseOpcode.GETXATTR, new Shape(8, 1)),
            Map.entry(FuseOpcode.LISTXATTR, new Shape(8, 0)),
            Map.entry(FuseOpcode.REMOVEXATTR, new Shape(0, 1)),
            Map.entry(FuseOpcode.OPENDIR, new Shape(8, 0)),
            Map.entry(FuseOpcode.READDIR, new Shape(40, 0)),
            Map.entry(FuseOpcode.READDIRPLUS, new Shape(40, 0)),
            Map.entry(FuseOpcode.RELEASEDIR, new Shape(24, 0)),
            Map.entry(FuseOpcode.FSYNCDIR, new Shape(16, 0)),
            Map.entry(FuseOpcode.GETLK, new Shape(48, 0)),
            Map.entry(FuseOpcode.SETLK, new Shape(48, 0)),
            Map.entry(FuseOpcode.SETLKW, new Shape(48, 0)),
            Map.entry(FuseOpcode.ACCESS, new Shape(8, 0)),
            Map.entry(FuseOpcode.INTERRUPT, new Shape(8, 0)),
            Map.entry(FuseOpcode.FALLOCATE, new Shape(32, 0)),
            Map.entry(FuseOpcode.LSEEK, new Shape(24, 0)),
            Map.entry(FuseOpcode.COPY_FILE_RANGE, new Shape(56, 0)));

    private final Random random;
    private final String[] rareNames;

    /** A struct of so many bytes, and so many names behind it. */
    private record Shape(int bytes, int names) {}

    private LikelyRequests(Random random, String... rareNames) {
        this.random = random;
        this.rareNames = rareNames;
    }

    /** So many frames. Names are mostly the letters a to d. */
    static byte[] of(Random random, int count, String... rareNames) {
        LikelyRequests requests = new LikelyRequests(random, rareNames);
        ByteBuffer frames = ByteBuffer.allocate(count * MAX_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            requests.add(frames);
        }
        byte[] data = new byte[frames.flip().remaining()];
        frames.get(data);
        return data;
    }

    private void add(ByteBuffer frames) {
        int opcode = random.nextInt(OPCODES);
        if (opcode == FuseOpcode.DESTROY && random.nextInt(20) != 0) {
            opcode = FuseOpcode.LOOKUP; // or little would be done after it
        }
        Shape shape = SHAPES.get(opcode);
        boolean wellFormed = shape != null && random.nextInt(4) != 0;
        byte[] body = wellFormed ? shaped(opcode, shape) : any();
        frames.putShort((short) (FuseInHeader.SIZE + body.length));
        frames.putInt(0).putInt(opcode).putLong(0);
        frames.putLong(random.nextInt(12)).putInt(random.nextInt(3)).putInt(0).putInt(0);
        frames.putInt(0).put(body);
    }

    private byte[] shaped(int opcode, Shape shape) {
        Fields fields = Fields.of();
        words(fields, shape.bytes() / Integer.BYTES);
        for (int i = 0; i < shape.names(); i++) {
            fields.text(name());
        }
        byte[] bytes = fields.bytes();
        if (opcode == FuseOpcode.WRITE) {
            ByteBuffer.wrap(bytes)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(FileRequest.Write.LENGTH, bytes.length - shape.bytes());
        }
        return bytes;
    }

    private byte[] any() {
        Fields fields = Fields.of();
        words(fields, random.nextInt(24));
        int names = random.nextInt(3);
        for (int i = 0; i < names; i++) {
            fields.text(name());
        }
        return random.nextInt(10) == 0 ? fields.raw((byte) random.nextInt()).bytes() : fields.bytes();
    }

    private void words(Fields fields, int count) {
        for (int i = 0; i < count; i++) {
            fields.i32(random.nextInt(20) == 0 ? random.nextInt() : USUAL[random.nextInt(USUAL.length)]);
        }
    }

    private String name() {
        boolean rare = rareNames.length > 0 && random.nextInt(10) == 0;
        return rare ? rareNames[random.nextInt(rareNames.length)] : String.valueOf((char) ('a' + random.nextInt(4)));
    }
}
