// SPDX-License-Identifier: Apache-2.0
package dev.thaw.examples.shop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.junit.MicroVm;
import dev.thaw.junit.Port;
import dev.thaw.junit.WaitFor;
import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** Two services for one class: each has a name, and a port says whose it is. */
@MicroVm(name = "cart", image = "redis:7", ports = 6379)
@MicroVm(
        name = "db",
        image = "postgres:15",
        ports = 5432,
        env = "POSTGRES_PASSWORD=test",
        waitFor = @WaitFor(exec = {"psql", "postgresql://postgres:test@127.0.0.1/postgres", "-c", "select 1"}))
class CheckoutTest {
    @Port(vm = "cart", uri = "redis://{host}:{port}")
    URI cart;

    @Port(vm = "db", uri = "jdbc:postgresql://{host}:{port}/postgres")
    String db;

    @Test
    void what_is_in_the_cart_is_ordered() throws SQLException {
        try (RedisClient redis = RedisClient.create(cart);
                Connection connection = DriverManager.getConnection(db, "postgres", "test");
                Statement statement = connection.createStatement()) {
            redis.rpush("cart:ann", "tea", "milk");
            statement.execute("create table orders (customer text, item text)");

            for (String item = redis.lpop("cart:ann"); item != null; item = redis.lpop("cart:ann")) {
                statement.execute("insert into orders values ('ann', '" + item + "')");
            }

            assertThat(redis.exists("cart:ann")).isFalse();
            try (ResultSet orders = statement.executeQuery("select string_agg(item, ',' order by item) from orders")) {
                assertThat(orders.next()).isTrue();
                assertThat(orders.getString(1)).isEqualTo("milk,tea");
            }
        }
    }
}
