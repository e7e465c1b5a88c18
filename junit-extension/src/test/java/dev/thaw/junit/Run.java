// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

/** A run of JUnit inside a test, and what came of it. */
record Run(EngineExecutionResults results) {

    static Run of(Class<?>... testClasses) {
        return of(Map.of(), testClasses);
    }

    static Run of(Map<String, String> configuration, Class<?>... testClasses) {
        EngineTestKit.Builder kit = EngineTestKit.engine("junit-jupiter").configurationParameters(configuration);
        Arrays.stream(testClasses).map(DiscoverySelectors::selectClass).forEach(kit::selectors);
        return new Run(kit.execute());
    }

    /** With classes and methods running at the same time. */
    static Run parallel(Class<?>... testClasses) {
        return of(
                Map.of(
                        "junit.jupiter.execution.parallel.enabled", "true",
                        "junit.jupiter.execution.parallel.mode.default", "concurrent",
                        "junit.jupiter.execution.parallel.config.strategy", "fixed",
                        "junit.jupiter.execution.parallel.config.fixed.parallelism", "4"),
                testClasses);
    }

    /** All report entries in order, each as "key=value". */
    List<String> journal() {
        return entries().stream()
                .flatMap(entry -> entry.entrySet().stream())
                .map(Object::toString)
                .toList();
    }

    List<Map<String, String>> entries() {
        return results.allEvents()
                .reportingEntryPublished()
                .map(event -> event.getRequiredPayload(ReportEntry.class).getKeyValuePairs())
                .toList();
    }

    /** What failed, in order, tests and classes alike. */
    List<Throwable> failures() {
        return results.allEvents()
                .finished()
                .map(event -> event.getRequiredPayload(TestExecutionResult.class))
                .flatMap(result -> result.getThrowable().stream())
                .toList();
    }

    /** The only failure that there is. */
    Throwable failure() {
        List<Throwable> failures = failures();
        if (failures.size() != 1) {
            throw new AssertionError("One failure was expected: " + failures);
        }
        return failures.get(0);
    }

    long succeededTests() {
        return results.testEvents().succeeded().count();
    }

    @Override
    public String toString() {
        return results.allEvents().map(Event::toString).toList().toString();
    }
}
