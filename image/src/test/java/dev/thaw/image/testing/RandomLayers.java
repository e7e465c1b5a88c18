// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Stacks of layers as image builders write them, only wilder: few names, so that things replace each other often, and
 * whiteouts anywhere in their layer. Parents are always there, as folders. Keeps a model of what exists, so that hard
 * links and whiteouts have targets.
 */
public final class RandomLayers {
    private static final String[] NAMES = {"a", "b", "-", "c.d", ".-", "e", "zz"};
    private static final int MAX_LAYERS = 4, MAX_MEMBERS = 30, MAX_DEPTH = 3, MAX_CONTENT = 10_000;

    private final Random random;
    /** Path to the type of what is there, in tar's letters. */
    private final TreeMap<String, Character> model = new TreeMap<>();

    private Set<String> foldersOfLayer = new HashSet<>();
    /** Paths that were something else than a folder at some point of this layer. */
    private Set<String> replacedInLayer = new HashSet<>();

    private List<Member> members = new ArrayList<>();

    private RandomLayers(Random random) {
        this.random = random;
    }

    /** The members of each layer, lowest first. */
    public static List<List<Member>> generate(Random random) {
        RandomLayers layers = new RandomLayers(random);
        List<List<Member>> all = new ArrayList<>();
        int count = 1 + random.nextInt(MAX_LAYERS);
        for (int i = 0; i < count; i++) {
            all.add(layers.layer());
        }
        return all;
    }

    private List<Member> layer() {
        members = new ArrayList<>();
        foldersOfLayer = new HashSet<>();
        replacedInLayer = new HashSet<>();
        members.add(randomized(Member.dir("./")));
        SortedMap<String, Member> whiteouts = whiteouts();
        int count = 1 + random.nextInt(MAX_MEMBERS);
        for (int i = 0; i < count; i++) {
            add();
        }
        whiteouts.forEach((path, whiteout) -> {
            // umoci follows what its own layer has put in the way of a whiteout; then it must come first.
            boolean hasWay = replacedInLayer.stream().noneMatch(r -> path.startsWith(r + "/"));
            members.add(hasWay ? 1 + random.nextInt(members.size()) : 1, whiteout);
        });
        return members;
    }

    /** From the path of the whiteout's own file. */
    private SortedMap<String, Member> whiteouts() {
        SortedMap<String, Member> whiteouts = new TreeMap<>();
        Set<String> hidden = new HashSet<>();
        for (String path : List.copyOf(model.keySet())) {
            boolean nested = hidden.stream().anyMatch(h -> path.startsWith(h + "/") || h.startsWith(path + "/"));
            if (nested || random.nextInt(8) != 0) {
                continue;
            }
            hidden.add(path);
            int slash = path.lastIndexOf('/') + 1;
            if (model.get(path) == '5' && random.nextBoolean()) {
                String whiteout = path + "/.wh..wh..opq";
                whiteouts.put(whiteout, Member.file(whiteout, ""));
                model.keySet().removeIf(p -> p.startsWith(path + "/"));
            } else {
                String whiteout = path.substring(0, slash) + ".wh." + path.substring(slash);
                whiteouts.put(whiteout, Member.file(whiteout, ""));
                remove(path);
            }
        }
        return whiteouts;
    }

    private void add() {
        String path = randomPath();
        switch (random.nextInt(8)) {
            case 0 -> addFolders(path);
            case 1 -> put(path, '2', Member.symlink(path, randomPath()));
            case 2 -> put(path, '6', Member.fifo(path));
            case 3 -> put(path, '3', Member.device('3', path, random.nextInt(4096), 1 + random.nextInt(1 << 20)));
            case 4 -> addHardLink(path);
            default -> put(path, '0', Member.file(path, content()));
        }
    }

    private void addHardLink(String path) {
        List<String> targets = model.keySet().stream()
                .filter(p -> model.get(p) != '5' && !p.equals(path) && !p.startsWith(path + "/"))
                .filter(p -> !path.startsWith(p + "/"))
                .toList();
        if (!targets.isEmpty()) {
            String target = targets.get(random.nextInt(targets.size()));
            put(path, model.get(target), Member.hardLink(path, random.nextBoolean() ? target : "/" + target));
        }
    }

    private void put(String path, char type, Member member) {
        int slash = path.lastIndexOf('/');
        if (slash > 0) {
            addFolders(path.substring(0, slash));
        }
        remove(path);
        replacedInLayer.add(path);
        foldersOfLayer.removeIf(f -> f.equals(path) || f.startsWith(path + "/"));
        model.put(path, type);
        members.add(randomized(member));
    }

    private void addFolders(String path) {
        int slash = path.lastIndexOf('/');
        if (slash > 0) {
            addFolders(path.substring(0, slash));
        }
        if (foldersOfLayer.add(path)) {
            if (model.getOrDefault(path, '5') != '5') {
                remove(path);
            }
            model.put(path, '5');
            members.add(randomized(Member.dir(random.nextBoolean() ? path : "./" + path + "/")));
        }
    }

    private void remove(String path) {
        model.keySet().removeIf(p -> p.equals(path) || p.startsWith(path + "/"));
    }

    private Member randomized(Member member) {
        member.mode(random.nextInt(010000))
                .owner(random.nextInt(3) * 50_000L, random.nextInt(100_000))
                .mtime(1_600_000_000L + random.nextInt(3));
        if (random.nextInt(4) == 0) {
            member.pax("mtime", random.nextInt(1_700_000_000) + "." + (100 + random.nextInt(900)));
        }
        if (random.nextInt(4) == 0) {
            byte[] value = new byte[1 + random.nextInt(random.nextInt(10) == 0 ? 2000 : 8)];
            random.nextBytes(value);
            member.xattr("trusted." + randomName(), value).xattr("trusted.shared", new byte[] {1, 0, 2});
        }
        return member;
    }

    private byte[] content() {
        byte[] content = new byte[random.nextInt(4) == 0 ? 4096 * random.nextInt(3) : random.nextInt(MAX_CONTENT)];
        random.nextBytes(content);
        return content;
    }

    private String randomPath() {
        StringBuilder path = new StringBuilder(randomName());
        for (int depth = random.nextInt(MAX_DEPTH); depth > 0; depth--) {
            path.append('/').append(randomName());
        }
        return path.toString();
    }

    private String randomName() {
        return NAMES[random.nextInt(NAMES.length)];
    }
}
