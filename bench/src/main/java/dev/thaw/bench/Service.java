// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import dev.thaw.vm.VmSpec;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.List;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;
import redis.clients.jedis.Jedis;

/** What both sides run, and how a client tells that it works. */
interface Service {

    String name();

    int port();

    VmSpec spec();

    /** The peer's container, as its own documentation has people write it. */
    GenericContainer<?> container();

    /** Returns after the first correct answer. */
    void requireAnswer(String host, int port) throws Exception;

    static List<Service> all(Path images) {
        return List.of(new Redis(images), new Postgres(images));
    }

    /** Redis with its default configuration. */
    record Redis(Path images) implements Service {
        @Override
        public String name() {
            return "redis";
        }

        @Override
        public int port() {
            return 6379;
        }

        @Override
        public VmSpec spec() {
            return VmSpec.of("oci:" + images.resolve("redis")).port(port()).memory("256m");
        }

        @Override
        @SuppressWarnings("resource") // started and closed by the caller
        public GenericContainer<?> container() {
            return new GenericContainer<>(DockerImageName.parse("localhost/thaw-bench/redis:latest"))
                    .withExposedPorts(port());
        }

        @Override
        public void requireAnswer(String host, int port) {
            try (Jedis client = new Jedis(host, port)) {
                if (!client.ping().equals("PONG")) {
                    throw new IllegalStateException("Redis gave a wrong answer.");
                }
            }
        }
    }

    /** Postgres with a fresh cluster. */
    record Postgres(Path images) implements Service {
        private static final String READY = ".*database system is ready to accept connections.*";
        private static final String PASSWORD = "test";

        @Override
        public String name() {
            return "postgres";
        }

        @Override
        public int port() {
            return 5432;
        }

        @Override
        public VmSpec spec() {
            return VmSpec.of("oci:" + images.resolve("postgres"))
                    .port(port())
                    .memory("512m")
                    .env("POSTGRES_PASSWORD", PASSWORD)
                    .waitFor(dev.thaw.vm.Wait.exec(
                            "psql", "postgresql://postgres:" + PASSWORD + "@127.0.0.1/postgres", "-c", "select 1"));
        }

        @Override
        @SuppressWarnings("resource") // started and closed by the caller
        public GenericContainer<?> container() {
            return new GenericContainer<>(DockerImageName.parse("localhost/thaw-bench/postgres:latest"))
                    .withExposedPorts(port())
                    .withEnv("POSTGRES_PASSWORD", PASSWORD)
                    .waitingFor(Wait.forLogMessage(READY + "\\s", 2));
        }

        @Override
        public void requireAnswer(String host, int port) throws Exception {
            String url = "jdbc:postgresql://" + host + ":" + port + "/postgres";
            try (Connection connection = DriverManager.getConnection(url, "postgres", PASSWORD);
                    var statement = connection.createStatement();
                    ResultSet result = statement.executeQuery("select 6 * 7")) {
                if (!result.next() || result.getInt(1) != 42) {
                    throw new IllegalStateException("Postgres gave a wrong answer.");
                }
            }
        }
    }
}
