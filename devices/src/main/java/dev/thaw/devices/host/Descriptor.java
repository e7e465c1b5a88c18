// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.IntConsumer;

/**
 * A file descriptor. It is closed when its owner has closed it and nobody holds it any more, so a number is never used after
 * the kernel has given it to another file. Thread-safe.
 *
 * <p>Whoever uses one that somebody else may close, holds it meanwhile: {@link #tryHold}, then {@link #letGo} in a finally.
 */
public final class Descriptor implements AutoCloseable {
    private static final VarHandle HOLDS;
    private static final VarHandle OWNED;

    static {
        try {
            HOLDS = MethodHandles.lookup().findVarHandle(Descriptor.class, "holds", int.class);
            OWNED = MethodHandles.lookup().findVarHandle(Descriptor.class, "owned", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int number;
    private final IntConsumer closer;
    private volatile int holds = 1;
    private volatile boolean owned = true;

    /** @param closer closes the number, and reports by itself if that fails */
    Descriptor(int number, IntConsumer closer) {
        this.number = number;
        this.closer = closer;
    }

    /** Of one that is held or owned by the caller. */
    int number() {
        if (holds <= 0) {
            throw new IllegalStateException("descriptor " + number + " is closed already");
        }
        return number;
    }

    /** A path that leads to its very file, whatever that is called, on Linux and for as long as it is held or owned. */
    public Path path() {
        return Path.of("/proc/self/fd/" + number());
    }

    /** Keeps it open until {@link #letGo}. Says no if it is closed, or is to be once others have let go. */
    public boolean tryHold() {
        while (owned) {
            int now = holds;
            if (now <= 0) {
                return false;
            }
            if (HOLDS.compareAndSet(this, now, now + 1)) {
                return true;
            }
        }
        return false;
    }

    /** Ends one hold. */
    public void letGo() {
        if ((int) HOLDS.getAndAdd(this, -1) == 1) {
            closer.accept(number);
            synchronized (this) {
                notifyAll();
            }
        }
    }

    /** Closes it, once nobody holds it. Does nothing the second time, and does not wait. */
    @Override
    public void close() {
        if ((boolean) OWNED.getAndSet(this, false)) {
            letGo();
        }
    }

    /**
     * Closes it and waits for those that hold it; after the time given the last of them closes it without being waited for.
     *
     * @return whether it is closed now
     */
    public boolean closeAndWait(Duration most) {
        close();
        long end = System.nanoTime() + most.toNanos();
        boolean interrupted = false;
        synchronized (this) {
            while (holds > 0 && System.nanoTime() - end < 0) {
                try {
                    wait(10);
                } catch (InterruptedException e) {
                    interrupted = true;
                    break;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return holds <= 0;
    }
}
