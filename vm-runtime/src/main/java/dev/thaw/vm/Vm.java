// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.SortedMap;

/**
 * A running VM, thawed from a snapshot: private, copy-on-write, gone when closed. Thread-safe.
 *
 * <p>Every call that needs the guest fails with {@link GuestException} once the VM is closed or has died; in the latter case
 * its message has the ends of the service's log and of the console, and how the machine ended.
 */
public interface Vm extends AutoCloseable {

    /** The spec's name, or one derived from its image, for example {@code redis}. */
    String name();

    /** Identifies this copy among all of this machine: the name and a random part, for example {@code redis-4f9a02}. */
    String id();

    /** What it was started from. */
    VmSpec spec();

    /**
     * The host's address that leads to a port of the guest: 127.0.0.1 and a free port number.
     *
     * @param guestPort a TCP port that the spec names, or else the image
     * @throws IllegalArgumentException if neither names it; the message says which there are
     */
    InetSocketAddress port(int guestPort);

    /** The ports that are forwarded, and where each leads from; unmodifiable, in ascending order, possibly empty. */
    SortedMap<Integer, InetSocketAddress> ports();

    /**
     * Runs a command in the guest as the service's user, in its folder and with its environment, without standard
     * input, and waits for it, at most a minute.
     *
     * @param argv the program, looked up in PATH if it has no slash, and its arguments
     * @throws GuestException if it can't be run or does not end in time (it is killed then), or writes more than 16 MiB
     */
    ExecResult exec(String... argv);

    /**
     * Runs a command with everything that {@link ExecSpec} lets one choose.
     *
     * @throws GuestException if it can't be run or does not end in time (it is killed then), or writes more than 16 MiB
     */
    ExecResult exec(ExecSpec command);

    /** What the service wrote. */
    Logs logs();

    /** What the guest's kernel and the agent wrote to the console, a text file on the host, capped at 4 MiB. */
    Path console();

    /**
     * Takes the VM as it is at this moment, memory, devices and scratch disk, and lets it run on with its connections and commands. Only what
     * has changed since the start is written; the VM stands still for some ten milliseconds.
     *
     * @throws VmException if it can't be taken; the VM runs on
     */
    Checkpoint checkpoint();

    /**
     * Lets the VM see a folder of the host live, from now on until the share or the VM is closed. Its files belong to the service's user there,
     * and to this process's user on the host.
     *
     * @param folder one that exists
     * @param mountPoint where the guest sees it, for example {@code /data}; made there if it is missing. What the image has there is hidden
     * @throws GuestException if the folder does not exist or the guest can't mount it
     */
    Share share(Path folder, String mountPoint);

    /**
     * Shares a folder with everything that {@link ShareSpec} lets one choose.
     *
     * @throws GuestException if the folder does not exist or the guest can't mount it
     */
    Share share(ShareSpec spec);

    /**
     * Syncs all shared folders; see {@link Share#sync}.
     *
     * @throws GuestException if the guest does not answer
     */
    void syncShares();

    /** How it was started and what that took. */
    StartReport startReport();

    /**
     * Ends the VM at once, its connections with it, and removes what it kept on disk. Closing twice is harmless.
     *
     * @throws VmException if something of it could not be ended or removed; all else has been
     */
    @Override
    void close();
}
