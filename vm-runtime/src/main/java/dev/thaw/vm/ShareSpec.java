// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * What folder of the host a VM is to see, where and how. Immutable; each method that takes a value gives a new one.
 *
 * <pre>{@code
 * ShareSpec.of(Path.of("src/test/resources/site"), "/srv/www").readOnly()
 * }</pre>
 */
public final class ShareSpec {
    private final Path folder;
    private final String mountPoint;
    private final boolean readOnly;
    private final Optional<Owner> owner;
    private final boolean events;

    /**
     * A user of the guest, by numbers.
     *
     * @param uid 0 or more
     * @param gid 0 or more
     */
    public record Owner(int uid, int gid) {
        public Owner {
            if (uid < 0 || gid < 0) {
                throw new IllegalArgumentException(
                        "User and group are numbers from 0 on, unlike " + uid + ":" + gid + ".");
            }
        }
    }

    private ShareSpec(Path folder, String mountPoint, boolean readOnly, Optional<Owner> owner, boolean events) {
        this.folder = folder;
        this.mountPoint = mountPoint;
        this.readOnly = readOnly;
        this.owner = owner;
        this.events = events;
    }

    /**
     * A folder that the guest may read and write, whose files belong to the service's user there.
     *
     * @param folder one that exists when the VM is started; a relative path is taken from this process's folder
     * @param mountPoint where the guest sees it, for example {@code /data}; made there if it is missing. What the image has there is hidden
     */
    public static ShareSpec of(Path folder, String mountPoint) {
        return new ShareSpec(folder.toAbsolutePath().normalize(), checked(mountPoint), false, Optional.empty(), true);
    }

    private static String checked(String mountPoint) {
        boolean up = mountPoint.equals("/..") || mountPoint.contains("/../") || mountPoint.endsWith("/..");
        if (!mountPoint.startsWith("/") || mountPoint.matches("/*") || up || mountPoint.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(
                    "A folder is shared at an absolute path below / and without '..', such as" + " \"/data\", unlike \""
                            + mountPoint.replace("\0", "\\0") + "\".");
        }
        return mountPoint.replaceAll("/+", "/").replaceAll("/$", "");
    }

    /** The guest may only read; nothing of what it tries reaches the host. */
    public ShareSpec readOnly() {
        return new ShareSpec(folder, mountPoint, true, owner, events);
    }

    /** Files of the host's user belong to this user in the guest, instead of the service's. */
    public ShareSpec owner(int uid, int gid) {
        return new ShareSpec(folder, mountPoint, readOnly, Optional.of(new Owner(uid, gid)), events);
    }

    /**
     * Programs in the guest that watch files, as for hot reload, get no events of what the host changes. They see the changes as before, and
     * nothing has to be done for them at each change.
     */
    public ShareSpec withoutEvents() {
        return new ShareSpec(folder, mountPoint, readOnly, owner, false);
    }

    /** The host's folder, absolute. */
    public Path folder() {
        return folder;
    }

    /** Where the guest sees it, absolute, without a slash at the end. */
    public String mountPoint() {
        return mountPoint;
    }

    public boolean isReadOnly() {
        return readOnly;
    }

    /** Whom files belong to in the guest; empty: the service's user. */
    public Optional<Owner> owner() {
        return owner;
    }

    /** Whether programs in the guest that watch files get events of what the host changes, as inotify and fanotify have them. */
    public boolean hasEvents() {
        return events;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ShareSpec spec
                && folder.equals(spec.folder)
                && mountPoint.equals(spec.mountPoint)
                && readOnly == spec.readOnly
                && owner.equals(spec.owner)
                && events == spec.events;
    }

    @Override
    public int hashCode() {
        return Objects.hash(folder, mountPoint, readOnly, owner, events);
    }

    /** As one would write it for a container: {@code /home/me/site:/srv/www:ro}. */
    @Override
    public String toString() {
        return folder + ":" + mountPoint + (readOnly ? ":ro" : "");
    }
}
