// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import dev.thaw.vm.Thaw;
import dev.thaw.vm.ThawConfig;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.DynamicTestInvocationContext;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.jupiter.api.extension.TestInstanceFactoryContext;
import org.junit.jupiter.api.extension.TestInstancePostProcessor;
import org.junit.jupiter.api.extension.TestInstancePreConstructCallback;
import org.junit.jupiter.api.extension.TestWatcher;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.opentest4j.TestAbortedException;

/**
 * What {@link MicroVm} does. Has no state: everything is in JUnit's stores. A class's VMs are kept under the class, so
 * that a nested class finds those of the classes around it, which JUnit wires with the nested class's context.
 */
final class ThawExtension
        implements BeforeAllCallback,
                TestInstancePreConstructCallback,
                TestInstancePostProcessor,
                ParameterResolver,
                InvocationInterceptor,
                AfterEachCallback,
                TestWatcher,
                AfterAllCallback {

    private static final Namespace NAMESPACE = Namespace.create(ThawExtension.class);
    private static final String PARALLEL = "junit.jupiter.execution.parallel.enabled";

    @Override
    public void beforeAll(ExtensionContext context) {
        startOnce(context);
    }

    /** An instance for the whole class is made before {@link #beforeAll}, and its constructor may want a port. */
    @Override
    public void preConstructTestInstance(TestInstanceFactoryContext factory, ExtensionContext context) {
        if (factory.getTestClass() == context.getRequiredTestClass()) {
            startOnce(context);
        }
    }

    private static void startOnce(ExtensionContext context) {
        Class<?> testClass = context.getRequiredTestClass();
        Store store = context.getStore(NAMESPACE);
        if (store.get(testClass) != null) {
            return;
        }
        List<Class<?>> enclosing = context.getEnclosingTestClasses();
        Optional<ClassVms> around =
                enclosing.isEmpty() ? Optional.empty() : find(context, enclosing.get(enclosing.size() - 1));
        Supplier<ThawConfig> config = () -> ThawConfig.load(name -> context.getConfigurationParameter(name));
        TestRun run = run(context);
        store.put(testClass, ClassVms.start(testClass, around, isParallel(context), spec -> {
            Thaw thaw = run.thaw(config);
            return thaw.start(spec);
        }));
    }

    private static boolean isParallel(ExtensionContext context) {
        return context.getExecutionMode() == ExecutionMode.CONCURRENT
                && context.getConfigurationParameter(PARALLEL, Boolean::valueOf).orElse(false);
    }

    @Override
    public void postProcessTestInstance(Object testInstance, ExtensionContext context) {
        require(context, testInstance.getClass()).setInstanceFields(testInstance);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return ClassWiring.isOurs(parameter.getParameter());
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Executable executable = parameter.getDeclaringExecutable();
        Class<?> owner = executable instanceof Constructor
                ? executable.getDeclaringClass()
                : parameter.getTarget().<Class<?>>map(Object::getClass).orElseGet(context::getRequiredTestClass);
        return Injection.of(parameter.getParameter()).resolve(require(context, owner));
    }

    @Override
    public <T> T interceptTestClassConstructor(
            Invocation<T> invocation, ReflectiveInvocationContext<Constructor<T>> constructor, ExtensionContext context)
            throws Throwable {
        return reporting(invocation, context);
    }

    /** A dynamic test that fails is none that {@link #testFailed} hears of. */
    @Override
    public void interceptDynamicTest(
            Invocation<Void> invocation, DynamicTestInvocationContext test, ExtensionContext context) throws Throwable {
        reporting(invocation, context);
    }

    private static <T> T reporting(Invocation<T> invocation, ExtensionContext context) throws Throwable {
        try {
            return invocation.proceed();
        } catch (Throwable e) {
            report(context, e);
            throw e;
        }
    }

    /** Comes after the last {@code @AfterEach} method, for a factory of dynamic tests as well. */
    @Override
    public void afterEach(ExtensionContext context) {
        context.getExecutionException().ifPresent(failure -> report(context, failure));
    }

    /** Hears of tests that failed before {@link #afterEach} could come, but of no factories. */
    @Override
    public void testFailed(ExtensionContext context, Throwable cause) {
        report(context, cause);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        context.getExecutionException().ifPresent(failure -> report(context, failure));
    }

    private static void report(ExtensionContext context, Throwable failure) {
        if (failure instanceof TestAbortedException) {
            return;
        }
        testClass(context)
                .flatMap(testClass -> find(context, testClass))
                .ifPresent(vms -> new FailureReport(run(context), context, failure).add(vms));
    }

    /** The context of a dynamic test has no class, but one further up has. */
    private static Optional<Class<?>> testClass(ExtensionContext context) {
        return context.getTestClass().or(() -> context.getParent().flatMap(ThawExtension::testClass));
    }

    /** The VMs of the class or, if something made a subclass of it to instantiate, of its superclass. */
    private static Optional<ClassVms> find(ExtensionContext context, Class<?> testClass) {
        Store store = context.getStore(NAMESPACE);
        for (Class<?> type = testClass; type != null; type = type.getSuperclass()) {
            ClassVms vms = store.get(type, ClassVms.class);
            if (vms != null) {
                return Optional.of(vms);
            }
        }
        return Optional.empty();
    }

    private static ClassVms require(ExtensionContext context, Class<?> testClass) {
        return find(context, testClass)
                .orElseThrow(() -> new ExtensionConfigurationException(testClass.getName()
                        + " has no @MicroVm, so nothing of a VM can be had in it. Write @MicroVm on it, or take the VM in "
                        + context.getRequiredTestClass().getName() + ", which is nested in it."));
    }

    // JUnit 6 has another name for it and deprecates this one, which is the only one that JUnit 5 knows.
    @SuppressWarnings("deprecation")
    private static TestRun run(ExtensionContext context) {
        return context.getRoot()
                .getStore(NAMESPACE)
                .getOrComputeIfAbsent(TestRun.class, key -> new TestRun(Path.of("")), TestRun.class);
    }
}
