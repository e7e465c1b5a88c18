// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.thaw.devices");

    @Test
    void devices_know_no_other_module() {
        noClasses()
                .should()
                .dependOnClassesThat(resideInAPackage("dev.thaw..").and(resideOutsideOfPackages("dev.thaw.devices..")))
                .check(classes);
    }

    @Test
    void the_core_knows_no_protocol() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.thaw.devices.folder..", "dev.thaw.devices.host..", "dev.thaw.devices.watch..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.thaw.devices.fuse..")
                .check(classes);
    }

    @Test
    void only_host_knows_jna() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.thaw.devices.host..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.sun.jna..")
                .check(classes);
    }
}
