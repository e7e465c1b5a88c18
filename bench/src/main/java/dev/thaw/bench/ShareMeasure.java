// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import java.io.IOException;
import java.util.List;

/**
 * Something that programs do in a shared folder.
 *
 * @param what for people
 * @param key begins the ratio's name in the last line; empty: not in there
 * @param before orders that are not measured
 * @param order the one that is; see {@code bench/shares/driver.c}
 */
record ShareMeasure(String what, String key, List<String> before, String order) {
    /** More than the second for which virtiofsd lets a guest keep names and attributes. */
    private static final String LATER = "run sleep 1.2";

    private static final int RANDOM_COLD = 2000;
    private static final int RANDOM_WARM = 40_000;

    static List<ShareMeasure> all() {
        return List.of(
                of(ShareFixtures.BIG_MIB + " MiB read, cold", "seq_read", "read big cold"),
                of(ShareFixtures.BIG_MIB + " MiB written", "seq_write", "write written " + ShareFixtures.BIG_MIB),
                of(
                        RANDOM_WARM + " x 4 KiB at random, warm",
                        "rand_read_warm",
                        "random big " + RANDOM_WARM + " warm",
                        "read big warm"),
                of(RANDOM_COLD + " x 4 KiB at random, cold", "rand_read_cold", "random big " + RANDOM_COLD + " cold"),
                of(
                        "tar x of " + ShareFixtures.SMALL_FILES + " files",
                        "untar",
                        "run tar -xf /tmp/small.tar -C untarred",
                        "run cp small.tar /tmp && rm -rf untarred && mkdir untarred"),
                of("find and stat of " + ShareFixtures.TREE_FILES + " files, cold", "stat_cold", "find tree cold"),
                of("the same again after 1.2 s", "", "find tree warm", "find tree warm", LATER),
                of("stat of the same names, after 1.2 s", "stat_warm", "stat", "find tree warm", LATER),
                of(
                        "git status, " + ShareFixtures.SMALL_FILES + " files, cold",
                        "",
                        gitStatus(),
                        gitStatus(),
                        "run echo 3 > /proc/sys/vm/drop_caches && git --version > /dev/null"),
                of("the same again after 1.2 s", "git_status", gitStatus(), gitStatus(), LATER),
                crowd(ShareFixtures.SMALL_CROWD),
                crowd(ShareFixtures.CROWD));
    }

    private static ShareMeasure of(String what, String key, String order, String... before) {
        return new ShareMeasure(what, key, List.of(before), order);
    }

    /** The repository belongs to whoever runs this on the host. */
    private static String gitStatus() {
        return "run git -c safe.directory='*' -C checkout status > /tmp/status && grep -q clean /tmp/status";
    }

    private static ShareMeasure crowd(int files) {
        return of("listing " + files + " files, cold", "", "list crowd" + files + " cold");
    }

    void measure(SharingGuest guest, Series times) throws IOException {
        for (String order : before) {
            guest.driver().time(order);
        }
        times.add(guest.driver().time(order));
    }
}
