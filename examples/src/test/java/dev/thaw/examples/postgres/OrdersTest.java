// SPDX-License-Identifier: Apache-2.0
package dev.thaw.examples.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.junit.Port;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Makes a schema of its own once for the class. */
@OurPostgres
class OrdersTest {
    @Port(uri = "jdbc:postgresql://{host}:{port}/postgres")
    private static String url;

    @BeforeAll
    static void create_schema() throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("create table orders (id bigint generated always as identity, item text not null)");
        }
    }

    @Test
    void an_order_survives_a_reconnect() throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("insert into orders (item) values ('tea')");
        }
        assertThat(count("select count(*) from orders where item = 'tea'")).isEqualTo(1);
    }

    @Test
    void a_rollback_leaves_nothing() throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("insert into orders (item) values ('coffee')");
            connection.rollback();
        }
        assertThat(count("select count(*) from orders where item = 'coffee'")).isZero();
    }

    private static long count(String query) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(query)) {
            assertThat(result.next()).isTrue();
            return result.getLong(1);
        }
    }

    private static Connection connect() throws SQLException {
        return DriverManager.getConnection(url, "postgres", "test");
    }
}
