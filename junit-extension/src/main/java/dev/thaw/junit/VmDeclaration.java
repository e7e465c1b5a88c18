// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import dev.thaw.vm.VmSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * A VM that a test class asks for.
 *
 * @param testClass whose it is
 * @param name as given; empty if not, which only a VM without others beside it may be
 */
record VmDeclaration(Class<?> testClass, String name, VmSpec spec) {

    /** The class's own ones: from its annotations, its superclasses', its interfaces', and annotations' annotations. */
    static List<VmDeclaration> of(Class<?> testClass) {
        List<VmDeclaration> declarations = new ArrayList<>();
        for (MicroVm vm : AnnotationSupport.findRepeatableAnnotations(testClass, MicroVm.class)) {
            try {
                declarations.add(new VmDeclaration(testClass, vm.name(), spec(vm)));
            } catch (IllegalArgumentException e) {
                throw new ExtensionConfigurationException(
                        "@MicroVm of " + testClass.getName() + ": " + e.getMessage(), e);
            }
        }
        return declarations;
    }

    private static VmSpec spec(MicroVm vm) {
        VmSpec spec =
                VmSpec.of(vm.image()).port(vm.ports()).cpus(vm.cpus()).addressRandomization(vm.addressRandomization());
        if (!vm.name().isEmpty()) {
            spec = spec.name(vm.name());
        }
        for (String assignment : vm.env()) {
            spec = withEnv(spec, assignment);
        }
        if (vm.entrypoint().length > 0) {
            spec = spec.entrypoint(vm.entrypoint());
        }
        if (vm.command().length > 0) {
            spec = spec.command(vm.command());
        }
        if (!vm.user().isEmpty()) {
            spec = spec.user(vm.user());
        }
        if (!vm.memory().isEmpty()) {
            spec = spec.memory(vm.memory());
        }
        if (!vm.disk().isEmpty()) {
            spec = spec.disk(vm.disk());
        }
        for (WaitFor wait : vm.waitFor()) {
            spec = spec.waitFor(WaitReader.read(wait));
        }
        return withTimeouts(spec, vm);
    }

    private static VmSpec withEnv(VmSpec spec, String assignment) {
        int equals = assignment.indexOf('=');
        if (equals < 1) {
            throw new IllegalArgumentException("env \"" + assignment
                    + "\" is no variable and its value. Write env = \"NAME=value\", or env = {\"A=1\", \"B=2\"}.");
        }
        String name = assignment.substring(0, equals);
        if (spec.env().containsKey(name)) {
            throw new IllegalArgumentException("env has " + name + " twice. Leave one of them.");
        }
        return spec.env(name, assignment.substring(equals + 1));
    }

    private static VmSpec withTimeouts(VmSpec spec, MicroVm vm) {
        VmSpec changed = spec;
        if (!vm.bakeTimeout().isEmpty()) {
            changed = changed.bakeTimeout(TimeText.parse("bakeTimeout", vm.bakeTimeout()));
        }
        if (!vm.readyTimeout().isEmpty()) {
            changed = changed.readyTimeout(TimeText.parse("readyTimeout", vm.readyTimeout()));
        }
        return changed;
    }

    /** Refuses VMs of one class that can't be told apart. */
    static void requireDistinct(Class<?> testClass, List<VmDeclaration> visible) {
        Set<String> names = new HashSet<>();
        for (VmDeclaration vm : visible) {
            if (vm.name.isEmpty() && visible.size() > 1) {
                throw new ExtensionConfigurationException(testClass.getName() + " has " + visible.size()
                        + " VMs, so each needs a name, and the one of " + vm.spec.image() + " (on "
                        + vm.testClass.getName() + ") has none. Write @MicroVm(name = \"vm-" + visible.size()
                        + "\", image = \""
                        + vm.spec.image() + "\").");
            }
            if (!names.add(vm.name)) {
                throw new ExtensionConfigurationException(testClass.getName() + " has two VMs called '" + vm.name
                        + "'. Give one of them another name: @MicroVm(name = \"" + vm.name + "-2\", image = \""
                        + vm.spec.image() + "\").");
            }
        }
    }
}
