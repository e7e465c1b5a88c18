// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.image.testing.FlatTree;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.tree.Inode;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whiteouts and opaque folders: what they hide, where they stand, and what they leave. */
class WhiteoutTest {
    private static final byte[] LOWER = Tar.of(
            Member.dir("a").mode(0700),
            Member.file("a/old", ""),
            Member.dir("a/d").mode(0710),
            Member.file("a/d/old", ""),
            Member.file("b", ""),
            Member.symlink("to-a", "a"));

    private static final Member HIDE_A = Member.file(".wh.a", "");
    private static final Member EMPTY_A = Member.file("a/.wh..wh..opq", "");

    @Test
    void a_whiteout_hides_lower_layers_wherever_it_stands() throws Exception {
        Member[] upper = {HIDE_A, Member.dir("a"), Member.file("a/new", ""), Member.file(".wh.b", "")};
        then(names(upper)).containsExactly("a", "a/new", "to-a");
        then(names(upper[1], upper[2], upper[3], upper[0])).containsExactly("a", "a/new", "to-a");
    }

    @Test
    void an_opaque_folder_keeps_itself_and_its_own_layer_wherever_its_marker_stands() throws Exception {
        Member[] upper = {EMPTY_A, Member.file("a/new", ""), Member.dir("a/d"), Member.file("a/d/new", "")};
        then(names(upper)).containsExactly("a", "a/d", "a/d/new", "a/new", "b", "to-a");
        then(names(upper[1], upper[2], upper[0], upper[3]))
                .containsExactly("a", "a/d", "a/d/new", "a/new", "b", "to-a");
        then(names(upper[1], upper[2], upper[3], upper[0]))
                .containsExactly("a", "a/d", "a/d/new", "a/new", "b", "to-a");
        then(tree(upper).get("a").attributes().permissions()).isEqualTo(0700);
    }

    /** containerd's and Docker's plain unpacking removes it, their overlays refuse it or keep it. The specification decides. */
    @Test
    void what_a_layer_adds_its_own_whiteouts_do_not_hide() throws Exception {
        then(names(Member.file("b", "new"), Member.file(".wh.b", ""))).contains("b");
        then(names(Member.file("a/d/new", ""), HIDE_A)).containsExactly("a", "a/d", "a/d/new", "b", "to-a");
        then(names(Member.file("a/d/new", ""), EMPTY_A)).containsExactly("a", "a/d", "a/d/new", "b", "to-a");
        then(names(Member.hardLink("c", "b"), Member.file(".wh.b", ""), Member.file(".wh.c", "")))
                .containsExactly("a", "a/d", "a/d/old", "a/old", "c", "to-a");
    }

    /** Found by random stacks: the folder was emptied, so nobody noted that it is the layer's own from then on. */
    @Test
    void an_emptied_folder_with_new_members_is_not_hidden() throws Exception {
        then(names(EMPTY_A, Member.file("a/new", ""), HIDE_A)).containsExactly("a", "a/new", "b", "to-a");
        then(names(EMPTY_A, Member.file("a/x/new", ""), HIDE_A)).containsExactly("a", "a/x", "a/x/new", "b", "to-a");
        then(names(EMPTY_A, HIDE_A)).containsExactly("b", "to-a");
    }

    @Test
    void folders_that_only_led_to_a_layer_s_own_members_keep_their_attributes_when_emptied() throws Exception {
        SortedMap<String, Inode> after = tree(Member.file("a/d/new", ""), HIDE_A);
        then(after.get("a").attributes().permissions()).isEqualTo(0700);
        then(after.get("a/d").attributes().permissions()).isEqualTo(0710);
        SortedMap<String, Inode> before = tree(HIDE_A, Member.file("a/d/new", ""));
        then(before.get("a").attributes().permissions()).isEqualTo(0755);
        then(before.get("a/d").attributes().permissions()).isEqualTo(0755);
    }

