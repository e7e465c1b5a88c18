// SPDX-License-Identifier: Apache-2.0
package dev.thaw.examples.postgres;

import dev.thaw.junit.MicroVm;
import dev.thaw.junit.WaitFor;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The Postgres of all suites here. It is ready when it has answered a query over TCP: while its image makes the cluster,
 * another server runs that only listens to a local socket. What Postgres prepares for its first client is then frozen,
 * too.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@MicroVm(
        image = "postgres:15",
        ports = 5432,
        env = "POSTGRES_PASSWORD=test",
        waitFor = @WaitFor(exec = {"psql", "postgresql://postgres:test@127.0.0.1/postgres", "-c", "select 1"}))
@interface OurPostgres {}
