// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import dev.thaw.vm.LogLine;
import dev.thaw.vm.Vm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * What a failed test tells about its VMs: for each a {@link FailureNote} on the failure and a report entry, with the end
 * of its log and of its console. Both are copied whole to where they outlive the VM.
 */
final class FailureReport {
    private final TestRun run;
    private final ExtensionContext context;
    private final Throwable failure;

    FailureReport(TestRun run, ExtensionContext context, Throwable failure) {
        this.run = run;
        this.context = context;
        this.failure = failure;
    }

    /** Nothing that goes wrong here hides the failure: it is suppressed in it, too. */
    void add(ClassVms vms) {
        for (TestVm vm : vms.all()) {
            if (!FailureNote.isOn(failure, vm.vm().id())) {
                try {
                    add(vm);
                } catch (IOException | RuntimeException e) {
                    failure.addSuppressed(new FailureNote(
                            vm.vm().id(), "The log and console of VM " + vm.vm().id() + " can't be kept: " + e, e));
                }
            }
        }
    }

    private void add(TestVm testVm) throws IOException {
        Vm vm = testVm.vm();
        Path folder = run.logFolder(testVm.declaration().testClass());
        Path log = folder.resolve(vm.id() + ".log");
        Path console = folder.resolve(vm.id() + ".console");
        // Methods that fail at the same time copy the same files to the same place.
        synchronized (testVm) {
            Files.copy(vm.logs().file(), log, StandardCopyOption.REPLACE_EXISTING);
            Files.copy(vm.console(), console, StandardCopyOption.REPLACE_EXISTING);
        }
        String logTail =
                OutputTail.of(vm.logs().lines().stream().map(LogLine::text).toList());
        String consoleTail = OutputTail.of(console);
        String ports = ports(vm);
        String text = "VM " + vm.id() + " of " + vm.spec().image() + ", "
                + (ports.isEmpty() ? "without ports" : "ports " + ports) + "\n" + section("log", log, logTail)
                + section("console", console, consoleTail);
        failure.addSuppressed(new FailureNote(vm.id(), text.stripTrailing(), null));
        context.publishReportEntry(entry(vm, ports, log, logTail, console, consoleTail));
    }

    private static String section(String what, Path file, String tail) {
        return tail.isEmpty()
                ? "Its " + what + " is empty.\n"
                : "The end of its " + what + ", all of it in " + file + ":\n" + tail;
    }

    private static Map<String, String> entry(
            Vm vm, String ports, Path log, String logTail, Path console, String consoleTail) {
        Map<String, String> entry = new LinkedHashMap<>();
        entry.put("thaw.vm", vm.id());
        entry.put("thaw.image", vm.spec().image());
        entry.put("thaw.ports", ports);
        entry.put("thaw.log", log.toString());
        entry.put("thaw.log.tail", logTail);
        entry.put("thaw.console", console.toString());
        entry.put("thaw.console.tail", consoleTail);
        // JUnit refuses blank values.
        entry.values().removeIf(String::isBlank);
        return entry;
    }

    private static String ports(Vm vm) {
        return vm.ports().entrySet().stream()
                .map(port -> port.getKey() + " -> " + port.getValue().getHostString() + ":"
                        + port.getValue().getPort())
                .collect(Collectors.joining(", "));
    }
}
