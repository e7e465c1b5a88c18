// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** What to change about a node; what is empty stays. */
public record AttributeChanges(
        OptionalInt permissions,
        OptionalInt uid,
        OptionalInt gid,
        OptionalLong size,
        Optional<Stamped> accessed,
        Optional<Stamped> modified) {

    /**
     * A time to set.
     * @param time null for the host's present time
     */
    public record Stamped(Attributes.Time time) {}
}