    @Test
    void a_whiteout_is_found_through_symlinks_as_they_are_where_it_stands() throws Exception {
        Member hide = Member.file("to-a/.wh.old", "");
        then(names(hide)).containsExactly("a", "a/d", "a/d/old", "b", "to-a");
        then(names(Member.dir("to-a"), hide)).contains("a/old");
        then(names(hide, Member.dir("to-a"))).doesNotContain("a/old");
        then(names(Member.file("to-a/.wh..wh..opq", ""))).containsExactly("a", "b", "to-a");
        then(names(Member.symlink("s", "/../to-a/d"), Member.file("s/.wh.old", "")))
                .containsExactly("a", "a/d", "a/old", "b", "s", "to-a");
        then(names(Member.file(".wh.to-a", ""))).containsExactly("a", "a/d", "a/d/old", "a/old", "b");
    }

    /** So do containerd and Docker; umoci makes no folders. */
    @Test
    void the_folder_of_a_whiteout_of_nothing_is_made() throws Exception {
        then(FlatTree.below(Tar.of(
                        Member.file(".wh.nothing", ""),
                        Member.file("no/such/.wh.folder", ""),
                        Member.file("other/.wh..wh..opq", ""))))
                .containsOnlyKeys("no", "no/such", "other");
    }

    @Test
    void a_whiteout_may_be_of_any_type_and_have_members_below_it() throws Exception {
        then(names(Member.dir(".wh.a"), Member.symlink(".wh.b", "x"))).containsExactly("to-a");
        then(names(Member.dir(".wh.a"), Member.file(".wh.a/x", ""))).containsExactly(".wh.a", ".wh.a/x", "b", "to-a");
    }

    /** AUFS's own files. Hard links to those in its folder work, as in containerd and Docker. */
    @Test
    void metadata_of_aufs_is_a_whiteout_of_nothing_and_its_links_have_their_targets() throws Exception {
        then(FlatTree.below(Tar.of(
                        Member.file(".wh..wh.aufs", ""),
                        Member.dir(".wh..wh.plnk"),
                        Member.file(".wh..wh.plnk/1.2", ""),
                        Member.hardLink("a", ".wh..wh.plnk/1.2"))))
                .containsOnlyKeys(".wh..wh.plnk", ".wh..wh.plnk/1.2", "a");
    }

    @Test
    void an_opaque_root_empties_it() throws Exception {
        then(names(Member.file("new", ""), Member.file(".wh..wh..opq", ""))).containsExactly("new");
    }

    @ParameterizedTest
    @ValueSource(strings = {".wh.", ".wh..", ".wh...", "a/.wh..."})
    void a_whiteout_that_would_leave_its_folder_is_refused(String name) {
        thenThrownBy(() -> FlatTree.of(Tar.of(Member.dir("a"), Member.file(name, ""))))
                .isInstanceOf(InvalidImageException.class)
                .hasMessage("tar header at offset 512, '" + name + "': a whiteout that names no file");
    }

    @Test
    void what_a_whiteout_hides_can_not_be_linked_to_behind_it_only_before() throws Exception {
        Member link = Member.hardLink("c", "a/old");
        then(names(link, HIDE_A)).containsExactly("b", "c", "to-a");
        thenThrownBy(() -> names(HIDE_A, link))
                .isInstanceOf(InvalidImageException.class)
                .hasMessage("tar header at offset 512, 'c': a hard link to 'a/old', which does not exist");
    }

    @Test
    void thousands_of_markers_in_a_folder_of_thousands_cost_no_more_than_one() throws Exception {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < 4_000; i++) {
            members.add(Member.file("a/" + i, ""));
        }
        members.addAll(Collections.nCopies(4_000, EMPTY_A));
        members.addAll(Collections.nCopies(4_000, HIDE_A));
        then(names(members.toArray(Member[]::new))).hasSize(4_003);
    }

    private static Iterable<String> names(Member... upper) throws IOException {
        SortedMap<String, Inode> tree = tree(upper);
        tree.remove("");
        return tree.keySet();
    }

    private static SortedMap<String, Inode> tree(Member... upper) throws IOException {
        return FlatTree.of(LOWER, Tar.of(upper));
    }
}
