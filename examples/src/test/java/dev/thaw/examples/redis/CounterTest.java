// SPDX-License-Identifier: Apache-2.0
package dev.thaw.examples.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.junit.Guest;
import dev.thaw.junit.MicroVm;
import dev.thaw.junit.Port;
import dev.thaw.vm.Vm;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** The shortest suite: one annotation, a port, a client. */
@MicroVm(image = "redis:7", ports = 6379)
class CounterTest {
    @Port(6379)
    int port;

    @Guest
    Vm vm;

    @Test
    void counts() {
        try (RedisClient redis = RedisClient.create("127.0.0.1", port)) {
            assertThat(redis.incr("visits")).isEqualTo(1);
            assertThat(redis.incr("visits")).isEqualTo(2);
        }
        assertThat(vm.exec("redis-cli", "get", "visits").stdout()).isEqualTo("2\n");
    }
}
