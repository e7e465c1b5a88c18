// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.image.testing.FlatTree;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.tree.Attributes;
import dev.thaw.image.tree.Inode;
import dev.thaw.image.tree.InvalidImageException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlattenerTest {
    @ParameterizedTest
    @ValueSource(strings = {"../../e", "/e", "a/../../e", "./e", "//e", "up/e", "a/absolute/e"})
    void no_name_leads_out_of_the_root(String name) throws Exception {
        SortedMap<String, Inode> tree = FlatTree.below(Tar.of(
                Member.dir("a"),
                Member.symlink("up", "../../.."),
                Member.symlink("a/absolute", "/"),
                Member.file(name, "x")));
        then(tree).containsOnlyKeys("a", "a/absolute", "e", "up");
    }

    @Test
    void hard_links_share_their_inode_over_layers_and_survive_their_target() throws Exception {
        byte[] lower = Tar.of(Member.file("a", "x"));
        SortedMap<String, Inode> tree =
                FlatTree.below(lower, Tar.of(Member.hardLink("b", "/a")), Tar.of(Member.file(".wh.a", "")));
        then(tree).containsOnlyKeys("b");
        SortedMap<String, Inode> both = FlatTree.below(lower, Tar.of(Member.hardLink("b", "a")));
        then(both.get("a")).isSameAs(both.get("b"));
    }

    @Test
    void a_hard_link_is_to_the_symlink_or_device_itself_and_its_target_is_found_through_symlinks() throws Exception {
        SortedMap<String, Inode> tree = FlatTree.below(Tar.of(
                Member.dir("d"),
                Member.file("d/f", ""),
                Member.symlink("s", "d"),
                Member.device('3', "c", 1, 3),
                Member.fifo("p"),
                Member.hardLink("of-f", "../s/./f"),
                Member.hardLink("of-s", "d/../s/"),
                Member.hardLink("of-c", "//c"),
                Member.hardLink("of-p", "p")));
        then(tree.get("of-f")).isSameAs(tree.get("d/f"));
        then(tree.get("of-s")).isSameAs(tree.get("s"));
        then(tree.get("of-c")).isSameAs(tree.get("c"));
        then(tree.get("of-p")).isSameAs(tree.get("p"));
    }

    /** As tar and umoci have it. containerd gives the file what the link's header says, Docker only its owner. */
    @Test
    void a_hard_link_leaves_the_attributes_of_its_file_alone() throws Exception {
        SortedMap<String, Inode> tree = FlatTree.below(
                Tar.of(Member.file("a", "x").mode(04755).owner(1, 2).mtime(3).xattr("user.a", new byte[] {1})),
                Tar.of(Member.hardLink("b", "a").mode(0600).owner(5, 6).mtime(7).xattr("user.b", new byte[] {1})));
        Attributes attributes = tree.get("a").attributes();
        then(attributes.permissions()).isEqualTo(04755);
        then(attributes.uid()).isEqualTo(1);
        then(attributes.mtimeSeconds()).isEqualTo(3);
        then(attributes.xattrs()).containsOnlyKeys("user.a");
    }

    @Test
    void a_hard_link_that_replaces_its_own_target_is_refused() {
        thenFlattening(Tar.of(Member.file("a", "x"), Member.hardLink("a", "a")))
                .hasMessage("tar header at offset 1024, 'a': a hard link to 'a', which does not exist");
        thenFlattening(Tar.of(Member.file("d/f", "x"), Member.hardLink("d", "d/f")))
                .hasMessage("tar header at offset 1024, 'd': a hard link to 'd/f', which does not exist");
        thenFlattening(Tar.of(Member.hardLink("a", "/")))
                .hasMessage("tar header at offset 0, 'a': a hard link to '/', which is a folder");
    }

    /** As umoci, Podman and Docker up to version 28 have it. containerd's root is always 0755. */
    @Test
    void the_root_s_own_member_sets_its_attributes_and_nothing_takes_its_place() throws Exception {
        SortedMap<String, Inode> tree = FlatTree.of(
                Tar.of(Member.dir("./").mode(0711).owner(1, 2)),
                Tar.of(Member.file("/", ""), Member.symlink("..", "x"), Member.hardLink("a/..", "x"), Member.fifo("")));
        then(tree).containsOnlyKeys("");
        then(tree.get("").attributes().permissions()).isEqualTo(0711);
        then(tree.get("").attributes().uid()).isEqualTo(1);
    }

    @Test
    void missing_parents_are_made() throws Exception {
        SortedMap<String, Inode> tree = FlatTree.below(
                Tar.of(Member.file("a/b/c", "x"), Member.dir("a/b").mode(0700)));
        then(tree).containsOnlyKeys("a", "a/b", "a/b/c");
        then(tree.get("a").attributes().permissions()).isEqualTo(0755);
        then(tree.get("a/b").attributes().permissions()).isEqualTo(0700);
    }

    @Test
    void missing_parents_are_made_where_a_symlink_leads_nowhere() throws Exception {
        then(FlatTree.below(Tar.of(Member.symlink("s", "/t/../t/u/../v"), Member.file("s/f", ""))))
                .containsOnlyKeys("s", "t", "t/v", "t/v/f");
    }

    /**
     * An overlay hides the lower file behind the folder that is made in the upper layer, and so do containerd and Docker
     * with their overlay snapshotters. Nobody unpacks the others.
     */
    @Test
    void a_file_in_the_way_of_a_parent_gives_way_if_it_is_a_lower_layer_s_and_named_directly() throws Exception {
        byte[] lower = Tar.of(Member.file("a", "x"), Member.symlink("s", "a"), Member.symlink("t", "a/b"));
        then(FlatTree.below(lower, Tar.of(Member.file("a/b/c", "x")))).containsOnlyKeys("a", "a/b", "a/b/c", "s", "t");
        thenFlattening(Tar.of(Member.file("a", "x"), Member.file("a/b/c", "x")))
                .hasMessage("tar header at offset 1024, 'a/b/c': it would lie in 'a', which is not a folder");
        thenFlattening(lower, Tar.of(Member.hardLink("h", "a"), Member.file("h/c", "x")))
                .hasMessage("tar header at offset 512, 'h/c': it would lie in 'h', which is not a folder");
        thenFlattening(lower, Tar.of(Member.file("s/c", "x")))
                .hasMessage("tar header at offset 0, 's/c': it would lie in 'a', which is not a folder");
        thenFlattening(lower, Tar.of(Member.file("t/c", "x")))
                .hasMessage("tar header at offset 0, 't/c': it would lie in 'a', which is not a folder");
    }

    @Test
    void a_folder_replaces_a_symlink_and_a_symlink_a_folder_with_what_is_in_it() throws Exception {
        byte[] lower = Tar.of(
                Member.dir("d"),
                Member.file("d/x", ""),
                Member.dir("e"),
                Member.file("e/y", ""),
                Member.symlink("s", "d"));
        then(FlatTree.below(lower, Tar.of(Member.dir("s"), Member.file("s/z", ""))))
                .containsOnlyKeys("d", "d/x", "e", "e/y", "s", "s/z");
        then(FlatTree.below(lower, Tar.of(Member.symlink("e", "d"), Member.file("e/z", ""))))
                .containsOnlyKeys("d", "d/x", "d/z", "e", "s");
    }

    @Test
    void a_later_member_of_the_same_name_wins() throws Exception {
        SortedMap<String, Inode> tree = FlatTree.below(
                Tar.of(Member.dir("a"), Member.file("a/b", ""), Member.file("a", "12"), Member.file("./a", "123")));
        then(tree).containsOnlyKeys("a");
        then(tree.get("a").content().size()).isEqualTo(3);
    }

    @Test
    void what_cannot_be_is_refused() {
        thenFlattening(Tar.of(Member.hardLink("b", "a")))
                .hasMessage("tar header at offset 0, 'b': a hard link to 'a', which does not exist");
        thenFlattening(Tar.of(Member.dir("a"), Member.hardLink("b", "a")))
                .hasMessage("tar header at offset 512, 'b': a hard link to 'a', which is a folder");
        thenFlattening(Tar.of(Member.symlink("s", "")))
                .hasMessage("tar header at offset 0, 's': a symlink whose target has 0 bytes; 1 to 4095 are possible");
        thenFlattening(Tar.of(Member.symlink("a", "b"), Member.symlink("b", "a"), Member.file("a/c", "")))
                .hasMessage("tar header at offset 1024, 'a/c': more than 255 symlinks on the way to one folder");
        thenFlattening(Tar.of(Member.file("n".repeat(256), "")))
                .hasMessageEndingWith("...': a file name of 256 bytes; at most 255 are possible");
        thenFlattening(Tar.of(Member.file("a/".repeat(2049) + "b", "")))
                .hasMessageEndingWith("...': a path of 4099 bytes; at most 4096 are possible");
    }

    @Test
    void folders_can_not_be_nested_without_end() {
        String deep = "a/".repeat(1500);
        byte[] layer = Tar.of(Member.dir(deep), Member.symlink("s", deep), Member.dir("s/" + deep));
        thenFlattening(layer).hasMessageEndingWith("folders nested deeper than 2048");
    }

    @Test
    void a_file_larger_than_any_disk_is_refused() {
        thenFlattening(Tar.of(Member.sparse("1.0", "f", 1L << 62, new TreeMap<>())))
                .hasMessageEndingWith("the image's files have more than 16777216 bytes. Is it an archive bomb?");
    }

    @Test
    void names_that_lead_through_endless_symlinks_are_refused() {
        // GIVEN 250 symlinks, each over 2000 folders to the next one, and a few hundred names that begin there
        String around = "./".repeat(2000);
        Stream<Member> links = IntStream.range(0, 250).mapToObj(i -> Member.symlink("s" + i, around + "s" + (i + 1)));
        Stream<Member> files = IntStream.range(0, 500).mapToObj(i -> Member.file("s0/f" + i, ""));
        // THEN
        thenFlattening(Tar.of(Stream.concat(links, files).toList()))
                .hasMessageEndingWith("the image's names lead through symlinks whose targets have more than 50000000"
                        + " components. Is it an archive bomb?");
    }

    @Test
    void what_is_held_in_memory_is_bounded_whatever_it_is() throws Exception {
        // GIVEN 40 times 10,000 pieces of a byte each, then 10 times 5,000 tiny attributes, then 30,000 folders that no
        // member
        // has
        StringBuilder map = new StringBuilder("10000\n");
        IntStream.range(0, 10_000).forEach(i -> map.append(2 * i).append("\n1\n"));
        byte[] pieces = Arrays.copyOf(
                map.toString().getBytes(StandardCharsets.ISO_8859_1), (map.length() + 511) / 512 * 512 + 10_000);
        Member[] sparse = IntStream.range(0, 40)
                .mapToObj(i -> Member.file("f" + i, pieces)
                        .pax("GNU.sparse.major", "1")
                        .pax("GNU.sparse.minor", "0")
                        .pax("GNU.sparse.realsize", "20000"))
                .toArray(Member[]::new);
        Member attributes = Member.file("x", "");
        IntStream.range(0, 5_000).forEach(i -> attributes.xattr("user." + i, new byte[] {1}));
        Member[] folders = IntStream.range(0, 30)
                .mapToObj(i -> Member.file("d" + i + "/x".repeat(1000) + "/f", ""))
                .toArray(Member[]::new);
        // THEN
        String message = "take more than 8388608 bytes of memory. Is it an archive bomb?";
        thenFlattening(Tar.of(sparse)).hasMessageEndingWith(message);
        thenFlattening(Tar.of(Collections.nCopies(10, attributes))).hasMessageEndingWith(message);
        thenFlattening(Tar.of(folders)).hasMessageEndingWith(message);
    }

    @Test
    void a_folder_s_attributes_are_its_latest_layer_s_and_those_of_all_its_members_there() throws Exception {
        byte[] one = {1};
        byte[] two = {2};
        byte[] lower = Tar.of(Member.dir("a").xattr("user.a", one));
        then(xattrs(FlatTree.below(lower, Tar.of(Member.dir("a").xattr("user.b", one)))))
                .containsOnlyKeys("user.b");
        then(xattrs(FlatTree.below(lower, Tar.of(Member.file("a/f", ""))))).containsOnlyKeys("user.a");
        SortedMap<String, byte[]> both = xattrs(FlatTree.below(Tar.of(
                Member.dir("a").xattr("user.a", one).xattr("user.b", one),
                Member.dir("a").xattr("user.b", two))));
        then(both).containsOnlyKeys("user.a", "user.b");
        then(both.get("user.b")).isEqualTo(two);
    }

    private static SortedMap<String, byte[]> xattrs(SortedMap<String, Inode> tree) {
        return tree.get("a").attributes().xattrs();
    }

    /** See xattr(7). containerd and Docker leave them out, umoci refuses the layer. */
    @Test
    void only_files_and_folders_have_attributes_of_users() throws Exception {
        byte[] one = {1};
        SortedMap<String, Inode> tree = FlatTree.below(Tar.of(
                Member.symlink("s", "x").xattr("user.a", one).xattr("trusted.a", one),
                Member.fifo("p").xattr("user.a", one),
                Member.file("f", "").xattr("user.a", one)));
        then(tree.get("s").attributes().xattrs()).containsOnlyKeys("trusted.a");
        then(tree.get("p").attributes().xattrs()).isEmpty();
        then(tree.get("f").attributes().xattrs()).containsOnlyKeys("user.a");
    }

    @Test
    void a_capability_that_the_kernel_would_not_take_is_refused() throws Exception {
        byte[] v2 = new byte[20];
        v2[3] = 2;
        byte[] v3 = new byte[24];
        v3[3] = 3;
        String name = "security.capability";
        then(FlatTree.below(Tar.of(
                        Member.file("a", "").xattr(name, v2),
                        Member.file("b", "").xattr(name, v3))))
                .hasSize(2);
        String message =
                "tar header at offset 1024, 'a': a security.capability of %s bytes that is neither of version 2,"
                        + " with 20 bytes, nor of version 3, with 24";
        thenFlattening(Tar.of(Member.file("a", "").xattr(name, new byte[20]))).hasMessage(message, 20);
        thenFlattening(Tar.of(Member.file("a", "").xattr(name, Arrays.copyOf(v2, 24))))
                .hasMessage(message, 24);
        thenFlattening(Tar.of(Member.file("a", "").xattr(name, new byte[] {1}))).hasMessage(message, 1);
    }

    @Test
    void attributes_that_overlayfs_would_obey_or_linux_does_not_know_are_left_out() throws Exception {
        SortedMap<String, Inode> tree = FlatTree.below(Tar.of(Member.dir("a")
                .xattr("trusted.overlay.opaque", new byte[] {'y'})
                .xattr("user.overlay.redirect", new byte[] {'/'})
                .xattr("com.apple.quarantine", new byte[] {1})
                .xattr("user.", new byte[] {1})
                .xattr("user.kept", new byte[] {1})));
        then(tree.get("a").attributes().xattrs()).containsOnlyKeys("user.kept");
    }

    private static AbstractThrowableAssert<?, ?> thenFlattening(byte[]... layers) {
        return thenThrownBy(() -> FlatTree.of(layers)).isInstanceOf(InvalidImageException.class);
    }
}
