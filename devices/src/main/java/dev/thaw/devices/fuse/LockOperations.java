// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.FileLock;
import dev.thaw.devices.folder.FileTree;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/** Locks of files, and the requests that wait for one. Thread-safe. */
final class LockOperations {
    private final FileTree tree;
    private final Executor executor;
    private final int maxWaiting;
    /** By the requests' numbers, as they are interrupted by them. */
    private final Map<Long, LockWait> waiting = new ConcurrentHashMap<>();

    LockOperations(FileTree tree, Executor executor, int maxWaiting) {
        this.tree = tree;
        this.executor = executor;
        this.maxWaiting = maxWaiting;
    }

    void conflicting(FuseCall call, LockRequest.Conflicting request) throws IOException {
        Optional<FileLock> conflict = tree.conflicting(request.handle(), request.lock());
        FileLock asked = request.lock();
        FileLock none = new FileLock(
                asked.kind(), FileLock.Type.UNLOCK, asked.owner(), asked.start(), asked.end(), asked.pid());
        ByteBuffer room = FuseCall.room(FuseReplies.LockOut.SIZE);
        new FuseReplies.LockOut(conflict.orElse(none)).put(room, FuseOutHeader.SIZE);
        call.reply(room);
    }

    void tryLock(FuseCall call, LockRequest.Try request) throws IOException {
        if (!tree.tryLock(request.handle(), request.lock())) {
            throw new ErrnoException(Errno.EAGAIN, "lock", "of " + request.lock());
        }
        call.reply();
    }

    void await(FuseCall call, LockRequest.Wait request) throws IOException {
        if (tree.tryLock(request.handle(), request.lock())) {
            call.reply();
            return;
        }
        if (waiting.size() >= maxWaiting) {
            throw new ErrnoException(Errno.ENOLCK, "lock", "while " + maxWaiting + " requests wait for one");
        }
        LockWait wait = new LockWait(tree, request, call, executor);
        if (waiting.putIfAbsent(call.unique(), wait) != null) {
            throw new ErrnoException(Errno.EINVAL, "lock", "by a request whose number is in use");
        }
        call.answerLater();
        wait.start(() -> waiting.remove(call.unique(), wait));
    }

    /** Ends a request's wait, if it has one. */
    void interrupt(long unique) {
        LockWait wait = waiting.get(unique);
        if (wait != null) {
            wait.cancel(Errno.EINTR);
        }
    }

    int waiting() {
        return waiting.size();
    }

    /** Ends all waits; when this returns, none of them uses the tree any more. */
    void cancelAll() {
        List.copyOf(waiting.values()).forEach(wait -> wait.cancel(Errno.EINTR));
    }
}
