// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.testing;

import dev.thaw.vm.VmSpec;

/** Specs that several tests share, so that each is baked once. */
public final class Specs {
    /** The port of {@link #web}. */
    public static final int WEB_PORT = 8080;

    private Specs() {}

    /** busybox and a small web server, which serves /etc. */
    public static VmSpec web() {
        return busybox("httpd", "-f", "-p", Integer.toString(WEB_PORT), "-h", "/etc")
                .port(WEB_PORT);
    }

    /** busybox with a command of one's own. */
    public static VmSpec busybox(String... command) {
        return VmSpec.of(Images.reference("busybox")).memory("96m").command(command);
    }

    /** busybox with a shell script. */
    public static VmSpec script(String text) {
        return busybox("sh", "-c", text);
    }

    /** busybox with a scratch disk of 256 MiB: a service that writes a file before it listens. */
    public static VmSpec onDisk() {
        return script("mkdir /data && echo early > /data/early && exec httpd -f -p " + WEB_PORT + " -h /data")
                .port(WEB_PORT)
                .disk("256m");
    }
}
