// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.disk.FileState;
import java.util.List;
import java.util.Optional;

/** What a look at a snapshot's place in the store has found. */
sealed interface Look {

    /** Nothing there. */
    record Missing() implements Look {}

    /** All of it is there and right. */
    record Usable(Snapshot snapshot) implements Look {}

    /** Of another version of the format. */
    record OtherVersion(String found) implements Look {}

    /** A blob, and the file that was there for it, if any. */
    record Broken(Blob blob, Optional<FileState.Id> file) {}

    /** Not to be used. The blobs are those that are not right. */
    record Damaged(List<String> problems, List<Broken> blobs) implements Look {
        public Damaged {
            problems = List.copyOf(problems);
            blobs = List.copyOf(blobs);
        }

        /** A manifest that can't be used. */
        static Damaged manifest(String problem) {
            return new Damaged(List.of(problem), List.of());
        }
    }
}
