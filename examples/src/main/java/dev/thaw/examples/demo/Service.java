// SPDX-License-Identifier: Apache-2.0
package dev.thaw.examples.demo;

import dev.thaw.vm.Vm;
import dev.thaw.vm.VmSpec;
import dev.thaw.vm.Wait;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import redis.clients.jedis.Jedis;

/**
 * A service that the demo shows.
 *
 * @param spec as the suites have it, so that they share a snapshot
 */
record Service(String name, VmSpec spec, Question question) {

    /** Something that only a service that works answers right. */
    interface Question {
        void ask(Vm vm) throws SQLException;
    }

    static Service redis() {
        VmSpec spec = VmSpec.of("redis:7").port(6379);
        return new Service("redis", spec, Service::ping);
    }

    static Service postgres() {
        VmSpec spec = VmSpec.of("postgres:15")
                .port(5432)
                .env("POSTGRES_PASSWORD", "test")
                .waitFor(Wait.exec("psql", "postgresql://postgres:test@127.0.0.1/postgres", "-c", "select 1"));
        return new Service("postgres", spec, Service::selectOne);
    }

    private static void ping(Vm vm) {
        try (Jedis redis = new Jedis("127.0.0.1", vm.port(6379).getPort())) {
            require("PONG", redis.ping());
        }
    }

    private static void selectOne(Vm vm) throws SQLException {
        String url = "jdbc:postgresql://127.0.0.1:" + vm.port(5432).getPort() + "/postgres";
        try (Connection connection = DriverManager.getConnection(url, "postgres", "test");
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("select 1")) {
            require("1", result.next() ? result.getString(1) : "no row");
        }
    }

    private static void require(String expected, String answer) {
        if (!answer.equals(expected)) {
            throw new IllegalStateException("The service answered " + answer + " instead of " + expected + ".");
        }
    }
}
