// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A QEMU version, as {@code qemu-system-x86_64 --version} tells it. */
record QemuVersion(int major, int minor, int micro) implements Comparable<QemuVersion> {
    /** The oldest that Thaw is tested with. */
    static final QemuVersion OLDEST = new QemuVersion(7, 2, 0);

    private static final Pattern TEXT = Pattern.compile("QEMU emulator version (\\d{1,4})\\.(\\d{1,4})\\.(\\d{1,4})");
    private static final Comparator<QemuVersion> ORDER = Comparator.comparingInt(QemuVersion::major)
            .thenComparingInt(QemuVersion::minor)
            .thenComparingInt(QemuVersion::micro);

    static Optional<QemuVersion> parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        return matcher.find()
                ? Optional.of(new QemuVersion(
                        Integer.parseInt(matcher.group(1)),
                        Integer.parseInt(matcher.group(2)),
                        Integer.parseInt(matcher.group(3))))
                : Optional.empty();
    }

    @Override
    public int compareTo(QemuVersion other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return major + "." + minor + "." + micro;
    }
}
