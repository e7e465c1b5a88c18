// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import dev.thaw.vm.Checkpoint;
import dev.thaw.vm.Thaw;
import dev.thaw.vm.Vm;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;

/** Checkpoints of a restored Redis of 256 MiB that has taken in 5 MB. */
final class CheckpointBench {
    private static final int WARM_UPS = 3;
    private static final int RUNS = 15;
    private static final int KEYS = 5000;
    private static final int VALUE_BYTES = 1000;

    private final Path images;
    private final Path scratch;
    private final Series taken = new Series();
    private final Series started = new Series();

    CheckpointBench(Path images, Path scratch) {
        this.images = images;
        this.scratch = scratch;
    }

    void run() {
        Service redis = new Service.Redis(images);
        try (Thaw thaw = Thaw.open(StoreBench.config(scratch, true))) {
            for (int i = 0; i < WARM_UPS; i++) {
                run(thaw, redis, new Series(), new Series());
            }
            for (int i = 0; i < RUNS; i++) {
                run(thaw, redis, taken, started);
            }
        }
    }

    private static void run(Thaw thaw, Service redis, Series taken, Series started) {
        try (Vm vm = thaw.start(redis.spec())) {
            InetSocketAddress address = vm.port(redis.port());
            fill(address);
            long start = System.nanoTime();
            try (Checkpoint checkpoint = vm.checkpoint()) {
                taken.add(Duration.ofNanos(System.nanoTime() - start));
                start = System.nanoTime();
                try (Vm copy = thaw.start(checkpoint)) {
                    requireKeys(copy.port(redis.port()));
                    started.add(Duration.ofNanos(System.nanoTime() - start));
                }
            }
        }
    }

    private static void fill(InetSocketAddress address) {
        Random random = new Random(1);
        try (Jedis client = new Jedis(address.getHostString(), address.getPort());
                Pipeline pipeline = client.pipelined()) {
            for (int i = 0; i < KEYS; i++) {
                byte[] value = new byte[VALUE_BYTES];
                random.nextBytes(value);
                pipeline.set(("key" + i).getBytes(java.nio.charset.StandardCharsets.US_ASCII), value);
            }
            pipeline.sync();
        }
    }

    private static void requireKeys(InetSocketAddress address) {
        try (Jedis client = new Jedis(address.getHostString(), address.getPort())) {
            if (client.dbSize() != KEYS) {
                throw new IllegalStateException("The copy has " + client.dbSize() + " keys.");
            }
        }
    }

    double medianMillis() {
        return taken.medianMillis();
    }

    void print() {
        Table.head();
        Table.row("checkpoint of Redis with 5 MB changed, synced", taken);
        Table.row("start from it to the first answer", started);
    }
}
