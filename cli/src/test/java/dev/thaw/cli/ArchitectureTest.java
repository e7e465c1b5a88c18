// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final JavaClasses MODULE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.thaw.cli");

    @Test
    void of_other_modules_only_the_runtime_and_the_store_are_used_by_their_public_api() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.thaw.cli",
                        "dev.thaw.vm",
                        "dev.thaw.snapshot",
                        "java..",
                        "picocli",
                        "com.fasterxml.jackson..")
                .check(MODULE);
    }

    @Test
    void only_the_main_class_is_public() {
        classes().that().arePublic().should().be(Main.class).check(MODULE);
    }

    @Test
    void only_the_main_class_knows_the_console() {
        noClasses()
                .that()
                .areNotAssignableTo(Main.class)
                .should(ACCESS_STANDARD_STREAMS)
                .check(MODULE);
    }

    @Test
    void no_state_is_static() {
        noFields()
                .that()
                .areStatic()
                .should()
                .notHaveModifier(JavaModifier.FINAL)
                .check(MODULE);
    }
}
