// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.annotation.Annotation;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final JavaClasses MODULE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.thaw.junit");

    @Test
    void only_annotations_in_the_root_package_are_public() {
        classes().that().arePublic().should().beAssignableTo(Annotation.class).check(MODULE);
        classes().should().resideInAPackage("dev.thaw.junit").check(MODULE);
    }

    @Test
    void only_the_runtime_s_public_package_and_junit_s_api_are_used() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.thaw.junit",
                        "dev.thaw.vm",
                        "java..",
                        "org.junit.jupiter.api..",
                        "org.junit.platform.commons.annotation",
                        "org.junit.platform.commons.support",
                        "org.opentest4j")
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
