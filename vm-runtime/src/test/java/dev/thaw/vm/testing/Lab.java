// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.testing;

import dev.thaw.guest.Architecture;
import dev.thaw.guest.Boot;
import dev.thaw.guest.GuestKit;
import dev.thaw.image.ImageStore;
import dev.thaw.snapshot.Leases;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.vm.Thaw;
import dev.thaw.vm.ThawConfig;
import dev.thaw.vm.VmSpec;
import dev.thaw.vm.bake.Plan;
import dev.thaw.vm.bake.Planner;
import dev.thaw.vm.engine.ChangedMemory;
import dev.thaw.vm.engine.Engine;
import dev.thaw.vm.engine.MachineSpec;
import dev.thaw.vm.instance.Instance;
import dev.thaw.vm.instance.InstanceId;
import dev.thaw.vm.instance.RunFolder;
import dev.thaw.vm.lifecycle.CloseStack;
import dev.thaw.vm.lifecycle.Deadline;
import dev.thaw.vm.qemu.QemuEngine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;

/** Machines of one spec below the public API: restored from its snapshot, and from files that a test has made. */
public final class Lab implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int PIECE = 64 * 1024;

    private final CloseStack resources;
    private final Leases leases;
    private final Engine engine;
    private final Plan plan;
    private final Snapshot snapshot;

    private Lab(CloseStack resources, Leases leases, Engine engine, Plan plan, Snapshot snapshot) {
        this.resources = resources;
        this.leases = leases;
        this.engine = engine;
        this.plan = plan;
        this.snapshot = snapshot;
    }

    /** What a machine is restored from. */
    public record Frozen(Path memory, Path deviceState) {}

    /** Bakes the spec if nobody has. */
    public static Lab of(VmSpec spec) {
        ThawConfig config = ThawConfig.load();
        try (Thaw thaw = Thaw.open()) {
            thaw.bake(spec);
        }
        try (CloseStack undo = new CloseStack()) {
            SnapshotStore store = undo.push(SnapshotStore.open(config.home().resolve("snapshots")));
            ImageStore images = undo.push(ImageStore.open(config.home().resolve("images")));
            Boot boot = GuestKit.prepare(config.home().resolve("guest"), config.kernel(), Architecture.X86_64);
            Engine engine = undo.push(QemuEngine.open(config, boot));
            Plan plan = new Planner(images, boot, engine).plan(spec);
            Snapshot snapshot = store.find(plan.key()).orElseThrow();
            return new Lab(undo.move(), store.leases(RunFolder.root()), engine, plan, snapshot);
        }
    }

    public static Deadline soon() {
        return Deadline.in(PATIENCE);
    }

    public Engine engine() {
        return engine;
    }

    public Frozen baked() {
        return new Frozen(snapshot.memory(), snapshot.deviceState());
    }

    public long memoryBytes() {
        return plan.spec().memoryBytes();
    }

    /** A machine with a run folder that its owner has made. */
    public MachineSpec machine(Path runFolder, Path memory) {
        return plan.machine(InstanceId.of(plan.name()), runFolder, memory);
    }

    /** Boots a machine in which nothing is started. */
    public Instance boot(Path memory) throws IOException {
        String id = InstanceId.of(plan.name());
        RunFolder run = RunFolder.create(leases, id, Optional.empty());
        return Instance.boot(engine, plan.machine(id, run.path(), memory), run, plan.ports(), soon());
    }

    /** A machine that runs, with its ports open. */
    public Instance restore(Frozen from) throws IOException {
        String id = InstanceId.of(plan.name());
        RunFolder run = RunFolder.create(leases, id, Optional.empty());
        Instance instance = Instance.restore(
                engine, plan.machine(id, run.path(), from.memory()), from.deviceState(), run, plan.ports(), soon());
        try {
            instance.resume(soon());
            instance.openPorts(soon());
            return instance;
        } catch (IOException | RuntimeException e) {
            instance.close();
            throw e;
        }
    }

    /** Takes a checkpoint into two files of that name in a folder. */
    public Frozen checkpoint(Instance instance, Frozen parent, Path folder, String name) throws IOException {
        Frozen frozen = new Frozen(folder.resolve(name + ".memory"), folder.resolve(name + ".state"));
        copySparse(parent.memory(), frozen.memory());
        instance.checkpoint(frozen.deviceState(), changed -> write(changed, frozen.memory()), soon());
        return frozen;
    }

    /** Copies a file and leaves holes where it is zero. */
    public static void copySparse(Path from, Path to) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocateDirect(PIECE);
        ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
        try (FileChannel in = FileChannel.open(from);
                SparseFile out = SparseFile.create(to, in.size())) {
            while (in.read(piece.clear()) >= 0) {
                long end = in.position();
                piece.flip();
                if (piece.mismatch(zeros.slice(0, piece.limit())) >= 0) {
                    out.write(piece, end - piece.limit());
                }
            }
        }
    }

    /** Writes what has changed over a copy of the parent's memory. */
    public static void write(ChangedMemory changed, Path memory) throws IOException {
        try (SparseFile out = new SparseFile(FileChannel.open(memory, StandardOpenOption.WRITE))) {
            changed.read((offset, bytes) -> out.write(bytes, offset));
        }
    }

    private record SparseFile(FileChannel channel) implements AutoCloseable {
        static SparseFile create(Path file, long length) throws IOException {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            SparseFile made = new SparseFile(channel);
            made.write(ByteBuffer.allocate(1), length - 1);
            return made;
        }

        void write(ByteBuffer bytes, long offset) throws IOException {
            long at = offset;
            while (bytes.hasRemaining()) {
                at += channel.write(bytes, at);
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    @Override
    public void close() {
        resources.close();
    }
}
