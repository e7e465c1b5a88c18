// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.dedup;

import dev.thaw.snapshot.disk.Pages;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Hashes of pages. CRC-32C, as processors have an instruction for it, which the JDK uses. For one thread. */
final class PageHash {
    private final CRC32C crc = new CRC32C();

    /** Of the whole page that begins there; the buffer stays as it is. */
    int of(ByteBuffer pages, int at) {
        crc.reset();
        crc.update(pages.slice(at, Pages.BYTES));
        return (int) crc.getValue();
    }
}
