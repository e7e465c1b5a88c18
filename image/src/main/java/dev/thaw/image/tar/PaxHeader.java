// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.tar;

import dev.thaw.image.tree.InvalidImageException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The records of an extended header: {@code "<length> <key>=<value>\n"}, where the length counts the whole record.
 *
 * <p>Values are kept as bytes: those of extended attributes are binary, and names need not be UTF-8, whatever
 * {@code hdrcharset} says. A record with an empty value takes back what came before it, but for extended attributes, of
 * which container engines make empty ones. Source: POSIX.1-2017 pax, "pax Extended Header". Immutable.
 */
final class PaxHeader {
    static final PaxHeader NONE = new PaxHeader(Map.of());

    static final String SPARSE_MAP = "GNU.sparse.map";

    private static final String XATTR = "SCHILY.xattr.";
    private static final String SPARSE_OFFSET = "GNU.sparse.offset";
    private static final String SPARSE_LENGTH = "GNU.sparse.numbytes";
    private static final int LONGEST_LENGTH = 10;
    private static final int LONGEST_NUMBER = 20;

    private final Map<String, byte[]> values;

    private PaxHeader(Map<String, byte[]> values) {
        this.values = values;
    }

    /** Reads all records. The offset is that of the header, for messages. */
    static PaxHeader parse(byte[] data, long offset) throws InvalidImageException {
        Map<String, byte[]> values = new LinkedHashMap<>();
        List<String> sparse = new ArrayList<>();
        int at = 0;
        while (at < data.length && data[at] != 0) { // some writers pad with NULs
            int end = at + recordLength(data, at, offset);
            int space = indexOf(data, (byte) ' ', at, end);
            int equals = indexOf(data, (byte) '=', space + 1, end);
            if (data[end - 1] != '\n' || equals <= space + 1 || equals >= end) {
                throw malformed(offset, at, "expected '<length> <key>=<value>' and a newline");
            }
            String key = new String(data, space + 1, equals - space - 1, StandardCharsets.ISO_8859_1);
            if (key.indexOf('\0') >= 0) {
                throw malformed(offset, at, "NUL in a key");
            }
            byte[] value = Arrays.copyOfRange(data, equals + 1, end - 1);
            if (key.equals(SPARSE_OFFSET) || key.equals(SPARSE_LENGTH)) {
                sparse.add(sparseNumber(key, value, sparse.size(), offset));
            } else if (value.length == 0 && !key.startsWith(XATTR)) {
                values.remove(key);
            } else {
                values.put(key, value);
            }
            at = end;
        }
        if (!sparse.isEmpty()) { // format 0.0 says the same two keys once for each piece, 0.1 has one list of all
            values.put(SPARSE_MAP, String.join(",", sparse).getBytes(StandardCharsets.ISO_8859_1));
        }
        return new PaxHeader(values);
    }

    private static String sparseNumber(String key, byte[] value, int index, long offset) throws InvalidImageException {
        boolean offsetIsDue = index % 2 == 0;
        if (offsetIsDue != key.equals(SPARSE_OFFSET)) {
            throw malformed(offset, 0, "the offsets and lengths of a sparse map do not alternate");
        }
        String number = new String(value, StandardCharsets.ISO_8859_1);
        SparseNumbers.parse(number, offset);
        return number;
    }

    private static int recordLength(byte[] data, int at, long offset) throws InvalidImageException {
        int length = 0;
        int i = at;
        while (i < data.length && i - at < LONGEST_LENGTH && data[i] >= '0' && data[i] <= '9') {
            length = Math.min(length * 10 + (data[i] - '0'), data.length + 1); // saturates: no overflow
            i++;
        }
        if (i == at || i >= data.length || data[i] != ' ') {
            throw malformed(offset, at, "expected the record's length and a space");
        }
        if (length > data.length - at || length <= i + 1 - at) {
            throw malformed(offset, at, "a record's length is wrong, " + (data.length - at) + " bytes are left");
        }
        return length;
    }

    private static int indexOf(byte[] data, byte wanted, int from, int to) {
        for (int i = from; i < to; i++) {
            if (data[i] == wanted) {
                return i;
            }
        }
        return to;
    }

    /** The value as an ISO-8859-1 string, or null if there is none. A NUL in it is refused. */
    String text(String key, long offset) throws InvalidImageException {
        byte[] value = values.get(key);
        if (value == null) {
            return null;
        }
        String text = new String(value, StandardCharsets.ISO_8859_1);
        if (text.indexOf('\0') >= 0) {
            throw new InvalidImageException("tar header at offset " + offset + ": NUL in the PAX record " + key);
        }
        return text;
    }

    /** The value as a number, or the given one if there is none. */
    long number(String key, long otherwise, long offset) throws InvalidImageException {
        String text = text(key, offset);
        return text == null ? otherwise : number(text, key, offset);
    }

    private static long number(String text, String key, long offset) throws InvalidImageException {
        try {
            if (text.length() <= LONGEST_NUMBER) {
                return Long.parseLong(text);
            }
        } catch (NumberFormatException e) {
            throw new InvalidImageException(
                    "tar header at offset " + offset + ": the PAX record " + key + " is not a number: " + text, e);
        }
        throw new InvalidImageException(
                "tar header at offset " + offset + ": the PAX record " + key + " is too long for a number");
    }

    /** Extended attributes as star, GNU tar and Go write them. */
    SortedMap<String, byte[]> xattrs() {
        SortedMap<String, byte[]> found = new TreeMap<>();
        values.forEach((key, value) -> {
            if (key.startsWith(XATTR) && key.length() > XATTR.length()) {
                found.put(key.substring(XATTR.length()), value);
            }
        });
        return found;
    }

    private static InvalidImageException malformed(long offset, int at, String what) {
        return new InvalidImageException(
                "PAX header of the tar header at offset " + offset + ", byte " + at + ": " + what);
    }
}
