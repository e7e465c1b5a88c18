// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * What a VM is made from. Immutable; each method that takes a value gives a new spec.
 *
 * <pre>{@code
 * VmSpec.of("postgres:15").port(5432).env("POSTGRES_PASSWORD", "test")
 *       .waitFor(Wait.log("ready to accept connections").times(2))
 * }</pre>
 *
 * <p>All of it but the name, the shared folders and the timeouts is part of the snapshot's identity: equal specs share a snapshot, and any
 * change bakes a new one.
 */
public final class VmSpec {
    private static final long DEFAULT_MEMORY_BYTES = 512L << 20;
    private static final int MAX_CPUS = 32;

    private final Fields fields;

    /** The mutable draft that a changed copy is made with; never changed once a spec holds it. */
    private static final class Fields implements Cloneable {
        private String image = "";
        private Optional<String> name = Optional.empty();
        private List<Integer> ports = List.of();
        private SortedMap<String, String> env = Collections.emptySortedMap();
        private Optional<List<String>> entrypoint = Optional.empty();
        private Optional<List<String>> command = Optional.empty();
        private String user = "";
        private long memoryBytes = DEFAULT_MEMORY_BYTES;
        private long diskBytes;
        private int cpus = 1;
        private boolean addressRandomization;
        private List<Wait> waits = List.of();
        private List<ShareSpec> shares = List.of();
        private Duration bakeTimeout = Duration.ofMinutes(3);
        private Duration readyTimeout = Duration.ofSeconds(10);

        private Fields copy() {
            try {
                return (Fields) clone();
            } catch (CloneNotSupportedException e) {
                throw new AssertionError(e);
            }
        }

        private List<Object> values() {
            return List.of(
                    image,
                    name,
                    ports,
                    env,
                    entrypoint,
                    command,
                    user,
                    memoryBytes,
                    diskBytes,
                    cpus,
                    addressRandomization,
                    waits,
                    shares,
                    bakeTimeout,
                    readyTimeout);
        }
    }

    private VmSpec(Fields fields) {
        this.fields = fields;
    }

    /**
     * A spec of an image, with everything else as the image has it, 512 MiB of memory and one CPU.
     *
     * @param image a name as Docker reads it, such as {@code postgres:16}, or {@code oci:FOLDER[:TAG]}, {@code
     *     oci-archive:FILE[:TAG]}, {@code docker-archive:FILE[:NAME:TAG]}
     */
    public static VmSpec of(String image) {
        if (image.isBlank()) {
            throw new IllegalArgumentException("A VM needs an image, for example \"redis:7\".");
        }
        Fields fields = new Fields();
        fields.image = image;
        return new VmSpec(fields);
    }

    private VmSpec with(Consumer<Fields> change) {
        Fields changed = fields.copy();
        change.accept(changed);
        return new VmSpec(changed);
    }

    /**
     * The name that begins the VM's id and its guest's host name ({@code db-4f9a02}); from the image if none is given.
     *
     * @param name 1 to 40 letters, digits and dashes, beginning with a letter
     */
    public VmSpec name(String name) {
        if (!name.matches("[A-Za-z][A-Za-z0-9-]{0,39}")) {
            throw new IllegalArgumentException(
                    "A VM's name is 1 to 40 letters, digits and dashes and begins with a letter, unlike '" + name
                            + "'.");
        }
        return with(f -> f.name = Optional.of(name));
    }

    /**
     * Adds TCP ports of the guest that the host is to reach. Without any, the image's own exposed ports are taken. When
     * a snapshot is baked, each is connected to once and closed again before the freeze, so that the way to the service
     * is in memory; the service may log that.
     */
    public VmSpec port(int... ports) {
        List<Integer> more = new ArrayList<>(fields.ports);
        for (int port : ports) {
            requirePort(port);
            if (!more.contains(port)) {
                more.add(port);
            }
        }
        return with(f -> f.ports = List.copyOf(more));
    }

    /** Adds a variable to the image's environment, or replaces it there. */
    public VmSpec env(String name, String value) {
        SpecChecks.requireEnvironment(name, value);
        TreeMap<String, String> more = new TreeMap<>(fields.env);
        more.put(name, value);
        return with(f -> f.env = Collections.unmodifiableSortedMap(more));
    }

    /** Replaces the image's entrypoint; its command is dropped unless {@link #command} gives one, as Docker does it. */
    public VmSpec entrypoint(String... argv) {
        List<String> copy = List.of(argv);
        return with(f -> f.entrypoint = Optional.of(copy));
    }

    /** Replaces the image's command. */
    public VmSpec command(String... argv) {
        List<String> copy = List.of(argv);
        return with(f -> f.command = Optional.of(copy));
    }

    /** Replaces the image's user: a name, a number, or either with {@code :group} behind it. */
    public VmSpec user(String user) {
        return with(f -> f.user = Objects.requireNonNull(user));
    }

