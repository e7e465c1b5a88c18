// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import dev.thaw.guest.HostTsc;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * What a guest's kernel has to be told about its clock.
 *
 * <p>Emulated, it counts the host's time stamp counter and calibrates that against an emulated timer, which fails when
 * the host is busy: four of seven boots hung on two cores with two busy processes. So it gets the frequency, does not
 * watch the counter against slower clocks and does not check its timer's wiring. With hardware help it has a clock of
 * its hypervisor's.
 *
 * @param kernelParameters what to add to the kernel's command line, beginning with a space, or empty
 * @param identity what to add to the engine's identity: at another frequency a thawed guest's time would run at a wrong speed
 */
record GuestClock(String kernelParameters, String identity) {
    /** The kernel finds out by itself. */
    static final GuestClock KERNEL_DECIDES = new GuestClock("", "");

    private static final long KHZ_PER_MHZ = 1000;

    static GuestClock of(Accelerator accelerator, Path engineFolder) {
        if (accelerator != Accelerator.TCG) {
            return KERNEL_DECIDES;
        }
        OptionalLong khz = HostTsc.kilohertz(engineFolder);
        if (khz.isEmpty()) {
            return KERNEL_DECIDES;
        }
        long rounded = Math.round(khz.getAsLong() / (double) KHZ_PER_MHZ);
        return new GuestClock(
                " tsc_early_khz=" + khz.getAsLong() + " tsc=reliable no_timer_check", ", tsc " + rounded + " MHz");
    }
}
