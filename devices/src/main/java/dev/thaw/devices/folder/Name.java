// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.host.Printable;
import java.util.Arrays;

/**
 * The name of an entry in a folder: bytes, as Linux has them, in no encoding. Immutable. There is none that would lead out
 * of a folder.
 */
public final class Name {
    public static final int MAX_BYTES = 255;

    private final byte[] bytes;
    private final int hash;

    private Name(byte[] bytes) {
        this.bytes = bytes;
        this.hash = Arrays.hashCode(bytes);
    }

    /**
     * A name of these bytes, which are copied.
     *
     * @throws ErrnoException ENAMETOOLONG beyond 255 bytes, ENOENT for none, EINVAL for a slash or NUL inside and for
     *     {@code .} and {@code ..}
     */
    public static Name of(byte[] bytes) throws ErrnoException {
        Name name = new Name(bytes.clone());
        if (bytes.length > MAX_BYTES) {
            throw new ErrnoException(Errno.ENAMETOOLONG, "name", "of " + bytes.length + " bytes");
        } else if (bytes.length == 0) {
            throw new ErrnoException(Errno.ENOENT, "name", "of no bytes");
        } else if (name.leadsElsewhere()) {
            throw new ErrnoException(Errno.EINVAL, "name", name.toString());
        }
        return name;
    }

    private boolean leadsElsewhere() {
        for (byte one : bytes) {
            if (one == '/' || one == 0) {
                return true;
            }
        }
        return bytes[0] == '.' && (bytes.length == 1 || (bytes.length == 2 && bytes[1] == '.'));
    }

    /** A copy. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** Not a copy, and not to be changed. */
    byte[] raw() {
        return bytes;
    }

    public int length() {
        return bytes.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Name name && Arrays.equals(bytes, name.bytes);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** For messages: what is not printable ASCII as \xNN. */
    @Override
    public String toString() {
        return Printable.name(bytes);
    }
}
