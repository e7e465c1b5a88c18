// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.bake;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.thaw.guest.Boot;
import dev.thaw.guest.ScratchDisk;
import dev.thaw.image.Disk;
import dev.thaw.image.ExposedPort;
import dev.thaw.image.Image;
import dev.thaw.image.ImageConfig;
import dev.thaw.image.ImageReference;
import dev.thaw.image.ImageStore;
import dev.thaw.snapshot.BakeKey;
import dev.thaw.vm.ImageException;
import dev.thaw.vm.VmSpec;
import dev.thaw.vm.Wait;
import dev.thaw.vm.engine.Engine;
import dev.thaw.vm.guest.ServiceProcess;
import dev.thaw.vm.ready.Readiness;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Finds out what a spec means here. Thread-safe. A spec is planned once: an image's tag keeps its meaning for as long
 * as the planner lives.
 */
public final class Planner {
    /** Changes when the same parts would freeze into something else. */
    private static final String BAKING_VERSION = "1";

    /** What Docker gives a process whose image says nothing. */
    private static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private final ObjectMapper json = new ObjectMapper();
    private final Map<VmSpec, Plan> plans = new ConcurrentHashMap<>();
    private final ImageStore images;
    private final Boot boot;
    private final Engine engine;

    public Planner(ImageStore images, Boot boot, Engine engine) {
        this.images = images;
        this.boot = boot;
        this.engine = engine;
    }

    /**
     * Fills in all that the spec leaves open; builds the image's disk if the cache has none.
     *
     * @throws ImageException if the image can't be used
     */
    public Plan plan(VmSpec spec) {
        Plan known = plans.get(spec);
        if (known != null) {
            return known;
        }
        Plan made = make(spec);
        plans.put(spec, made);
        return made;
    }

    private Plan make(VmSpec spec) {
        try {
            ImageReference reference = ImageReference.parse(spec.image());
            Image image = images.resolve(reference);
            ServiceProcess service = service(spec, image.config());
            List<Integer> ports = spec.ports().isEmpty() ? tcpPorts(image.config()) : spec.ports();
            requireHttpPorts(spec, ports);
            String name = spec.name().orElseGet(() -> nameFrom(reference));
            Disk disk = images.disk(image);
            Optional<ScratchDisk> scratch = spec.diskBytes() > 0 ? Optional.of(ScratchDisk.load()) : Optional.empty();
            BakeKey.Builder key = key(spec, image, disk, service, ports);
            // Those without a disk keep the keys that they have had.
            scratch.ifPresent(template -> key.part("scratch-bytes", Long.toString(spec.diskBytes()))
                    .part("scratch-template", template.sha256()));
            return new Plan(spec, name, image, disk, boot, scratch, service, ports, key.build());
        } catch (dev.thaw.image.ImageException e) {
            throw new ImageException(e.getMessage(), e);
        }
    }

    /** Refuses a wait that nobody could tell the port of, before anything is made for it. */
    private static void requireHttpPorts(VmSpec spec, List<Integer> ports) {
        for (Wait wait : spec.waits()) {
            if (wait instanceof Wait.Http http) {
                Readiness.port(http, ports);
            }
        }
    }

    private static ServiceProcess service(VmSpec spec, ImageConfig config) {
        List<String> argv = new ArrayList<>(spec.entrypoint().orElse(config.entrypoint()));
        List<String> imageCommand = spec.entrypoint().isPresent() ? List.of() : config.cmd();
        argv.addAll(spec.command().orElse(imageCommand));
        if (argv.isEmpty()) {
            throw new ImageException("The image " + spec.image()
                    + " has neither an entrypoint nor a command, so there is nothing to run. Give the spec a command.");
        }
        Map<String, String> env = new TreeMap<>();
        env.put("PATH", DEFAULT_PATH);
        for (String assignment : config.env()) {
            int equals = assignment.indexOf('=');
            env.put(assignment.substring(0, equals), assignment.substring(equals + 1));
        }
        env.putAll(spec.env());
        String user = spec.user().isEmpty() ? config.user() : spec.user();
        return new ServiceProcess(argv, env, user, config.workingDir(), config.volumes());
    }

    private static List<Integer> tcpPorts(ImageConfig config) {
        return config.exposedPorts().stream()
                .filter(port -> port.protocol().equals("tcp"))
                .map(ExposedPort::port)
                .toList();
    }

    /** The last part of the image's name, so that people recognise it: postgres:16 and oci:images/postgres give postgres. */
    static String nameFrom(ImageReference image) {
        String text = image.toString();
        String path = image instanceof ImageReference.Registry registry
                ? registry.repository()
                : text.substring(text.indexOf(':') + 1);
        String last = path.substring(path.lastIndexOf('/') + 1);
        String name = last.split("[:@.]", 2)[0].toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9-]", "-");
        String cut = name.substring(0, Math.min(name.length(), 40));
        return cut.matches("[a-z].*") ? cut : "vm";
    }

    private BakeKey.Builder key(VmSpec spec, Image image, Disk disk, ServiceProcess service, List<Integer> ports) {
        return BakeKey.builder()
                .part("baking", BAKING_VERSION)
                .part("image", image.digest().toString())
                // Frozen memory holds inodes and pages of this very disk, which another version may lay out otherwise.
                .part("disk", disk.digest().toString())
                .part("kernel", boot.kernelSha256())
                .part("initramfs", boot.initramfsSha256())
                .part("command-line", KernelCommandLine.of(spec))
                .part("engine", engine.identity())
                .part("memory-bytes", Long.toString(spec.memoryBytes()))
                .part("cpus", Integer.toString(spec.cpus()))
                .part("argv", toJson(service.argv()))
                .part("env", toJson(new TreeMap<>(service.env())))
                .part("user", service.user())
                .part("directory", service.directory())
                .part("ports", toJson(ports))
                .part(
                        "waits",
                        spec.waits().stream().map(Wait::toString).toList().toString());
    }

    private String toJson(Object value) {
        try {
            return json.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new AssertionError("A list or map of strings can always be written as JSON.", e);
        }
    }
}
