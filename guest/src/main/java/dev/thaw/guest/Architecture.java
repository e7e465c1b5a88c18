// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest;

/** What a guest's CPU is. Kernel, agent and modules are kept apart by it. */
public enum Architecture {
    /** 64-bit Intel and AMD. */
    X86_64("x86_64", "amd64", "linux-image-cloud-amd64");

    private final String id;
    private final String debianName;
    private final String kernelPackage;

    Architecture(String id, String debianName, String kernelPackage) {
        this.id = id;
        this.debianName = debianName;
        this.kernelPackage = kernelPackage;
    }

    /** Its name in resources and cache folders, as {@code uname -m} says it. */
    public String id() {
        return id;
    }

    /** Its name in Debian's packages. */
    public String debianName() {
        return debianName;
    }

    /** The Debian package that always depends on the newest kernel for virtual machines. */
    public String kernelPackage() {
        return kernelPackage;
    }
}
