// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.agent;

import static org.assertj.core.api.BDDAssertions.then;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** What a command gave until its END. */
record Outcome(String output, String error, int state, int status) {

    /** Takes all of the stream's frames, and grants whatever comes. */
    static Outcome of(AgentProcess agent, int stream) throws IOException {
        ByteArrayOutputStream[] outputs = {new ByteArrayOutputStream(), new ByteArrayOutputStream()};
        for (Frame frame = agent.frame(); ; frame = agent.frame()) {
            then(frame.stream()).isEqualTo(stream);
            switch (frame.type()) {
                case Frame.DATA -> {
                    outputs[frame.flag()].writeBytes(frame.payload());
                    agent.grant(stream, frame.payload().length);
                }
                case Frame.OPENED, Frame.EOF, Frame.WINDOW -> {}
                case Frame.END -> {
                    return new Outcome(
                            outputs[0].toString(StandardCharsets.UTF_8),
                            outputs[1].toString(StandardCharsets.UTF_8),
                            frame.body().get(0),
                            frame.body().getInt(4));
                }
                default -> throw new AssertionError(frame.toString());
            }
        }
    }
}
