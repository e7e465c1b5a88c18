// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.testing;

import dev.thaw.devices.folder.AttributeChanges;
import dev.thaw.devices.folder.Attributes;
import dev.thaw.devices.folder.FileKind;
import dev.thaw.devices.folder.Name;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;

/** A file of {@link MemoryTree}, which guards it. */
final class MemoryNode {
    /** Files grow no larger, so that no test needs much memory whatever a guest asks for. */
    static final int MAX_BYTES = 1 << 20;

    private static final Comparator<Name> BY_BYTES = (a, b) -> Arrays.compareUnsigned(a.bytes(), b.bytes());

    final long number;
    final FileKind kind;
    final Map<Name, MemoryNode> children = new TreeMap<>(BY_BYTES);
    final Map<Name, byte[]> extended = new TreeMap<>(BY_BYTES);
    final MemoryLocks locks = new MemoryLocks();
    byte[] data = {};
    byte[] target = {};
    MemoryNode parent;
    int links;
    long lookups;
    private int permissions;
    private int uid;
    private int gid;
    private Attributes.Time accessed = new Attributes.Time(0, 0);
    private Attributes.Time modified = new Attributes.Time(0, 0);
    private long ticks;

    MemoryNode(long number, FileKind kind, int permissions, int uid, int gid) {
        this.number = number;
        this.kind = kind;
        this.permissions = permissions;
        this.uid = uid;
        this.gid = gid;
    }

    void touch() {
        ticks++;
        modified = new Attributes.Time(ticks, 0);
    }

    Attributes attributes() {
        long size = kind == FileKind.SYMLINK ? target.length : data.length;
        long names = kind == FileKind.FOLDER
                ? 2
                        + children.values().stream()
                                .filter(c -> c.kind == FileKind.FOLDER)
                                .count()
                : links;
        Attributes.Time changed = new Attributes.Time(ticks, 0);
        return new Attributes(
                number,
                kind,
                permissions,
                names,
                uid,
                gid,
                0,
                size,
                (size + 511) / 512,
                4096,
                accessed,
                modified,
                changed);
    }

    void change(AttributeChanges changes) throws ErrnoException {
        if (changes.size().isPresent()) {
            resize(changes.size().getAsLong());
        }
        permissions = changes.permissions().orElse(permissions);
        uid = changes.uid().orElse(uid);
        gid = changes.gid().orElse(gid);
        ticks++;
        Attributes.Time now = new Attributes.Time(ticks, 0);
        accessed =
                changes.accessed().map(t -> t.time() == null ? now : t.time()).orElse(accessed);
        modified =
                changes.modified().map(t -> t.time() == null ? now : t.time()).orElse(modified);
    }

    void resize(long size) throws ErrnoException {
        requireFile();
        if (size < 0 || size > MAX_BYTES) {
            throw new ErrnoException(Errno.EFBIG, "resize", "to " + size);
        }
        if (size != data.length) {
            data = Arrays.copyOf(data, (int) size);
            touch();
        }
    }

    int read(long offset, ByteBuffer into) {
        int bytes = offset >= data.length ? 0 : (int) Math.min(into.remaining(), data.length - offset);
        if (bytes > 0) {
            into.put(data, (int) offset, bytes);
        }
        return bytes;
    }

    int write(long offset, ByteBuffer from) throws ErrnoException {
        int bytes = from.remaining();
        if (bytes > 0) {
            resize(Math.max(data.length, offset > MAX_BYTES ? offset : offset + bytes));
            from.get(data, (int) offset, bytes);
            touch();
        }
        return bytes;
    }

    MemoryNode requireFile() throws ErrnoException {
        if (kind != FileKind.FILE) {
            throw new ErrnoException(kind == FileKind.FOLDER ? Errno.EISDIR : Errno.EINVAL, "file", "of " + kind);
        }
        return this;
    }

    MemoryNode requireFolder() throws ErrnoException {
        if (kind != FileKind.FOLDER) {
            throw new ErrnoException(Errno.ENOTDIR, "folder", "of " + kind);
        } else if (parent == null) {
            throw new ErrnoException(Errno.ENOENT, "folder", "that has been removed");
        }
        return this;
    }

    boolean isInside(MemoryNode folder) {
        for (MemoryNode at = this; at != null; at = at.parent == at ? null : at.parent) {
            if (at == folder) {
                return true;
            }
        }
        return false;
    }
}
