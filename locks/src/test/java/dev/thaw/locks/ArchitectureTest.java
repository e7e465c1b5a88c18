// SPDX-License-Identifier: Apache-2.0
package dev.thaw.locks;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    @Test
    void locks_know_no_other_module() {
        noClasses()
                .should()
                .dependOnClassesThat(resideInAPackage("dev.thaw..").and(resideOutsideOfPackages("dev.thaw.locks")))
                .check(new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("dev.thaw.locks"));
    }
}
