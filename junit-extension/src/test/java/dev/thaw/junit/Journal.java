// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** What the classes of one run tell each other. */
final class Journal extends ConcurrentHashMap<String, Object> {
    private static final long serialVersionUID = 1L;

    static final int PARTIES = 3;

    final transient CyclicBarrier together = new CyclicBarrier(PARTIES);

    /** Hands the run's journal to parameters of this type. */
    static final class Resolver implements ParameterResolver {
        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == Journal.class;
        }

        // Named computeIfAbsent in JUnit 6, which JUnit 5 does not have.
        @SuppressWarnings("deprecation")
        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return context.getRoot()
                    .getStore(Namespace.create(Journal.class))
                    .getOrComputeIfAbsent(Journal.class, key -> new Journal(), Journal.class);
        }
    }
}
