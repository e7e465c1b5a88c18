// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.devices.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Asks the C compiler what the system's headers say. */
@EnabledOnOs(OS.LINUX)
class InotifyConstantsTest {
    @Test
    void constants_and_layouts_are_those_of_the_systems_headers(@TempDir Path folder) throws IOException {
        Path source = Files.writeString(folder.resolve("constants.c"), """
                #include <poll.h>
                #include <stddef.h>
                #include <stdio.h>
                #include <sys/eventfd.h>
                #include <sys/inotify.h>
                #include <sys/ioctl.h>
                int main(void) {
                    struct inotify_event e;
                    printf("%x %x %x %x %x %x %x %x %x %x %x %x %x ", IN_MODIFY, IN_ATTRIB, IN_MOVED_FROM, IN_MOVED_TO,
                           IN_CREATE, IN_DELETE, IN_DELETE_SELF, IN_MOVE_SELF, IN_UNMOUNT, IN_Q_OVERFLOW, IN_IGNORED,
                           IN_ONLYDIR, IN_ISDIR);
                    printf("%x %x %x %x %x %x ", IN_CLOEXEC, IN_NONBLOCK, EFD_CLOEXEC, EFD_NONBLOCK,
                           (unsigned) FIONREAD, POLLIN);
                    printf("%zx %zx %zx %zx %zx %zx %zx %zx", offsetof(struct inotify_event, wd),
                           offsetof(struct inotify_event, mask), offsetof(struct inotify_event, cookie),
                           offsetof(struct inotify_event, len), sizeof(e), offsetof(struct pollfd, fd),
                           offsetof(struct pollfd, events), sizeof(struct pollfd));
                    return 0;
                }
                """);
        Path program = folder.resolve("constants");
        Tools.run("gcc", "-o", program.toString(), source.toString());

        then(Tools.run(program.toString()))
                .isEqualTo("%x %x %x %x %x %x %x %x %x %x %x %x %x %x %x %x %x %x %x %x %x %x %x %x %x %x %x"
                        .formatted(
                                Inotify.MODIFY,
                                Inotify.ATTRIB,
                                Inotify.MOVED_FROM,
                                Inotify.MOVED_TO,
                                Inotify.CREATE,
                                Inotify.DELETE,
                                Inotify.DELETE_SELF,
                                Inotify.MOVE_SELF,
                                Inotify.UNMOUNT,
                                Inotify.Q_OVERFLOW,
                                Inotify.IGNORED,
                                Inotify.ONLYDIR,
                                Inotify.ISDIR,
                                LinuxInotifyLibC.IN_CLOEXEC,
                                LinuxInotifyLibC.IN_NONBLOCK,
                                LinuxInotifyLibC.EFD_CLOEXEC,
                                LinuxInotifyLibC.EFD_NONBLOCK,
                                LinuxInotifyLibC.FIONREAD,
                                LinuxInotifyLibC.POLLIN,
                                Inotify.EVENT_WATCH,
                                Inotify.EVENT_MASK,
                                Inotify.EVENT_COOKIE,
                                Inotify.EVENT_LENGTH,
                                Inotify.EVENT_SIZE,
                                LinuxInotifyLibC.POLLFD_FD,
                                LinuxInotifyLibC.POLLFD_EVENTS,
                                LinuxInotifyLibC.POLLFD_SIZE));
    }
}
