// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static dev.thaw.snapshot.Bakes.PAGE;
import static dev.thaw.snapshot.Bakes.bake;
import static dev.thaw.snapshot.Bakes.key;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A store with one snapshot, and a lease for checkpoints of it. */
abstract class CheckpointFixture {
    @TempDir
    Path temporary;

    SnapshotStore store;
    Snapshot baked;
    Lease lease;

    @BeforeEach
    void bakeOne() throws IOException {
        store = SnapshotStore.open(temporary.resolve("store"));
        baked = bake(store, key("redis"));
        Leases leases = store.leases(temporary.resolve("run"));
        lease = leases.acquire(new LeaseInfo("Test", leases.runRoot().resolve("1"), Optional.of(baked.id())));
    }

    @AfterEach
    void endLease() {
        lease.close();
    }

    Snapshot checkpoint(Snapshot of, int page, byte[] content) throws IOException {
        return store.<IOException>checkpoint(of, lease, draft -> {
            draft.writeMemory((long) page * PAGE, ByteBuffer.wrap(content));
            Files.writeString(draft.deviceState(), "later devices");
        });
    }
}
