// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.testing;

import dev.thaw.vm.Thaw;
import dev.thaw.vm.ThawConfig;
import dev.thaw.vm.Vm;
import dev.thaw.vm.VmSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The main class of a JVM whose home and folder for temporary files are given by its environment: bakes and thaws once. */
public final class OddPathProcess {
    private OddPathProcess() {}

    /** Says where it was and what it saw. */
    public static void main(String[] arguments) throws IOException {
        ThawConfig config = ThawConfig.load();
        // A short name, since a unix socket's path is short.
        VmSpec spec = Specs.web().name("v");
        Path runFolder;
        try (Thaw thaw = Thaw.open(config);
                Vm vm = thaw.start(spec)) {
            runFolder = vm.logs().file().getParent();
            System.out.println("home " + config.home());
            System.out.println("run folder " + runFolder);
            System.out.println("baked " + vm.startReport().baked());
            System.out.println("said " + vm.exec("echo", "hello").stdout().strip());
        }
        try (Stream<Path> left = Files.list(runFolder.getParent())) {
            System.out.println("left " + left.toList());
        }
    }
}
