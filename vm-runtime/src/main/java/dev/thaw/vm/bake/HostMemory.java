// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.bake;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** The memory of the machine, or of the container, that this JVM runs in. */
final class HostMemory {
    private HostMemory() {}

    static long totalBytes() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
    }
}
