// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.instance;

import static dev.thaw.vm.testing.Lab.soon;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.vm.VmSpec;
import dev.thaw.vm.engine.ChangedMemory;
import dev.thaw.vm.testing.Images;
import dev.thaw.vm.testing.Lab;
import dev.thaw.vm.testing.Lab.Frozen;
import dev.thaw.vm.testing.RedisClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint of a Redis that works: what its copies have, and what its clients notice. */
class CheckpointTest {
    private static final int PORT = 6379;
    private static final int CONFIGURATION_BYTES = 8 + 5 + "microvm".length() + 2 + 26 + 8 + 1 + 15;
    private static Lab lab;

    @TempDir
    private Path folder;

    @BeforeAll
    static void bake() {
        lab = Lab.of(VmSpec.of(Images.reference("redis")).memory("256m").port(PORT));
    }

    @AfterAll
    static void close() {
        lab.close();
    }

    private static RedisClient client(Instance instance) throws IOException {
        return new RedisClient(instance.addresses().get(PORT));
    }

    @Test
    void copies_have_what_was_there_at_the_checkpoint_and_the_source_goes_on_with_its_connections() throws IOException {
        try (Instance source = lab.restore(lab.baked());
                RedisClient client = client(source)) {
            // GIVEN
            then(client.ask("SET colour blue")).isEqualTo("+OK");
            // WHEN
            Frozen first = lab.checkpoint(source, lab.baked(), folder, "first");
            // THEN the connection of before still works
            then(client.ask("GET colour")).isEqualTo("blue");
            then(client.ask("SET colour red")).isEqualTo("+OK");
            // AND a copy has the old value, and is a source itself
            try (Instance copy = lab.restore(first);
                    RedisClient ofCopy = client(copy)) {
                then(ofCopy.ask("GET colour")).isEqualTo("blue");
                then(ofCopy.ask("SET shape round")).isEqualTo("+OK");
                Frozen second = lab.checkpoint(copy, first, folder, "second");
                then(ofCopy.ask("DEL colour shape")).isEqualTo(":2");
                try (Instance grandchild = lab.restore(second);
                        RedisClient ofGrandchild = client(grandchild)) {
                    then(ofGrandchild.ask("GET colour")).isEqualTo("blue");
                    then(ofGrandchild.ask("GET shape")).isEqualTo("round");
                }
            }
            then(client.ask("GET colour")).isEqualTo("red");
            then(client.ask("GET shape")).isEqualTo("$-1");
        }
    }

    @Test
    void its_device_state_begins_as_that_of_a_bake() throws IOException {
        try (Instance source = lab.restore(lab.baked())) {
            Frozen frozen = lab.checkpoint(source, lab.baked(), folder, "one");
            then(head(frozen.deviceState())).isEqualTo(head(lab.baked().deviceState()));
        }
    }

    private static byte[] head(Path file) throws IOException {
        return Arrays.copyOf(Files.readAllBytes(file), CONFIGURATION_BYTES);
    }

    @Test
    void writes_that_go_on_meanwhile_are_done_once_and_in_order() throws Exception {
        try (Instance source = lab.restore(lab.baked());
                RedisClient client = client(source)) {
            // GIVEN a client that counts without pause
            AtomicBoolean stop = new AtomicBoolean();
            AtomicLong answered = new AtomicLong();
            CompletableFuture<Void> counting = CompletableFuture.runAsync(() -> count(client, stop, answered));
            // WHEN two checkpoints are taken in a row
            long before = answered.get();
            Frozen first = lab.checkpoint(source, lab.baked(), folder, "first");
            long between = answered.get();
            Frozen second = lab.checkpoint(source, lab.baked(), folder, "second");
            long after = answered.get();
            stop.set(true);
            counting.get();
            // THEN each has a moment of it, of which the client may not have heard yet
            then(counter(first)).isBetween(before, between + 1);
            then(counter(second)).isBetween(between, after + 1);
        }
    }

    private static void count(RedisClient client, AtomicBoolean stop, AtomicLong answered) {
        try {
            for (long next = 1; !stop.get(); next++) {
                then(client.ask("INCR counter")).isEqualTo(":" + next);
                answered.set(next);
            }
        } catch (IOException e) {
            throw new AssertionError("The connection broke after " + answered + " answers.", e);
        }
    }

    private static long counter(Frozen frozen) throws IOException {
        try (Instance copy = lab.restore(frozen);
                RedisClient client = client(copy)) {
            String value = client.ask("GET counter");
            return value.equals("$-1") ? 0 : Long.parseLong(value);
        }
    }

    @Test
    void a_source_goes_on_when_its_memory_could_not_be_stored() throws IOException {
        try (Instance source = lab.restore(lab.baked());
                RedisClient client = client(source)) {
            then(client.ask("SET colour blue")).isEqualTo("+OK");
            thenThrownBy(() -> source.checkpoint(
                            folder.resolve("state"),
                            changed -> {
                                throw new IOException("No space left on device");
                            },
                            soon()))
                    .hasMessage("No space left on device");
            then(client.ask("GET colour")).isEqualTo("blue");
        }
    }

    @Test
    void a_source_goes_on_when_its_devices_could_not_be_stored() throws IOException {
        try (Instance source = lab.restore(lab.baked());
                RedisClient client = client(source)) {
            // GIVEN a place where nothing can be made
            Path state = folder.resolve("missing").resolve("state");
            // WHEN THEN
            thenThrownBy(() -> source.checkpoint(state, changed -> {}, soon()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(state.toString());
            then(client.ask("PING")).isEqualTo("+PONG");
        }
    }

    @Test
    void what_was_read_of_its_memory_can_not_be_read_once_it_goes_on() throws IOException {
        try (Instance source = lab.restore(lab.baked())) {
            AtomicLong pages = new AtomicLong();
            CompletableFuture<ChangedMemory> kept = new CompletableFuture<>();
            source.checkpoint(
                    folder.resolve("state"),
                    changed -> {
                        pages.set(changed.pages());
                        kept.complete(changed);
                    },
                    soon());
            then(pages.get()).isPositive();
            thenThrownBy(() -> kept.join().read((offset, bytes) -> {})).isInstanceOf(IOException.class);
        }
    }
}
