// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static com.tngtech.archunit.base.DescribedPredicate.anyElementThat;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.properties.HasModifiers.Predicates.modifier;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.codeUnits;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final String ROOT = "dev.thaw.vm";
    private static final String FEATURES = "dev.thaw.vm.*..";

    private final JavaClasses module = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    @Test
    void of_other_modules_only_their_public_api_is_used() {
        noClasses()
                .should()
                .dependOnClassesThat(resideInAPackage("dev.thaw.image.*..")
                        .or(resideInAPackage("dev.thaw.snapshot.*.."))
                        .or(resideInAPackage("dev.thaw.guest.*.."))
                        .or(resideInAPackage("dev.thaw.junit..")))
                .check(module);
    }

    @Test
    void the_public_api_shows_nothing_of_the_feature_packages() {
        codeUnits()
                .that()
                .arePublic()
                .and()
                .areDeclaredInClassesThat(resideInAPackage(ROOT).and(modifier(JavaModifier.PUBLIC)))
                .should()
                .notHaveRawReturnType(resideInAPackage(FEATURES))
                .andShould()
                .notHaveRawParameterTypes(anyElementThat(resideInAPackage(FEATURES)))
                .check(module);
    }

    @Test
    void feature_packages_have_no_cycles() {
        slices().matching("dev.thaw.vm.(*)..").should().beFreeOfCycles().check(module);
    }

    @Test
    void nothing_above_the_engine_knows_which_one_it_is() {
        noClasses()
                .that()
                .resideOutsideOfPackages("dev.thaw.vm.qemu..", ROOT)
                .should()
                .dependOnClassesThat(resideInAPackage("dev.thaw.vm.qemu.."))
                .check(module);
    }

    @Test
    void nothing_is_written_to_the_console() {
        NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(module);
    }
}
