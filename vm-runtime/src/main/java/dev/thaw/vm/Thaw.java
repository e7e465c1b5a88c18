// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

/**
 * Where VMs come from: the store of snapshots and the engine that runs them. Thread-safe. Closing it closes every VM
 * that it started.
 */
public interface Thaw extends AutoCloseable {

    /**
     * Opens the store and looks for an engine, as {@link ThawConfig#load()} says.
     *
     * @throws EngineUnavailableException if this machine can't run VMs
     * @throws VmException if the store can't be opened
     */
    static Thaw open() {
        return open(ThawConfig.load());
    }

    /**
     * Opens the store and looks for an engine; removes what killed JVMs left behind.
     *
     * @throws EngineUnavailableException if this machine can't run VMs
     * @throws VmException if the store can't be opened
     */
    static Thaw open(ThawConfig config) {
        return ThawRuntime.open(config);
    }

    /**
     * Thaws a new VM; bakes its snapshot first if the store has none. Returns when the service is ready.
     *
     * @throws ImageException if the image can't be used
     * @throws BakeException if the snapshot could not be made
     * @throws RestoreException if it could not be thawed
     * @throws NotReadyException if the service did not get ready in time
     * @throws IllegalStateException if this is closed
     */
    Vm start(VmSpec spec);

    /**
     * Thaws a new VM from a checkpoint, with an identity and ports of its own. Returns when the service is ready.
     *
     * @param checkpoint of this Thaw
     * @throws RestoreException if it could not be thawed
     * @throws NotReadyException if the service did not get ready in time
     * @throws IllegalStateException if this is closed
     */
    Vm start(Checkpoint checkpoint);

    /**
     * Makes sure that the store has a snapshot of the spec. Returns whether it had to be baked.
     *
     * @throws ImageException if the image can't be used
     * @throws BakeException if the snapshot could not be made
     * @throws NotReadyException if the service did not get ready in time
     * @throws IllegalStateException if this is closed
     */
    boolean bake(VmSpec spec);

    /** Closing twice is harmless, also from two threads at once: each returns when everything is closed. */
    @Override
    void close();
}
