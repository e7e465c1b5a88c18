// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static com.tngtech.archunit.base.DescribedPredicate.anyElementThat;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.core.domain.properties.HasModifiers.Predicates.modifier;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.codeUnits;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.BDDAssertions.then;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final String ROOT = "dev.thaw.image", FEATURES = "dev.thaw.image.*..";

    private final JavaClasses module = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    @Test
    void no_other_module_of_thaw_but_locks_is_used() {
        noClasses()
                .should()
                .dependOnClassesThat(resideInAPackage("dev.thaw..")
                        .and(resideOutsideOfPackages("dev.thaw.image..", "dev.thaw.locks")))
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
        slices().matching("dev.thaw.image.(*)..").should().beFreeOfCycles().check(module);
    }

    @Test
    void what_is_public_in_a_feature_package_is_used_by_another_package() {
        List<String> unused = new ArrayList<>();
        for (JavaClass type : module) {
            if (!resideInAPackage(FEATURES).test(type) || !type.getModifiers().contains(JavaModifier.PUBLIC)) {
                continue;
            }
            boolean usedElsewhere = isImplicit(type)
                    || type.getDirectDependenciesToSelf().stream()
                            .anyMatch(use -> !use.getOriginClass().getPackage().equals(type.getPackage()));
            if (!usedElsewhere) {
                unused.add(type.getName());
            }
            if (!type.isRecord() && !type.isEnum() && !type.isInterface()) { // whose members need not say that they are
                type.getCodeUnits().stream()
                        .filter(member -> member.getModifiers().contains(JavaModifier.PUBLIC))
                        .filter(member -> !overrides(member))
                        .filter(member -> member.getAccessesToSelf().stream()
                                .noneMatch(use ->
                                        !use.getOriginOwner().getPackage().equals(type.getPackage())))
                        .forEach(member -> unused.add(member.getFullName()));
            }
        }
        then(unused).isEmpty();
    }

    /** Lambdas do not show the interface that they are of, and what is in an interface is public without saying so. */
    private static boolean isImplicit(JavaClass type) {
        return type.isInterface()
                || type.getEnclosingClass().filter(JavaClass::isInterface).isPresent();
    }

    private static boolean overrides(JavaCodeUnit member) {
        String[] parameters =
                member.getRawParameterTypes().stream().map(JavaClass::getName).toArray(String[]::new);
        return Stream.concat(
                        member.getOwner().getAllRawSuperclasses().stream(),
                        member.getOwner().getAllRawInterfaces().stream())
                .anyMatch(
                        type -> type.tryGetMethod(member.getName(), parameters).isPresent());
    }

    @Test
    void nothing_is_written_to_the_console() {
        NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(module);
    }
}
