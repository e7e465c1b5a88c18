// SPDX-License-Identifier: Apache-2.0
package dev.thaw.examples.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.junit.Port;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** A suite that no shared server would survive: it throws everything away. */
@OurRedis
class FlushTest {
    @Port
    private String hostAndPort;

    private RedisClient redis;

    @BeforeEach
    void connect(@Port int port) {
        redis = RedisClient.create("127.0.0.1", port);
        assertThat(hostAndPort).isEqualTo("127.0.0.1:" + port);
    }

    @Test
    void flushes_nobody_else_s_keys() {
        assertThat(redis.incr("visits")).as("nobody has been here before").isEqualTo(1);

        redis.flushAll();

        assertThat(redis.dbSize()).isZero();
        redis.close();
    }
}
