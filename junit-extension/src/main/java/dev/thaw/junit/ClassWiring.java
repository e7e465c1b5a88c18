// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import dev.thaw.vm.Vm;
import java.lang.annotation.Annotation;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.platform.commons.annotation.Testable;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;
import org.junit.platform.commons.support.ReflectionSupport;

/** All places of a test class, its superclasses' included, that something of its VMs goes into. Immutable. */
final class ClassWiring {
    private static final List<Class<? extends Annotation>> CALLED_BY_JUNIT =
            List.of(Testable.class, BeforeAll.class, BeforeEach.class, AfterEach.class, AfterAll.class);

    private final Class<?> testClass;
    private final List<Field> fields;

    private ClassWiring(Class<?> testClass, List<Field> fields) {
        this.testClass = testClass;
        this.fields = fields;
    }

    static ClassWiring of(Class<?> testClass) {
        // A record's component has its annotations on the field, too, but gets its value through the constructor.
        List<Field> fields = ReflectionSupport.findFields(
                testClass,
                field -> Injection.isMarked(field)
                        && (isStatic(field) || !field.getDeclaringClass().isRecord()),
                HierarchyTraversalMode.TOP_DOWN);
        return new ClassWiring(testClass, List.copyOf(fields));
    }

    /**
     * Refuses what can't work.
     *
     * @param parallel whether other classes may run at the same time
     */
    void check(List<VmDeclaration> visible, boolean parallel) {
        for (Field field : fields) {
            Injection injection = Injection.of(field);
            if (Modifier.isFinal(field.getModifiers())) {
                throw new ExtensionConfigurationException(injection.where() + " is final and can't be set. Write "
                        + field.getType().getSimpleName() + " " + field.getName() + " without final.");
            }
            if (parallel && isStatic(field) && field.getDeclaringClass() != testClass) {
                throw new ExtensionConfigurationException(injection.where() + " is static, and " + testClass.getName()
                        + " runs in parallel with other classes that may share it, each with a VM of its own. Write "
                        + field.getType().getSimpleName() + " " + field.getName() + " without static.");
            }
            injection.check(visible);
        }
        parameters().map(Injection::of).forEach(injection -> injection.check(visible));
        ClassShares.requireAgreement(shares(visible));
    }

    /** The folders that the class shares with its VMs, by the places that it names; checked before. */
    List<ClassShares.Wish> shares(List<VmDeclaration> visible) {
        return injections().flatMap(one -> one.share(visible).stream()).toList();
    }

    private Stream<Injection> injections() {
        return Stream.concat(fields.stream().map(Injection::of), parameters().map(Injection::of));
    }

    /** Refuses what can't work with the VMs as they run: only then an image's own ports are known. */
    void check(ClassVms running) {
        injections().forEach(injection -> injection.resolve(running));
    }

    void setStaticFields(ClassVms vms) {
        fields.stream().filter(ClassWiring::isStatic).forEach(field -> set(field, null, vms));
    }

    void setInstanceFields(Object testInstance, ClassVms vms) {
        fields.stream().filter(field -> !isStatic(field)).forEach(field -> set(field, testInstance, vms));
    }

    private static void set(Field field, Object target, ClassVms vms) {
        Injection injection = Injection.of(field);
        Object value = injection.resolve(vms);
        try {
            field.setAccessible(true);
            field.set(target, value);
        } catch (InaccessibleObjectException | IllegalAccessException e) {
            throw new ExtensionConfigurationException(
                    injection.where() + " can't be set: " + e.getMessage()
                            + ". If the tests are a module, write 'open module' in their module-info.java.",
                    e);
        }
    }

    private Stream<Parameter> parameters() {
        List<Executable> executables = new ArrayList<>(List.of(testClass.getDeclaredConstructors()));
        executables.addAll(ReflectionSupport.findMethods(
                testClass,
                method -> CALLED_BY_JUNIT.stream().anyMatch(kind -> AnnotationSupport.isAnnotated(method, kind)),
                HierarchyTraversalMode.TOP_DOWN));
        return executables.stream()
                .flatMap(executable -> Arrays.stream(executable.getParameters()))
                .filter(ClassWiring::isOurs);
    }

    /** Whether the extension resolves the parameter. */
    static boolean isOurs(Parameter parameter) {
        return parameter.getType() == Vm.class || Injection.isMarked(parameter);
    }

    private static boolean isStatic(Field field) {
        return Modifier.isStatic(field.getModifiers());
    }
}
