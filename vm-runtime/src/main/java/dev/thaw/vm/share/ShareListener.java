// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import java.nio.ByteBuffer;

/** What comes from the guest for one share. Told on the port's thread, which has to wait until it returns. */
interface ShareListener {
    /** The numbers of the user that ATTACH names; before any request. */
    void user(int uid, int gid);

    /** The folder is mounted. */
    void attached();

    /** It is not mounted, or not any more. */
    void refused(int errno, String message);

    /** A request of the guest's kernel; the buffer is the listener's, which gives it back to {@link MessageBuffers}. */
    void message(ByteBuffer request);

    /** A notification or a replay has been dealt with; errno 0 if it went well. */
    void done(int sequence, int errno);

    void detached();

    /** The port is gone, for this reason. Nothing more is told. */
    void failed(Throwable cause);
}
