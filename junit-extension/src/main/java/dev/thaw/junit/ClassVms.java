// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import dev.thaw.vm.Vm;
import dev.thaw.vm.VmSpec;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The VMs that one test class sees: those of the classes around it, which are theirs, and its own, which it closes.
 * Lives in the class's store, so that JUnit closes it after the class. Immutable but for being closed.
 */
final class ClassVms implements AutoCloseable {
    private final Optional<ClassVms> enclosing;
    private final ClassWiring wiring;
    private final ClassShares shares;
    private final Map<String, TestVm> own = new LinkedHashMap<>();

    private ClassVms(Optional<ClassVms> enclosing, ClassWiring wiring, ClassShares shares) {
        this.enclosing = enclosing;
        this.wiring = wiring;
        this.shares = shares;
    }

    /**
     * Checks the class, starts its VMs one after the other, checks what only they tell, and sets its static fields.
     * Leaves nothing behind if that fails.
     *
     * @param enclosing of the class around a nested one
     * @param parallel whether other classes may run at the same time
     * @param start starts a VM
     */
    static ClassVms start(
            Class<?> testClass, Optional<ClassVms> enclosing, boolean parallel, Function<VmSpec, Vm> start) {
        List<VmDeclaration> declarations = VmDeclaration.of(testClass);
        List<VmDeclaration> visible =
                new ArrayList<>(enclosing.map(ClassVms::visible).orElse(List.of()));
        visible.addAll(declarations);
        VmDeclaration.requireDistinct(testClass, visible);
        ClassWiring wiring = ClassWiring.of(testClass);
        wiring.check(visible, parallel);

        List<ClassShares.Wish> wishes = wiring.shares(visible).stream()
                .filter(wish ->
                        enclosing.map(outer -> outer.folder(wish.place())).isEmpty())
                .toList();
        ClassVms vms = new ClassVms(enclosing, wiring, ClassShares.prepare(wishes));
        try {
            for (VmDeclaration declaration : declarations) {
                VmSpec spec = vms.shares.addTo(declaration);
                vms.own.put(declaration.name(), new TestVm(declaration, start.apply(spec)));
            }
            enclosing
                    .map(ClassVms::all)
                    .orElse(List.of())
                    .forEach(vm -> vms.shares.attachTo(vm.declaration().name(), vm.vm()));
            wiring.check(vms);
            wiring.setStaticFields(vms);
            return vms;
        } catch (RuntimeException | Error e) {
            Closing.after(e, vms::close);
            throw e;
        }
    }

    /** All VMs that the class sees, the outermost class's first. */
    List<VmDeclaration> visible() {
        return all().stream().map(TestVm::declaration).toList();
    }

    List<TestVm> all() {
        List<TestVm> all = new ArrayList<>(enclosing.map(ClassVms::all).orElse(List.of()));
        all.addAll(own.values());
        return all;
    }

    /** The folder that is shared at a place, by this class or one around it; null if there is none. */
    Path folder(ClassShares.Place place) {
        Path folder = shares.at(place);
        return folder != null || enclosing.isEmpty() ? folder : enclosing.get().folder(place);
    }

    TestVm get(String name) {
        TestVm vm = own.get(name);
        return vm == null ? enclosing.orElseThrow().get(name) : vm;
    }

    void setInstanceFields(Object testInstance) {
        wiring.setInstanceFields(testInstance, this);
    }

    /** Closes the class's own VMs, the last one first, then its folders; tries all of them. */
    @Override
    public void close() {
        Deque<Vm> newestFirst = new ArrayDeque<>();
        own.values().forEach(vm -> newestFirst.push(vm.vm()));
        Closing closing = new Closing();
        newestFirst.forEach(vm -> closing.run(vm::close));
        closing.run(shares::close);
        closing.end();
    }
}
