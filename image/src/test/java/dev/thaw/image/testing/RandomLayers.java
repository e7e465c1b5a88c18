// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Stacks of layers as image builders write them, only wilder: few names, so that things replace each other often, and
 * everything that a layer can say in a way that umoci 0.4.7 understands as container engines do. Keeps a model of what
 * exists, so that hard links, whiteouts and symlinks have targets.
 *
 * <p>Left out is what umoci does otherwise than we; {@code FlattenerTest}, {@code WhiteoutTest} and docs/images.md say
 * what and why: whiteouts in folders that do not exist, files in the way of parents, folders with two members of
 * different attributes in one layer, attributes of users on what is neither file nor folder, empty attributes, old GNU
 * sparse files, global PAX headers, and folders without a member below those that pass on their group.
 */
public final class RandomLayers {
    private static final int MAX_LAYERS = 4, MAX_MEMBERS = 30, MAX_DEPTH = 3;

    private final Random random;
    private final RandomMembers members;
    /** Path to the type of what is there, in tar's letters. All parents are there too. */
    private final TreeMap<String, Character> model = new TreeMap<>();
    /** Symlinks that were made to lead to a folder, to the path of that folder; {@code ""} is the root. */
    private final Map<String, String> folderLinks = new TreeMap<>();
    /** Paths of the current layer and of the folders that lead to them: whiteouts spare them. */
    private final Set<String> upper = new HashSet<>();

    private List<Member> layer = new ArrayList<>();
    private int layerNumber;

    private RandomLayers(Random random) {
        this.random = random;
        this.members = new RandomMembers(random);
    }

    /** The members of each layer, lowest first. */
    public static List<List<Member>> generate(Random random) {
        RandomLayers layers = new RandomLayers(random);
        List<List<Member>> all = new ArrayList<>();
        int count = 1 + random.nextInt(MAX_LAYERS);
        for (int i = 0; i < count; i++) {
            all.add(layers.next());
        }
        return all;
    }

    private List<Member> next() {
        layer = new ArrayList<>();
        layerNumber++;
        upper.clear();
        if (oneIn(2)) {
            layer.add(members.folder(members.pick("./", ".", "/", "a/..", ""), "", layerNumber));
        }
        int count = 1 + random.nextInt(MAX_MEMBERS);
        for (int i = 0; i < count; i++) {
            step();
        }
        return layer;
    }

    private void step() {
        String path = randomPath();
        switch (random.nextInt(12)) {
            case 0, 1 -> addFolder(path);
            case 2 -> put(path, '2', () -> members.attributed(Member.symlink(said(path), randomPath())));
            case 3 -> addFolderLink(path);
            case 4 -> put(path, '6', () -> members.attributed(Member.fifo(said(path))));
            case 5 -> put(path, '3', () -> members.device(said(path)));
            case 6 -> addHardLink(path);
            case 7, 8 -> hide();
            default -> put(path, '0', () -> members.file(said(path)));
        }
    }

    private void addFolder(String path) {
        addParents(path);
        if (model.getOrDefault(path, '5') != '5') {
            remove(path);
        }
        layer.add(members.folder(said(path) + members.pick("", "/", "/."), path, layerNumber));
        add(path, '5');
    }

    /** A symlink that leads to a folder, from where it is or from the root. */
    private void addFolderLink(String path) {
        List<String> folders = model.keySet().stream()
                .filter(p -> model.get(p) == '5' && !isIn(p, path))
                .toList();
        String folder = folders.isEmpty() ? "" : folders.get(random.nextInt(folders.size()));
        int depth = (int) path.chars().filter(c -> c == '/').count();
        String target = random.nextBoolean() ? "../".repeat(depth + random.nextInt(3) * 9) + "./" : "/";
        put(path, '2', () -> members.attributed(Member.symlink(said(path), target + folder)));
        folderLinks.put(path, folder);
    }

