// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.kernel;

import dev.thaw.guest.GuestKernelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** All modules below a folder, and which of them a guest needs. Immutable. */
final class ModuleFolder {
    /** In the order in which they are loaded. Without these there is no disk, no channel or no root. */
    private static final List<String> REQUIRED =
            List.of("virtio_mmio", "virtio_blk", "virtio_console", "erofs", "overlay");

    /** Loaded after them if the kernel has them: other ways to devices, and what devices a VM may be given. */
    private static final List<String> OPTIONAL =
            List.of("virtio_pci", "virtio_rng", "virtio_net", "virtio_balloon", "fuse", "virtiofs");

    private static final String BUILT_IN_LIST = "modules.builtin";
    private static final int DEPTH_MAX = 16;

    private final Path folder;
    private final Map<String, KernelModule> modules;
    private final Set<String> builtIn;

    private ModuleFolder(Path folder, Map<String, KernelModule> modules, Set<String> builtIn) {
        this.folder = folder;
        this.modules = Map.copyOf(modules);
        this.builtIn = Set.copyOf(builtIn);
    }

    /** Symbolic links are not followed: {@code build} and {@code source} lead out of the folder. */
    static ModuleFolder scan(Path folder) throws IOException {
        Map<String, KernelModule> modules = new HashMap<>();
        try (Stream<Path> files = Files.walk(folder, DEPTH_MAX)) {
            for (Path file : (Iterable<Path>) files.sorted()::iterator) {
                KernelModule.of(file).ifPresent(module -> modules.putIfAbsent(module.name(), module));
            }
        }
        Set<String> builtIn = new HashSet<>();
        Path list = folder.resolve(BUILT_IN_LIST);
        if (Files.isRegularFile(list)) {
            for (String line : Files.readAllLines(list)) {
                String path = line.strip();
                KernelModule.nameOf(path.substring(path.lastIndexOf('/') + 1)).ifPresent(builtIn::add);
            }
        }
        return new ModuleFolder(folder, modules, builtIn);
    }

    /** What a guest needs, each after what it depends on. */
    List<KernelModule> needed() throws IOException {
        Map<String, KernelModule> ordered = new LinkedHashMap<>();
        for (String name : REQUIRED) {
            add(name, ordered, new ArrayList<>());
        }
        for (String name : OPTIONAL) {
            if (modules.containsKey(name)) {
                add(name, ordered, new ArrayList<>());
            }
        }
        return List.copyOf(ordered.values());
    }

    private void add(String name, Map<String, KernelModule> ordered, List<String> path) throws IOException {
        if (ordered.containsKey(name) || builtIn.contains(name)) {
            return;
        }
        KernelModule module = modules.get(name);
        if (module == null) {
            String neededBy = path.isEmpty() ? "" : ", which " + path.get(path.size() - 1) + " depends on";
            throw new GuestKernelException(
                    "The kernel's modules in " + folder + " lack " + name + neededBy + ", and it is not built in.",
                    "Choose a kernel with virtio, EROFS and overlayfs, such as Debian's linux-image-cloud-amd64.",
                    null);
        }
        if (path.contains(name)) {
            throw new IOException("the modules in " + folder + " depend on each other in a circle: " + path);
        }
        path.add(name);
        for (String dependency : ModuleInfo.parse(name, module.bytes()).depends()) {
            add(dependency, ordered, path);
        }
        path.remove(path.size() - 1);
        ordered.put(name, module);
    }
}