    /**
     * The guest's memory; 512 MiB if not given.
     *
     * @param size a whole number and a unit, {@code k}, {@code m} or {@code g} (powers of 1024): "512m"; 96m to 64g
     */
    public VmSpec memory(String size) {
        return memoryBytes(ByteSize.memory(size));
    }

    /** The guest's memory in bytes, a whole number of MiB from 96 MiB to 64 GiB. */
    public VmSpec memoryBytes(long bytes) {
        ByteSize.requireMemory(bytes);
        return with(f -> f.memoryBytes = bytes);
    }

    /**
     * Keeps what the guest writes on an ext4 scratch disk instead of in its memory: room for large data. It is frozen together
     * with the memory, and each thawed VM has a private copy of it. On the host it takes only as much as is on it.
     *
     * @param size a whole number and a unit, {@code m}, {@code g} or {@code t} (powers of 1024): "4g"; 32m to 1t
     */
    public VmSpec disk(String size) {
        return diskBytes(ByteSize.disk(size));
    }

    /** The scratch disk's size in bytes, a whole number of MiB from 32 MiB to 1 TiB; see {@link #disk}. */
    public VmSpec diskBytes(long bytes) {
        ByteSize.requireDisk(bytes);
        return with(f -> f.diskBytes = bytes);
    }

    /** How many CPUs the guest has, 1 to 32; one if not given. */
    public VmSpec cpus(int cpus) {
        if (cpus < 1 || cpus > MAX_CPUS) {
            throw new IllegalArgumentException("A VM has 1 to " + MAX_CPUS + " CPUs, not " + cpus + ".");
        }
        return with(f -> f.cpus = cpus);
    }

    /**
     * Whether the guest's kernel and programs choose their addresses at random, for services that insist on it; not if not
     * given. Snapshots of one image share few blocks with it.
     */
    public VmSpec addressRandomization(boolean on) {
        return with(f -> f.addressRandomization = on);
    }

    /** Adds conditions that make the service ready, waited for in order; {@link Wait#image()} if none is given. */
    public VmSpec waitFor(Wait... waits) {
        List<Wait> more = new ArrayList<>(fields.waits);
        more.addAll(List.of(waits));
        return with(f -> f.waits = List.copyOf(more));
    }

    /**
     * Shares a folder of the host with each VM that is started from this, before its service goes on. One snapshot serves
     * all folders.
     */
    public VmSpec share(Path folder, String mountPoint) {
        return share(ShareSpec.of(folder, mountPoint));
    }

    /**
     * Shares folders of the host with everything that {@link ShareSpec} lets one choose.
     *
     * @throws IllegalArgumentException if two of them have the same mount point
     */
    public VmSpec share(ShareSpec... shares) {
        List<ShareSpec> more = new ArrayList<>(fields.shares);
        for (ShareSpec share : shares) {
            SpecChecks.requireFree(share, more);
            more.add(share);
        }
        return with(f -> f.shares = List.copyOf(more));
    }

    /** How long a bake may take from the start of the machine until it is frozen; 3 minutes if not given, at most 365 days. */
    public VmSpec bakeTimeout(Duration timeout) {
        SpecChecks.requireTimeout("The bake", timeout);
        return with(f -> f.bakeTimeout = timeout);
    }

    /** How long a thawed VM may take until its ports are listening again; 10 seconds if not given, at most 365 days. */
    public VmSpec readyTimeout(Duration timeout) {
        SpecChecks.requireTimeout("The ready", timeout);
        return with(f -> f.readyTimeout = timeout);
    }

    public String image() {
        return fields.image;
    }

    /** The name as given, if it was. */
    public Optional<String> name() {
        return fields.name;
    }

    public List<Integer> ports() {
        return fields.ports;
    }

    public SortedMap<String, String> env() {
        return fields.env;
    }

    public Optional<List<String>> entrypoint() {
        return fields.entrypoint;
    }

    public Optional<List<String>> command() {
        return fields.command;
    }

    /** The user as given; empty: the image's. */
    public String user() {
        return fields.user;
    }

    public long memoryBytes() {
        return fields.memoryBytes;
    }

    /** The scratch disk's size; 0 if what the guest writes is kept in its memory, three quarters of which it may take. */
    public long diskBytes() {
        return fields.diskBytes;
    }

    public int cpus() {
        return fields.cpus;
    }

    public boolean addressRandomization() {
        return fields.addressRandomization;
    }

    /** The conditions as given; empty: {@link Wait#image()}. */
    public List<Wait> waits() {
        return fields.waits;
    }

    /** The folders of the host that its VMs see from their start on, in the order in which they are mounted. */
    public List<ShareSpec> shares() {
        return fields.shares;
    }

    public Duration bakeTimeout() {
        return fields.bakeTimeout;
    }

    public Duration readyTimeout() {
        return fields.readyTimeout;
    }

    static void requirePort(int port) {
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("A TCP port is between 1 and 65535, not " + port + ".");
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof VmSpec that && fields.values().equals(that.fields.values());
    }

    @Override
    public int hashCode() {
        return fields.values().hashCode();
    }

    @Override
    public String toString() {
        return "VmSpec" + fields.values();
    }
}
