// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.Attributes;
import dev.thaw.devices.folder.Entry;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.LongPredicate;

/** For how long the guest may remember what it is told. Immutable, as long as the predicates are thread-safe. */
record Lifetimes(FuseOptions options, LongPredicate watched, LongPredicate unsettled) {

    /** Asked after the core has looked at the node, as it begins to watch what is looked at. */
    Duration of(long node) {
        return watched.test(node) ? options.lifetime() : options.unwatchedLifetime();
    }

    /**
     * What a name in a folder leads to, null if nothing. A name that is to be replayed may not be remembered: the replayer has to ask for
     * it, as the guest's kernel would raise no event for what it believes to have happened.
     */
    FuseEntryOut entry(long parent, Entry entry) {
        Duration ofName = unsettled.test(parent) ? Duration.ZERO : of(parent);
        return new FuseEntryOut(entry, ofName, entry == null ? Duration.ZERO : of(entry.node()));
    }

    void reply(FuseCall call, long parent, Entry entry) {
        ByteBuffer room = FuseCall.room(FuseEntryOut.SIZE);
        entry(parent, entry).put(room, FuseOutHeader.SIZE);
        call.reply(room);
    }

    void reply(FuseCall call, long node, Attributes attributes) {
        ByteBuffer room = FuseCall.room(FuseReplies.AttributesOut.SIZE);
        new FuseReplies.AttributesOut(attributes, of(node)).put(room, FuseOutHeader.SIZE);
        call.reply(room);
    }
}
