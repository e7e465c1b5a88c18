// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.vm.testing.Baked;
import dev.thaw.vm.testing.Specs;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A service that fails for want of room or memory: the error says so, and what to do. */
class FullGuestTest {
    private final Baked baked = new Baked();

    @AfterEach
    void close() {
        baked.close();
    }

    private String failure(VmSpec spec) {
        VmSpec neverReady = baked.anew(spec.port(Specs.WEB_PORT));
        String[] message = new String[1];
        try (Thaw thaw = Thaw.open()) {
            thenThrownBy(() -> thaw.bake(neverReady))
                    .isInstanceOfSatisfying(NotReadyException.class, e -> message[0] = e.getMessage());
        }
        return message[0];
    }

    @Test
    void a_full_layer_in_memory_is_told_from_a_crash() {
        then(failure(Specs.script("dd if=/dev/zero of=/file bs=64k; exit 3").memory("256m")))
                .contains("exited with status 3 before it was ready")
                .containsPattern(
                        "The guest's writable layer is full: 0 of \\d{9} bytes are free\\. It is kept in memory"
                                + " \\(tmpfs\\), three quarters of 256 MiB; give the VM more memory, or a disk, such as disk ="
                                + " \"4g\"\\.")
                .contains("No space left on device")
                .doesNotContain("run out of memory");
    }

    @Test
    void a_full_disk_is_told_from_a_crash() {
        String fill = "yes 0123456789abcdef0123456789abcdef | dd of=/file bs=64k; exit 3";
        then(failure(Specs.script(fill).disk("32m")))
                .contains("exited with status 3 before it was ready")
                .containsPattern(
                        "The guest's writable layer is full: 0 of \\d{8} bytes are free\\. It is a scratch disk of"
                                + " 32 MiB; give the VM a larger disk\\.")
                .contains("No space left on device");
    }

    @Test
    void what_a_guest_wrote_to_its_memory_is_named_when_that_has_run_out() {
        then(failure(Specs.script("dd if=/dev/zero of=/file bs=64k; exit 3")))
                .contains("(the guest ran out of memory) before it was ready")
                .containsPattern(
                        "The guest has run out of memory: its kernel has killed \\d process(es)? for that since its boot\\."
                                + " It has 96 MiB, of which what it has written takes \\d\\d; give the VM more memory, or a disk for"
                                + " what it writes, such as disk = \"4g\"\\.");
    }

    @Test
    void a_command_that_can_t_be_run_says_what_the_guest_lacks() {
        try (Thaw thaw = Thaw.open();
                Vm vm = thaw.start(Specs.onDisk())) {
            vm.exec("dd", "if=/dev/zero", "of=/file", "bs=64k");
            thenThrownBy(() -> vm.exec("/file"))
                    .isInstanceOf(GuestException.class)
                    .hasMessageContaining("The guest's writable layer is full: 0 of ")
                    .hasMessageContaining("It is a scratch disk of 256 MiB");
        }
    }
}
