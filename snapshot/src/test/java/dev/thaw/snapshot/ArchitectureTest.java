// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final JavaClasses MODULE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.thaw.snapshot");

    private static final DescribedPredicate<JavaClass> OTHER_MODULE =
            resideInAPackage("dev.thaw..").and(resideOutsideOfPackages("dev.thaw.snapshot..", "dev.thaw.locks"));

    private static final DescribedPredicate<JavaClass> INTERNAL = resideInAPackage("dev.thaw.snapshot.*..");

    @Test
    void the_store_knows_no_other_module_but_locks() {
        noClasses().should().dependOnClassesThat(OTHER_MODULE).check(MODULE);
    }

    @Test
    void feature_packages_have_no_cycles() {
        slices().matching("dev.thaw.snapshot.(*)..").should().beFreeOfCycles().check(MODULE);
    }

    @Test
    void the_api_shows_nothing_of_the_feature_packages() {
        methods()
                .that()
                .arePublic()
                .and()
                .areDeclaredInClassesThat()
                .resideInAPackage("dev.thaw.snapshot")
                .and()
                .areDeclaredInClassesThat()
                .arePublic()
                .should()
                .notHaveRawReturnType(INTERNAL)
                .andShould()
                .notHaveRawParameterTypes(DescribedPredicate.describe(
                        "with internal types", types -> types.stream().anyMatch(INTERNAL)))
                .check(MODULE);
    }

    @Test
    void only_clones_and_holes_take_native_code() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.thaw.snapshot.clone")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.sun.jna..", "java.lang.foreign..")
                .check(MODULE);
    }
}