    private void addHardLink(String path) {
        List<String> targets = model.keySet().stream()
                .filter(p -> model.get(p) != '5' && !isIn(p, path) && !isIn(path, p))
                .toList();
        if (!targets.isEmpty()) {
            String target = targets.get(random.nextInt(targets.size()));
            put(path, model.get(target), () -> members.attributed(Member.hardLink(said(path), said(target, path))));
        }
    }

    private void hide() {
        List<String> paths = List.copyOf(model.keySet());
        if (paths.isEmpty()) {
            return;
        }
        String path = paths.get(random.nextInt(paths.size()));
        if (model.get(path) == '5' && random.nextBoolean()) {
            layer.add(members.attributed(Member.file(said(path + "/.wh..wh..opq"), "")));
        } else {
            boolean isThere = !oneIn(8);
            String name = isThere ? path.substring(path.lastIndexOf('/') + 1) : "not-there";
            layer.add(members.attributed(Member.file(said(in(parent(path), ".wh." + name)), "")));
            if (!isThere) {
                return;
            }
            if (!upper.contains(path)) {
                remove(path);
            }
        }
        List.copyOf(model.keySet()).stream()
                .filter(p -> p.startsWith(path + "/") && !upper.contains(p))
                .forEach(this::remove);
    }

    private interface Source {
        Member member();
    }

    /** Adds a member that replaces what is there; it is made when its parents are there, and before it is. */
    private void put(String path, char type, Source source) {
        addParents(path);
        Member member = source.member();
        remove(path);
        layer.add(member);
        add(path, type);
    }

    /** Leaves members of folders out at times, but not where there is something else. */
    private void addParents(String path) {
        String parent = parent(path);
        if (parent.isEmpty()) {
            return;
        }
        addParents(parent);
        boolean isInTheWay = model.getOrDefault(parent, '5') != '5';
        if (isInTheWay || (!upper.contains(parent) && !oneIn(4))) {
            addFolder(parent);
        } else {
            add(parent, '5');
        }
    }

    private void add(String path, char type) {
        model.put(path, type);
        for (String p = path; !p.isEmpty(); p = parent(p)) {
            upper.add(p);
        }
    }

    private void remove(String path) {
        model.keySet().removeIf(p -> isIn(p, path));
        folderLinks.keySet().removeIf(p -> isIn(p, path));
        upper.removeIf(p -> p.startsWith(path + "/"));
    }

    private String said(String path) {
        return said(path, "/");
    }

    /**
     * The path as a member may say it: through a symlink, from the root, or over what is not there.
     *
     * @param gone what no longer is when the path is looked up
     */
    private String said(String path, String gone) {
        String through = path;
        TreeSet<String> links = new TreeSet<>();
        folderLinks.forEach((link, folder) -> {
            boolean leadsThere = folder.isEmpty() || (model.getOrDefault(folder, '0') == '5' && isIn(path, folder));
            if (leadsThere && !path.equals(folder) && !isIn(link, gone)) {
                links.add(link);
            }
        });
        if (!links.isEmpty() && oneIn(3)) {
            String link = List.copyOf(links).get(random.nextInt(links.size()));
            String folder = folderLinks.get(link);
            through = link + "/" + (folder.isEmpty() ? path : path.substring(folder.length() + 1));
        }
        return members.pick("", "", "", "", "./", "/", "//", "../", "../../", "nowhere/../", "/./") + through;
    }

    private static boolean isIn(String path, String folder) {
        return path.equals(folder) || path.startsWith(folder + "/");
    }

    private static String in(String folder, String name) {
        return folder.isEmpty() ? name : folder + "/" + name;
    }

    private static String parent(String path) {
        return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }

    private boolean oneIn(int count) {
        return random.nextInt(count) == 0;
    }

    private String randomPath() {
        StringBuilder path = new StringBuilder(members.name());
        for (int depth = random.nextInt(MAX_DEPTH); depth > 0; depth--) {
            path.append('/').append(members.name());
        }
        return path.toString();
    }
}
