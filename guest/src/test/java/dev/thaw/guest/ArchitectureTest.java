// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.thaw.guest");

    @Test
    void the_module_knows_no_other_module() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.thaw.vm..", "dev.thaw.image..", "dev.thaw.snapshot..", "dev.thaw.junit..")
                .check(CLASSES);
    }

    @Test
    void kernels_know_nothing_of_archives_for_them() {
        noClasses()
                .that()
                .resideInAPackage("dev.thaw.guest.kernel..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.thaw.guest.initramfs..")
                .check(CLASSES);
    }
}
