// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.initramfs;

import static org.assertj.core.api.BDDAssertions.then;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.junit.jupiter.api.Test;

class CpioWriterTest {
    @Test
    void another_reader_sees_what_was_written() throws Exception {
        // GIVEN
        byte[] archive = new CpioWriter()
                .program("init", "agent".getBytes(StandardCharsets.UTF_8))
                .folder("lib")
                .file("lib/x", new byte[] {1, 2, 3, 4})
                .file("lib/empty", new byte[0])
                .finish();
        // WHEN
        List<String> entries = new ArrayList<>();
        try (CpioArchiveInputStream in = new CpioArchiveInputStream(new ByteArrayInputStream(archive))) {
            for (CpioArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                entries.add(entry.getName() + " " + Long.toOctalString(entry.getMode()) + " " + entry.getUID() + " "
                        + entry.getTime() + " " + in.readAllBytes().length);
            }
        }
        // THEN
        then(entries)
                .containsExactly(
                        "init 100755 0 0 5", "lib 40755 0 0 0", "lib/x 100644 0 0 4", "lib/empty 100644 0 0 0");
        then(archive.length % 4).isZero();
    }

    @Test
    void headers_have_the_kernels_layout() {
        // GIVEN buffer-format.rst: magic, 13 fields of 8 digits, name with NUL, padding to 4
        String archive = new String(new CpioWriter().file("a", new byte[] {'x'}).finish(), StandardCharsets.ISO_8859_1);
        then(archive)
                .startsWith("070701" + "00000001" + "000081a4" + "00000000" + "00000000" + "00000001" + "00000000"
                        + "00000001" + "00000000" + "00000000" + "00000000" + "00000000" + "00000002" + "00000000"
                        + "a\0" + "x\0\0\0" + "070701");
    }
}
