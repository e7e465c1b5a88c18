// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.fuse.SessionRequest.Init;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import java.nio.ByteBuffer;

/** The connection's beginning and end. Thread-safe. */
final class SessionOperations {
    private static final int MAX_READ_AHEAD = 1 << 20;
    /** Requests of 1 MiB each: more than the host's disks want at once, and no more than the transport should hold. */
    private static final int MAX_BACKGROUND = 32;

    private static final int CONGESTION_THRESHOLD = 24;

    /** What the guest's kernel then drops only when it is told to. */
    private static final int WANTED_IF_WATCHING = FuseInitOut.EXPLICIT_INVAL_DATA | FuseInitOut.CACHE_SYMLINKS;

    /** What the guest's kernel is to do in any case, as far as it can. */
    private static final int WANTED = FuseInitOut.ASYNC_READ
            | FuseInitOut.POSIX_LOCKS
            | FuseInitOut.ATOMIC_O_TRUNC
            | FuseInitOut.BIG_WRITES
            | FuseInitOut.FLOCK_LOCKS
            | FuseInitOut.DO_READDIRPLUS
            | FuseInitOut.READDIRPLUS_AUTO
            | FuseInitOut.ASYNC_DIO
            | FuseInitOut.PARALLEL_DIROPS
            | FuseInitOut.MAX_PAGES_FLAG
            | FuseInitOut.HANDLE_KILLPRIV_V2;

    private enum State {
        NEW,
        RUNNING,
        DESTROYED
    }

    private final FuseOptions options;
    private volatile State state = State.NEW;

    SessionOperations(FuseOptions options) {
        this.options = options;
    }

    /** Whether requests of this kind are to be served now. */
    boolean admits(int opcode) {
        return state == State.RUNNING || (state == State.NEW && opcode == FuseOpcode.INIT);
    }

    void init(FuseCall call, Init request) throws ErrnoException {
        boolean newerMajor = Integer.compareUnsigned(request.major(), FuseInitOut.OUR_MAJOR) > 0;
        boolean tooOld = request.major() != FuseInitOut.OUR_MAJOR
                || Integer.compareUnsigned(request.minor(), FuseInitOut.OLDEST_MINOR) < 0;
        if (state != State.NEW) {
            throw new ErrnoException(Errno.EINVAL, "init", "for the second time");
        } else if (tooOld && !newerMajor) {
            String version =
                    Integer.toUnsignedString(request.major()) + "." + Integer.toUnsignedString(request.minor());
            throw new ErrnoException(Errno.EPROTO, "init", "of FUSE " + version + ", 7.31 is the oldest that serves");
        }
        // To a newer major version the answer is ours, and its kernel begins again with that.
        ByteBuffer room = FuseCall.room(FuseInitOut.SIZE);
        answer(request).put(room, FuseOutHeader.SIZE);
        if (!newerMajor) {
            state = State.RUNNING;
        }
        call.reply(room);
    }

    private FuseInitOut answer(Init request) {
        int wanted = WANTED
                | (options.writebackCache() ? FuseInitOut.WRITEBACK_CACHE : 0)
                | (options.watching() ? WANTED_IF_WATCHING : FuseInitOut.AUTO_INVAL_DATA);
        int readAhead = Integer.compareUnsigned(request.maxReadAhead(), MAX_READ_AHEAD) < 0
                ? request.maxReadAhead()
                : MAX_READ_AHEAD;
        return new FuseInitOut(
                readAhead,
                request.flags() & wanted,
                MAX_BACKGROUND,
                CONGESTION_THRESHOLD,
                options.maxIoBytes(),
                options.maxIoBytes() / FuseOptions.PAGE);
    }

    void destroy(FuseCall call) {
        state = State.DESTROYED;
        call.reply();
    }
}
