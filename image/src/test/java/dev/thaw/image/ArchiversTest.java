// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.image.testing.Listing;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.Mounted;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TestLayout;
import dev.thaw.image.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The kernel's view of disks made of what real archivers write, against what the same archiver unpacks. Needs root: it
 * mounts, and makes devices.
 */
@Tag("root")
class ArchiversTest {
    /** What every format can hold, and then what the better ones can. */
    private static final String PLAIN = """
            mkdir -p d/e empty-folder
            printf content > d/file
            printf 'longer than a block of an archive %0600d' 7 > d/longer
            : > d/empty
            ln d/file d/twin
            ln -s file d/link
            mkfifo d/pipe
            truncate -s 600000 d/sparse
            printf data | dd of=d/sparse bs=1 seek=300000 conv=notrunc status=none
            chmod 4751 d/file
            chmod 1777 d/e
            chown 7:8 d/e d/longer
            """;

    private static final String MORE = """
            mknod d/char c 4 300
            mknod d/block b 8 1
            printf x > "$(printf 'd/\\377\\376')"
            long=$(printf '%0200d' 0)
            mkdir -p $long/$long
            printf deep > $long/$long/$long
            ln -s $long/$long d/long-link
            ln $long/$long/$long d/long-twin
            chown 3000000:70000 d/e
            setfattr -n user.binary -v 0x000a3dff d/file
            setfattr -n user.of-folder -v 0x31 d/e
            """;

    private static final String TIMES = "find . -print0 | xargs -0 touch -h -d @1600000000\n";
    private static final String MORE_TIMES = """
            touch -d '1969-12-31 23:00:00 UTC' d/longer
            touch -d '2100-01-01 UTC' d/empty
            touch -h -d @-86400 d/link
            """;
    private static final String FRACTION = "touch -d @1234567890.25 d/file\n";
    private static final String NEGATIVE_FRACTION = "touch -d @-7.75 d/e\n";
    private static final String CAPABILITY =
            "setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 d/file\n";

    private static final String PYTHON_CREATE = """
            import sys, tarfile
            format = dict(pax=tarfile.PAX_FORMAT, gnu=tarfile.GNU_FORMAT)[sys.argv[2]]
            with tarfile.open(sys.argv[1], 'w', format=format, errors='surrogateescape') as archive:
                archive.add('.')
            """;
    private static final String PYTHON_EXTRACT = """
            import sys, tarfile
            with tarfile.open(sys.argv[1], errors='surrogateescape') as archive:
                archive.extraction_filter = lambda member, path: member
                archive.extractall(numeric_owner=True)
            """;

    @TempDir
    Path temp;

    private Path source;
    private Path archive;
    private Path extracted;

    @BeforeEach
    void makeFolders() throws IOException {
        source = Files.createDirectory(temp.resolve("source"));
        extracted = Files.createDirectory(temp.resolve("extracted"));
        archive = temp.resolve("layer.tar");
    }

    @ParameterizedTest
    @ValueSource(strings = {"v7", "ustar"})
    void old_formats_of_gnu_tar_are_read_as_it_does(String format) throws Exception {
        in(source, PLAIN + (format.equals("v7") ? "rm d/pipe\n" : "") + TIMES);
        thenGnuTarReads("--format=" + format);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--format=oldgnu", "--format=gnu", "--format=gnu --sparse", "--format=oldgnu --sparse"})
    void formats_of_gnu_tar_are_read_as_it_does(String options) throws Exception {
        in(source, PLAIN + MORE + TIMES + MORE_TIMES);
        thenGnuTarReads(options);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "--pax-option=globexthdr.name=global,comment=nothing",
                "--sparse --sparse-version=0.0",
                "--sparse --sparse-version=0.1",
                "--sparse --sparse-version=1.0"
            })
    void posix_archives_of_gnu_tar_are_read_as_it_does(String options) throws Exception {
        in(source, PLAIN + MORE + TIMES + MORE_TIMES + FRACTION + NEGATIVE_FRACTION + CAPABILITY);
        thenGnuTarReads("--format=posix --xattrs --xattrs-include='*' " + options);
    }

    /** It says -8.25 for what others call -7.75, so there is no such time. */
    @ParameterizedTest
    @ValueSource(strings = {"pax", "gnutar"})
    void archives_of_bsdtar_are_read_as_it_does(String format) throws Exception {
        boolean pax = format.equals("pax");
        in(source, PLAIN + MORE + TIMES + MORE_TIMES + (pax ? FRACTION + CAPABILITY : ""));
        in(source, "bsdtar --format=" + format + " -cf \"$2\" .");
        in(extracted, "bsdtar -xpf \"$2\" --numeric-owner");
        thenTheKernelShowsWhatWasExtracted();
    }

    @ParameterizedTest
    @ValueSource(strings = {"pax", "gnu"})
    void archives_of_python_are_read_as_it_does(String format) throws Exception {
        in(source, PLAIN + MORE + TIMES + MORE_TIMES + (format.equals("pax") ? FRACTION + NEGATIVE_FRACTION : ""));
        in(source, "exec python3 -c \"$3\" \"$2\" " + format, PYTHON_CREATE);
        in(extracted, "exec python3 -c \"$3\" \"$2\"", PYTHON_EXTRACT);
        thenTheKernelShowsWhatWasExtracted();
    }

    /** Go's writer, which writes most layers. */
    @Test
    void a_layer_that_umoci_writes_is_the_folder_that_it_was_made_of() throws Exception {
        // GIVEN
        in(source, PLAIN + MORE + TIMES + MORE_TIMES + CAPABILITY);
        TestLayout layout = TestLayout.of(temp.resolve("image"), Tar.of(Member.dir("base")));
        // WHEN
        Tools.run("umoci", "insert", "--image", layout.folder() + ":latest", source.toString(), "/inserted");
        // THEN
        try (ImageStore store = ImageStore.open(temp.resolve("cache"));
                Mounted mounted = Mounted.erofs(
                        store.disk(store.resolve(layout.reference())).file())) {
            Map<String, String> inserted = Listing.of(mounted.folder().resolve("inserted"));
            then(Listing.differences(inserted, Listing.of(source))).isEmpty();
            then(mounted.folder().resolve("base")).isDirectory();
        }
    }

    private void thenGnuTarReads(String options) throws IOException {
        in(source, "tar " + options + " -cf \"$2\" .");
        boolean xattrs = options.contains("--xattrs");
        in(extracted, "tar -xpf \"$2\" --numeric-owner" + (xattrs ? " --xattrs --xattrs-include='*'" : ""));
        thenTheKernelShowsWhatWasExtracted();
    }

    private void thenTheKernelShowsWhatWasExtracted() throws IOException {
        TestLayout layout = TestLayout.of(temp.resolve("image"), Files.readAllBytes(archive));
        try (ImageStore store = ImageStore.open(temp.resolve("cache"));
                Mounted mounted = Mounted.erofs(
                        store.disk(store.resolve(layout.reference())).file())) {
            Map<String, String> actual = Listing.of(mounted.folder());
            then(actual).hasSizeGreaterThan(8);
            then(Listing.differences(actual, Listing.of(extracted))).isEmpty();
        }
    }

    /** In the folder; $2 is the archive and $3 what is given. */
    private void in(Path folder, String script, String... more) throws IOException {
        String[] command = {
            "sh",
            "-euc",
            "umask 022; cd \"$1\"\n" + script,
            "sh",
            folder.toString(),
            archive.toString(),
            more.length == 0 ? "" : more[0]
        };
        Tools.run(command);
    }
}
