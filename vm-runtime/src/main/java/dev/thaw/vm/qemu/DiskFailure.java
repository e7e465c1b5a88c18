// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import dev.thaw.vm.engine.MachineSpec;
import dev.thaw.vm.engine.Scratch;
import dev.thaw.vm.log.Printable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Why a machine was ended whose scratch disk the host could not read or write. QEMU has stopped it (BLOCK_IO_ERROR); let run on
 * it would only try again. Thread-safe.
 */
final class DiskFailure {
    private final MachineSpec spec;
    private volatile String message = "";

    DiskFailure(MachineSpec spec) {
        this.spec = spec;
    }

    /** Whether QEMU says that it has stopped the machine for such a reason. Source: QEMU's qapi/block-core.json. */
    static boolean isStop(JsonNode event) {
        return event.path("event").asText().equals("BLOCK_IO_ERROR")
                && event.path("data").path("action").asText().equals("stop");
    }

    /** Notes what happened. The first failure counts. */
    String note(JsonNode event) {
        if (message.isEmpty()) {
            Path file = spec.scratch().map(Scratch::file).orElse(spec.disk());
            JsonNode data = event.path("data");
            message = spec.id() + " was ended, as the host could not "
                    + Printable.of(data.path("operation").asText()) + " its scratch disk " + file + ": "
                    + (data.path("nospace").asBoolean() ? full(file) : reason(data));
        }
        return message;
    }

    private static String full(Path file) {
        return "the host's disk is full" + free(file) + ". Make room there, or choose another folder (thaw.home).";
    }

    private static String reason(JsonNode data) {
        return Printable.of(data.path("reason").asText()) + ". The host's kernel may have said more in its log.";
    }

    private static String free(Path file) {
        try {
            return ", " + Files.getFileStore(file).getUsableSpace() + " bytes are free";
        } catch (IOException e) {
            return " (how many bytes are free can't be told: " + e.getMessage() + ")";
        }
    }

    /** What happened, as a line, or empty. */
    String line() {
        return message.isEmpty() ? "" : message + "\n";
    }
}
