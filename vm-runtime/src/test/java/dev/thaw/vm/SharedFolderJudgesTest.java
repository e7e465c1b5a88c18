// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.vm.testing.Images;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Programs that others have written to try file systems, and those that ask most of them, on a shared folder as on a tmpfs of the
 * same guest: the same exit status and the same words on standard output. They are in src/test/guest/judges.
 */
@Tag("nightly")
class SharedFolderJudgesTest {
    /** A fifth of the memory. */
    private static final String TMPFS = "/dev/shm";

    private static final Duration PATIENCE = Duration.ofMinutes(15);

    @TempDir
    private Path folder;

    private static VmSpec judges() {
        return VmSpec.of(Images.reference("judges")).memory("2g");
    }

    @ParameterizedTest
    @ValueSource(strings = {"fio", "stress-ng", "dbench", "bonnie", "fsmark", "git", "tar", "sqlite"})
    void a_shared_folder_is_judged_as_a_tmpfs_is(String judge) throws IOException {
        judge(judges(), judge);
    }

    @Test
    void a_cluster_of_postgres_lives_on_a_shared_folder() throws IOException {
        VmSpec spec = VmSpec.of(Images.reference("postgres"))
                .memory("2g")
                .command("sleep", "infinity")
                .waitFor(Wait.exec("true"));
        judge(spec, "postgres");
    }

    /** A tmpfs of these kernels has no extended attributes for users, and this one runs no programs. */
    @Test
    void a_shared_folder_is_judged_well_where_a_tmpfs_is_not() throws IOException {
        try (Thaw thaw = Thaw.open();
                Vm vm = thaw.start(judges());
                Share share = vm.share(folder, "/shared")) {
            then(verdict(vm, "beyond-tmpfs", share.spec().mountPoint())).startsWith("exit 0\n");
        }
    }

    private void judge(VmSpec spec, String judge) throws IOException {
        try (Thaw thaw = Thaw.open();
                Vm vm = thaw.start(spec);
                Share share = vm.share(folder, "/shared")) {
            then(vm.exec("stat", "-f", "-c", "%T", TMPFS).stdout()).isEqualTo("tmpfs\n");
            String expected = verdict(vm, judge, TMPFS);
            then(expected).startsWith("exit 0\n");
            then(verdict(vm, judge, share.spec().mountPoint())).isEqualTo(expected);
        }
    }

    private static String verdict(Vm vm, String judge, String place) throws IOException {
        String script = Files.readString(Path.of("src/test/guest/judges", judge + ".sh"));
        String there = "mkdir " + place + "/judged && chmod a+rx " + place + " && cd " + place + "/judged || exit 99\n";
        long start = System.nanoTime();
        ExecResult result = vm.exec(ExecSpec.of("bash", "-c", there + script).withTimeout(PATIENCE));
        String verdict = "exit " + result.exitCode() + "\n" + result.stdout();
        System.out.printf(
                "%s in %s, %d s: %s%n%s%n",
                judge, place, Duration.ofNanos(System.nanoTime() - start).toSeconds(), verdict, result.stderr());
        then(vm.exec(ExecSpec.of("rm", "-rf", place + "/judged").withTimeout(PATIENCE))
                        .exitCode())
                .as("of the removal of all that it has left")
                .isZero();
        return verdict;
    }
}
