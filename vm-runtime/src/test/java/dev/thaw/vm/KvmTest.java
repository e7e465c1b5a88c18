// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.vm.testing.Images;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Needs a machine on which KVM works; {@code scripts/vm-tests kvm-lab} makes one. */
@Tag("kvm")
class KvmTest {

    @Test
    void where_kvm_works_it_is_found_by_trying_and_bakes_and_thaws_redis() throws IOException {
        ThawConfig config = ThawConfig.load();
        VmSpec redis = VmSpec.of(Images.reference("redis"))
                .port(6379)
                .memory("256m")
                .bakeTimeout(Duration.ofMinutes(8))
                .readyTimeout(Duration.ofMinutes(2));
        try (Thaw thaw = Thaw.open(config)) {
            // GIVEN that nobody said which accelerator to take
            then(config.accel()).isEqualTo(ThawConfig.Accel.AUTO);
            then(probeResults(config)).containsExactly("works");
            // WHEN
            for (int i = 0; i < 2; i++) {
                try (Vm vm = thaw.start(redis)) {
                    // THEN
                    then(ask(vm.port(6379), "PING\r\n", "+PONG\r\n".length())).isEqualTo("+PONG\r\n");
                    then(ask(vm.port(6379), "INCR visits\r\n", ":1\r\n".length()))
                            .isEqualTo(":1\r\n");
                    then(vm.startReport().baked()).isEqualTo(i == 0);
                }
            }
        }
    }

    private static List<String> probeResults(ThawConfig config) throws IOException {
        try (Stream<Path> files = Files.list(config.home().resolve("engine"))) {
            return files.filter(file -> file.getFileName().toString().startsWith("kvm-"))
                    .map(KvmTest::read)
                    .toList();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String ask(InetSocketAddress address, String question, int answerBytes) throws IOException {
        try (Socket client = new Socket(address.getAddress(), address.getPort())) {
            client.setSoTimeout(60_000);
            client.getOutputStream().write(question.getBytes(StandardCharsets.US_ASCII));
            return new String(client.getInputStream().readNBytes(answerBytes), StandardCharsets.US_ASCII);
        }
    }
}
