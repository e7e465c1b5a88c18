// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import java.io.IOException;

/** A decoded request: the fields of its struct, and what follows that. */
sealed interface FuseRequest
        permits NodeRequest, NameRequest, FileRequest, FolderRequest, AttributeRequest, LockRequest, SessionRequest {

    /** Does what it asks and answers the call; what is thrown is the answer of a call that has none. */
    void serve(FuseOperations operations, FuseCall call) throws IOException;

    /** Whether this may take longer than a small stat should wait for. */
    default boolean mayWait() {
        return false;
    }

    /**
     * Serves it if that takes no waiting.
     *
     * @return whether it was served
     */
    default boolean serveNow(FuseOperations operations, FuseCall call) throws IOException {
        if (mayWait()) {
            return false;
        }
        serve(operations, call);
        return true;
    }
}
