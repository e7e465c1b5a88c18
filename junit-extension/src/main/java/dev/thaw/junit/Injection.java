// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import dev.thaw.vm.ShareSpec;
import dev.thaw.vm.Vm;
import java.io.File;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Parameter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * What one field or parameter wants of a class's VMs. Checked before a VM starts, resolved when it runs. Immutable.
 *
 * @param where what messages call it
 * @param port with {@code sharedDir} empty, too: it wants the VM itself
 */
record Injection(
        String where, Class<?> type, Optional<Port> port, Optional<SharedDir> sharedDir, Optional<Guest> guest) {

    /** Whether it has one of our annotations. */
    static boolean isMarked(AnnotatedElement element) {
        return AnnotationSupport.isAnnotated(element, Port.class)
                || AnnotationSupport.isAnnotated(element, SharedDir.class)
                || AnnotationSupport.isAnnotated(element, Guest.class);
    }

    static Injection of(Field field) {
        String where = "Field '" + field.getName() + "' of "
                + field.getDeclaringClass().getName();
        return of(where, field.getType(), field);
    }

    static Injection of(Parameter parameter) {
        Executable executable = parameter.getDeclaringExecutable();
        int number = 1 + Arrays.asList(executable.getParameters()).indexOf(parameter);
        String owner = executable.getDeclaringClass().getName();
        String where = "Parameter " + number + " (" + parameter.getType().getSimpleName() + ") of "
                + (executable instanceof Constructor
                        ? "the constructor of " + owner
                        : owner + "." + executable.getName());
        return of(where, parameter.getType(), parameter);
    }

    private static Injection of(String where, Class<?> type, AnnotatedElement element) {
        return new Injection(
                where,
                type,
                AnnotationSupport.findAnnotation(element, Port.class),
                AnnotationSupport.findAnnotation(element, SharedDir.class),
                AnnotationSupport.findAnnotation(element, Guest.class));
    }

    /** Refuses what can't be resolved, whatever address a VM will have. */
    void check(List<VmDeclaration> visible) {
        checkKind();
        VmDeclaration vm = choose(visible);
        if (sharedDir.isPresent()) {
            checkShare();
        } else if (port.isPresent()) {
            checkPort(vm);
        }
    }

    private void checkKind() {
        List<String> kinds = Stream.of(port, sharedDir, guest)
                .flatMap(Optional::stream)
                .map(annotation -> "@" + annotation.annotationType().getSimpleName())
                .toList();
        if (kinds.size() > 1) {
            throw misuse("has both " + kinds.get(0) + " and " + kinds.get(1) + ". Write one of them");
        }
        if (type == Vm.class && guest.isEmpty() && !kinds.isEmpty()) {
            throw misuse("is of type Vm, which " + kinds.get(0) + " can't be for. Write @Guest Vm");
        }
        if (sharedDir.isPresent() && type != Path.class && type != File.class) {
            throw misuse("is of type " + type.getSimpleName()
                    + ", which @SharedDir can't be for. Write java.nio.file.Path or java.io.File as its type");
        }
        if (port.isEmpty() && sharedDir.isEmpty() && type != Vm.class) {
            throw misuse("is of type " + type.getSimpleName() + ", which @Guest can't be for. Write @Guest Vm");
        }
    }

    private void checkPort(VmDeclaration vm) {
        // Without ports of its own the VM has the image's, which are known once it runs.
        if (!vm.spec().ports().isEmpty()) {
            guestPort(vm, vm.spec().ports());
        }
        try {
            PortValue.check(type, port.orElseThrow().uri());
        } catch (IllegalArgumentException e) {
            throw new ExtensionConfigurationException(where + ": " + e.getMessage(), e);
        }
    }

    private void checkShare() {
        SharedDir wanted = sharedDir.orElseThrow();
        Path folder;
        try {
            folder = spec(wanted).folder();
        } catch (IllegalArgumentException e) {
            throw new ExtensionConfigurationException(where + ": " + e.getMessage(), e);
        }
        if (!wanted.host().isEmpty() && !Files.isDirectory(folder)) {
            throw misuse("shares the folder " + folder + ", which "
                    + (Files.exists(folder) ? "is a file" : "does not exist")
                    + ". Make it, or leave host out for a fresh one");
        }
    }

    /** What it wants to be shared. Expects to have been checked. */
    Optional<ClassShares.Wish> share(List<VmDeclaration> visible) {
        return sharedDir.map(wanted -> new ClassShares.Wish(
                where, choose(visible).name(), spec(wanted), wanted.host().isEmpty()));
    }

    /** Of a fresh folder everything but the folder; that one is this process's. */
    private static ShareSpec spec(SharedDir wanted) {
        ShareSpec spec = ShareSpec.of(Path.of(wanted.host()), wanted.value());
        return wanted.readOnly() ? spec.readOnly() : spec;
    }

    /** The value to inject. Expects to have been checked. */
    Object resolve(ClassVms vms) {
        VmDeclaration declaration = choose(vms.visible());
        if (sharedDir.isPresent()) {
            Path folder = vms.folder(share(vms.visible()).orElseThrow().place());
            return type == File.class ? folder.toFile() : folder;
        }
        Vm vm = vms.get(declaration.name()).vm();
        if (port.isEmpty()) {
            return vm;
        }
        try {
            int guestPort = guestPort(declaration, vm.ports().keySet());
            return PortValue.of(type, port.get().uri(), vm.port(guestPort));
        } catch (IllegalArgumentException e) {
            throw new ExtensionConfigurationException(where + ": " + e.getMessage(), e);
        }
    }

    private VmDeclaration choose(List<VmDeclaration> visible) {
        String wanted = port.map(Port::vm)
                .or(() -> sharedDir.map(SharedDir::vm))
                .or(() -> guest.map(Guest::value))
                .orElse("");
        if (wanted.isEmpty()) {
            if (visible.size() != 1) {
                throw misuse("has to say which VM it means, as there are " + visible.size() + ". Write "
                        + alternatives(visible));
            }
            return visible.get(0);
        }
        return visible.stream()
                .filter(vm -> vm.name().equals(wanted))
                .findFirst()
                .orElseThrow(() -> misuse("means a VM '" + wanted + "', which does not exist. Write "
                        + (visible.get(0).name().isEmpty()
                                ? line(port.map(Port::value).orElse(0), "") + ", as the only VM has no name"
                                : alternatives(visible))));
    }

    private String alternatives(List<VmDeclaration> visible) {
        int number = port.map(Port::value).orElse(0);
        return visible.stream().map(vm -> line(number, vm.name())).collect(Collectors.joining(" or "));
    }

    /** The annotation as it would be right. */
    private String line(int number, String vmName) {
        if (sharedDir.isPresent()) {
            String place = "\"" + sharedDir.get().value() + "\"";
            return "@SharedDir(" + (vmName.isEmpty() ? place : "value = " + place + ", vm = \"" + vmName + "\"") + ")";
        }
        if (port.isEmpty()) {
            return vmName.isEmpty() ? "@Guest" : "@Guest(\"" + vmName + "\")";
        }
        String uri = port.get().uri();
        List<String> attributes = new ArrayList<>();
        if (number != 0) {
            attributes.add(vmName.isEmpty() && uri.isEmpty() ? Integer.toString(number) : "value = " + number);
        }
        if (!vmName.isEmpty()) {
            attributes.add("vm = \"" + vmName + "\"");
        }
        if (!uri.isEmpty()) {
            attributes.add("uri = \"" + uri + "\"");
        }
        return "@Port" + (attributes.isEmpty() ? "" : "(" + String.join(", ", attributes) + ")");
    }

    /** @param ports what the VM has, or is known to have before it runs */
    private int guestPort(VmDeclaration vm, Collection<Integer> ports) {
        int wanted = port.orElseThrow().value();
        String which = vm.name().isEmpty() ? "the VM" : "the VM '" + vm.name() + "'";
        if (ports.isEmpty()) {
            int example = wanted == 0 ? 8080 : wanted;
            throw misuse("means " + (wanted == 0 ? "a port" : "port " + wanted) + ", but " + which
                    + " has none: its image exposes no TCP port. Write " + microVm(vm, Integer.toString(example))
                    + (wanted == 0 ? " with the number in place of 8080" : ""));
        }
        int first = ports.iterator().next();
        if (wanted == 0 && ports.size() > 1) {
            throw misuse("has to say which port it means, as " + which + " has " + ports + ". Write "
                    + line(first, vm.name()));
        }
        if (wanted != 0 && !ports.contains(wanted)) {
            throw misuse("means port " + wanted + ", but " + which + " has " + ports + ". Write "
                    + line(first, vm.name()) + ", or " + alsoWith(wanted, vm, ports));
        }
        return wanted == 0 ? first : wanted;
    }

    /** How the VM would have another port, too. */
    private static String alsoWith(int wanted, VmDeclaration vm, Collection<Integer> ports) {
        if (!vm.spec().ports().isEmpty()) {
            return "add " + wanted + " to the ports of @MicroVm";
        }
        String all = Stream.concat(ports.stream(), Stream.of(wanted))
                .sorted()
                .map(String::valueOf)
                .collect(Collectors.joining(", ", "{", "}"));
        return microVm(vm, all) + ", as ports that are given replace the image's";
    }

    /** The VM's annotation with these ports; what else it has is left out. */
    private static String microVm(VmDeclaration vm, String ports) {
        return "@MicroVm(" + (vm.name().isEmpty() ? "" : "name = \"" + vm.name() + "\", ") + "image = \""
                + vm.spec().image() + "\", ports = " + ports + ")";
    }

    private ExtensionConfigurationException misuse(String what) {
        return new ExtensionConfigurationException(where + " " + what + ".");
    }
}
