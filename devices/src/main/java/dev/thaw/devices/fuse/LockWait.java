// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.FileTree;
import dev.thaw.devices.host.Errno;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * A request that waits for a lock. No thread waits with it: it tries again each time that the core says that one may be
 * free. Thread-safe: tries and the end happen under its monitor, so that a lock is never gained for a request that
 * has been told that it was interrupted.
 */
final class LockWait {
    private final FileTree tree;
    private final LockRequest.Wait request;
    private final FuseCall call;
    private final Executor executor;
    private Runnable whenEnded;
    private Runnable stopListening = () -> {};
    private boolean ended;

    LockWait(FileTree tree, LockRequest.Wait request, FuseCall call, Executor executor) {
        this.tree = tree;
        this.request = request;
        this.call = call;
        this.executor = executor;
    }

    /** Tries until it is done. What is given runs when it is, before the answer. */
    synchronized void start(Runnable action) {
        whenEnded = action;
        attempt();
    }

    /** Listens before it tries: what is given back in between is heard, and what was given back before is there. */
    private synchronized void attempt() {
        if (ended) {
            return;
        }
        try {
            stopListening = tree.onUnlock(request.handle(), this::attemptElsewhere);
            // A try may itself set off what is listened for, and an executor that runs things at once gets here
            // meanwhile.
            if (tree.tryLock(request.handle(), request.lock()) && !ended) {
                end();
                call.reply();
            }
        } catch (IOException | RuntimeException e) {
            if (!ended) {
                end();
                Failures.answer(call, e);
            }
        }
    }

    /** Not on the thread of whoever unlocked, which may hold what tries need. */
    private void attemptElsewhere() {
        try {
            executor.execute(this::attempt);
        } catch (RejectedExecutionException e) {
            cancel(Errno.EINTR);
        }
    }

    synchronized void cancel(Errno reason) {
        if (!ended) {
            end();
            call.fail(reason);
        }
    }

    private void end() {
        ended = true;
        stopListening.run();
        whenEnded.run();
    }
}
