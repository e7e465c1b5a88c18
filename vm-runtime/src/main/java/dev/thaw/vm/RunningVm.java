// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import dev.thaw.snapshot.Snapshot;
import dev.thaw.vm.bake.Plan;
import dev.thaw.vm.guest.ExecCall;
import dev.thaw.vm.instance.Instance;
import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.CloseStack;
import dev.thaw.vm.lifecycle.Deadline;
import dev.thaw.vm.share.Shares;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SortedMap;
import java.util.function.Consumer;

/** A VM that was thawed. */
final class RunningVm implements Vm {
    private static final Duration SHARE_TIMEOUT = Duration.ofSeconds(10);

    private final Plan plan;
    private final Instance instance;
    private final Shares shares;
    private final StartReport report;
    private final Snapshot source;
    private final Checkpointer checkpointer;
    private final Consumer<RunningVm> onClose;
    private volatile boolean closed;

    RunningVm(
            Plan plan,
            Instance instance,
            Shares shares,
            StartReport report,
            Snapshot source,
            Checkpointer checkpointer,
            Consumer<RunningVm> onClose) {
        this.plan = plan;
        this.instance = instance;
        this.shares = shares;
        this.report = report;
        this.source = source;
        this.checkpointer = checkpointer;
        this.onClose = onClose;
    }

    @Override
    public String name() {
        return plan.name();
    }

    @Override
    public String id() {
        return instance.id();
    }

    @Override
    public VmSpec spec() {
        return plan.spec();
    }

    @Override
    public InetSocketAddress port(int guestPort) {
        InetSocketAddress address = ports().get(guestPort);
        if (address == null) {
            throw new IllegalArgumentException("Port " + guestPort + " of " + name() + " is not forwarded; "
                    + (ports().isEmpty() ? "no port is" : ports().keySet() + " are")
                    + ". Give it to the spec with port(" + guestPort + ").");
        }
        return address;
    }

    @Override
    public SortedMap<Integer, InetSocketAddress> ports() {
        return instance.addresses();
    }

    @Override
    public ExecResult exec(String... argv) {
        return exec(ExecSpec.of(argv));
    }

    @Override
    public ExecResult exec(ExecSpec command) {
        Deadline deadline = Deadline.in(command.timeout());
        ExecCall call = instance.guest().exec(command);
        try {
            return Await.get(call.result(), deadline, "its end");
        } catch (IOException e) {
            call.kill("it was given up: " + e.getMessage());
            throw new GuestException(
                    "The command " + command.argv() + " in " + id() + " failed: " + e.getMessage() + obituary(), e);
        }
    }

    /** What a machine said last that has ended though nobody closed the VM, or what one lacks that has not. */
    private String obituary() {
        if (closed) {
            return "";
        }
        String words = instance.machine().hasEnded() ? instance.lastWords() : instance.shortage();
        return words.isEmpty() ? "" : "\n" + words;
    }

    @Override
    public Logs logs() {
        return instance.log();
    }

    @Override
    public Path console() {
        return instance.machine().console();
    }

    @Override
    public Checkpoint checkpoint() {
        return checkpointer.take(plan, source, instance);
    }

    @Override
    public Share share(Path folder, String mountPoint) {
        return share(ShareSpec.of(folder, mountPoint));
    }

    @Override
    public Share share(ShareSpec spec) {
        try {
            return shares.attach(spec, plan.service().user(), Deadline.in(SHARE_TIMEOUT));
        } catch (IOException e) {
            throw new GuestException(
                    "Could not share " + spec + " with " + id() + ": " + e.getMessage() + obituary(), e);
        }
    }

    @Override
    public void syncShares() {
        shares.sync();
    }

    @Override
    public StartReport startReport() {
        return report;
    }

    /** Whoever closes it second waits for the first one, too, and whoever is told finds nothing left of it. */
    @Override
    public void close() {
        closed = true;
        try {
            instance.close();
        } catch (CloseStack.CloseException e) {
            throw new VmException("Closing " + id() + " went wrong: " + e.getMessage(), e);
        } finally {
            onClose.accept(this);
        }
    }

    @Override
    public String toString() {
        return "Vm " + id();
    }
}
