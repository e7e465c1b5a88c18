// SPDX-License-Identifier: Apache-2.0
package dev.thaw.examples.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.junit.Port;
import java.net.URI;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.params.SetParams;
import redis.clients.jedis.params.ZRangeParams;

/** One client for the class, made from a URI; a nested class uses the same Redis. */
@OurRedis
class LeaderboardTest {
    private static RedisClient redis;

    @BeforeAll
    static void connect(@Port(uri = "redis://{host}:{port}") URI uri) {
        redis = RedisClient.create(uri);
        assertThat(redis.incr("visits")).as("nobody has been here before").isEqualTo(1);
    }

    @AfterAll
    static void disconnect() {
        redis.close();
    }

    @Test
    void the_best_come_first() {
        redis.zadd("scores", 10, "ann");
        redis.zadd("scores", 30, "bob");
        redis.zadd("scores", 20, "eve");

        assertThat(redis.zrange("scores", ZRangeParams.zrangeParams(0, 1).rev()))
                .containsExactly("bob", "eve");
    }

    @Nested
    class Expiry {
        @Test
        void keys_can_have_a_time_to_live() {
            redis.set("token", "secret", SetParams.setParams().ex(60));

            assertThat(redis.ttl("token")).isBetween(1L, 60L);
        }
    }
}
