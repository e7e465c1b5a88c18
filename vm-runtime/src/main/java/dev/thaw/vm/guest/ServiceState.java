// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.guest;

import dev.thaw.vm.channel.ProtocolException;
import dev.thaw.vm.channel.WireReader;

/**
 * How the service is. Source: docs/guest-channel.md, WAIT.
 *
 * @param outOfMemory whether the guest's kernel killed a process for lack of memory since it booted
 * @param code exit status or signal number, 0 while it runs
 */
public record ServiceState(State state, boolean outOfMemory, int code) {

    /** In the order of their codes on the wire. */
    public enum State {
        NEVER_STARTED,
        RUNNING,
        EXITED,
        KILLED
    }

    static ServiceState read(WireReader in) throws ProtocolException {
        int state = in.u8();
        if (state >= State.values().length) {
            throw new ProtocolException(
                    "The guest says that its service is in state " + state + ", which does not exist.");
        }
        boolean outOfMemory = in.u8() != 0;
        in.u16();
        return new ServiceState(State.values()[state], outOfMemory, in.i32());
    }

    public boolean isRunning() {
        return state == State.RUNNING;
    }

    /** For a message, for example "exited with status 1". */
    public String describe() {
        String how = switch (state) {
            case NEVER_STARTED -> "was never started";
            case RUNNING -> "is running";
            case EXITED -> "exited with status " + code;
            case KILLED -> "was killed by signal " + code;
        };
        return outOfMemory ? how + " (the guest ran out of memory)" : how;
    }
}
