// SPDX-License-Identifier: Apache-2.0
package dev.thaw.examples.postgres;

import dev.thaw.junit.MicroVm;
import dev.thaw.junit.WaitFor;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The Postgres of all suites here. Its image starts a server twice when it makes its cluster: the second one counts. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@MicroVm(
        image = "oci:target/images/postgres",
        ports = 5432,
        env = "POSTGRES_PASSWORD=test",
        waitFor = @WaitFor(log = "ready to accept connections", times = 2))
@interface OurPostgres {}
