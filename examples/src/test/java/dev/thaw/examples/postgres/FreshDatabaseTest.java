// SPDX-License-Identifier: Apache-2.0
package dev.thaw.examples.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.junit.Port;
import dev.thaw.vm.Vm;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

/** Has a database of its own, so it makes the table that {@link OrdersTest} makes, too, whichever runs first. */
@OurPostgres
class FreshDatabaseTest {

    @Test
    void the_other_suite_s_table_is_not_here(@Port(uri = "jdbc:postgresql://{host}:{port}/postgres") String url)
            throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, "postgres", "test");
                Statement statement = connection.createStatement()) {
            try (ResultSet table = connection.getMetaData().getTables(null, "public", "orders", null)) {
                assertThat(table.next()).isFalse();
            }
            statement.execute("create table orders (id int primary key)");
        }
    }

    @Test
    void the_server_runs_in_a_machine_of_its_own(Vm postgres) {
        assertThat(postgres.exec("psql", "-U", "postgres", "-Atc", "show server_version_num")
                        .stdout())
                .startsWith("15");
    }
}
