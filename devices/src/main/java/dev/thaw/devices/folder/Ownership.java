// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.host.HostFiles;
import dev.thaw.devices.host.HostStat;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Whom files belong to in the guest: the developer's to the service, others' to nobody, and those that the guest gave to
 * somebody to him, which is remembered here for as long as the share lives and never reaches the host. Thread-safe.
 */
final class Ownership {
    /** Linux's overflow user and group. Source: proc_sys_fs(5). */
    private static final int NOBODY = 65534;

    private record Owner(int uid, int gid) {}

    private final FolderOptions options;
    private final int hostUid;
    private final int hostGid;
    private final ConcurrentHashMap<Identity, Owner> remembered = new ConcurrentHashMap<>();

    Ownership(FolderOptions options, HostFiles files) {
        this.options = options;
        this.hostUid = files.userId();
        this.hostGid = files.groupId();
    }

    int uid(Identity file, HostStat stat) {
        Owner owner = remembered.isEmpty() ? null : remembered.get(file);
        return owner != null ? owner.uid : stat.uid() == hostUid ? options.serviceUid() : NOBODY;
    }

    int gid(Identity file, HostStat stat) {
        Owner owner = remembered.isEmpty() ? null : remembered.get(file);
        return owner != null ? owner.gid : stat.gid() == hostGid ? options.serviceGid() : NOBODY;
    }

    /** Before somebody makes a file: whether it can be remembered that it is his. */
    void requireRoom(Caller caller) throws ErrnoException {
        boolean service = caller.uid() == options.serviceUid() && caller.gid() == options.serviceGid();
        if (!service && remembered.size() >= options.maxRememberedOwners()) {
            throw full();
        }
    }

    /** A file that somebody in the guest has just made. */
    void made(Identity file, HostStat stat, Caller caller) {
        if (uid(file, stat) != caller.uid() || gid(file, stat) != caller.gid()) {
            remembered.put(file, new Owner(caller.uid(), caller.gid()));
        }
    }

    private ErrnoException full() {
        return new ErrnoException(Errno.EDQUOT, "owner", "more than " + options.maxRememberedOwners() + " files");
    }

    void change(Identity file, HostStat stat, OptionalInt uid, OptionalInt gid) throws ErrnoException {
        Owner now = new Owner(uid.orElseGet(() -> uid(file, stat)), gid.orElseGet(() -> gid(file, stat)));
        if (now.uid == uid(file, stat) && now.gid == gid(file, stat)) {
            return;
        }
        if (remembered.size() >= options.maxRememberedOwners() && !remembered.containsKey(file)) {
            throw full();
        }
        remembered.put(file, now);
    }

    /** The file is no more. */
    void gone(Identity file) {
        remembered.remove(file);
    }
}
