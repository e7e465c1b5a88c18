// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.util.List;

/** What a look at a key's place in the store has found. */
sealed interface Look {

    /** Nothing there. */
    record Missing() implements Look {}

    /** Usable, and its seals are unbroken. */
    record Sealed(Snapshot snapshot) implements Look {}

    /** Usable: a seal was broken, but the content is right (copied from another disk, for example). */
    record Resealable(Snapshot snapshot) implements Look {}

    /** Of another version of the format. */
    record OtherVersion(String found) implements Look {}

    /** Not to be used. */
    record Damaged(List<String> problems) implements Look {}
}
