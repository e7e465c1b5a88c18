// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a QEMU saves becomes what it restores from; anything else is refused. */
class DeviceStateTest {
    private static final int LIMIT = 1 << 20;
    /** As QEMU 7.2 writes it in a migration of a microvm. */
    private static final String CONFIGURATION = "07 00000007 6d6963726f766d"
            + "05 1a 636f6e66696775726174696f6e2f6361706162696c6974696573 00000001"
            + "00000001 0f 782d69676e6f72652d736861726564";

    @TempDir
    private Path folder;

    private Path saved;
    private Path target;

    @BeforeEach
    void name() {
        saved = folder.resolve("saved");
        target = folder.resolve("target");
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    private void complete(String bytes) throws IOException {
        Files.write(saved, hex(bytes));
        DeviceState.complete(saved, target, "microvm", "x-ignore-shared", LIMIT);
    }

    @Test
    void it_gets_the_configuration_and_an_empty_description() throws IOException {
        complete("5145564d 00000003 04 00000000 05 74696d6572 00");
        then(target)
                .hasBinaryContent(
                        hex("5145564d 00000003" + CONFIGURATION + "04 00000000 05 74696d6572 00 06 00000000"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "5145564d",
                "5145564d 00000003 04",
                "5145564e 00000003 04 00000000 00",
                "5145564d 00000004 04 00000000 00",
                "5145564d 00000003 07 00000000 00",
                "5145564d 00000003 04 00000000 01"
            })
    void what_is_of_another_form_is_shown_and_nothing_is_left(String bytes) {
        thenThrownBy(() -> complete(bytes))
                .hasMessageContaining("in a form that Thaw does not know")
                .hasMessageContaining("begin with " + bytes.replace(" ", ""));
        then(target).doesNotExist();
    }

    @Test
    void what_is_too_long_is_not_read() throws IOException {
        Files.write(saved, new byte[LIMIT + 1]);
        thenThrownBy(() -> DeviceState.complete(saved, target, "microvm", "x-ignore-shared", LIMIT))
                .hasMessage("QEMU wrote 1048577 bytes of devices' state; the limit is 1048576.");
    }

    @Test
    void a_file_that_is_there_already_is_left_alone() throws IOException {
        Files.writeString(target, "somebody's");
        thenThrownBy(() -> complete("5145564d 00000003 04 00000000 00")).hasMessageContaining(target.toString());
        then(target).hasContent("somebody's");
    }
}
