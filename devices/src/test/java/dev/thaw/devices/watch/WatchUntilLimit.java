// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.watch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A program that watches folders until it may watch no more, and prints what it is told then. */
final class WatchUntilLimit {
    private WatchUntilLimit() {}

    public static void main(String[] arguments) throws IOException {
        FolderWatcher<Integer> watcher = FolderWatcher.start("limited", new WatchListener<>() {
            @Override
            public void changed(WatchEvent<Integer> event) {}

            @Override
            public void overflowed() {}
        });
        try (watcher) {
            for (int i = 0; i < 100; i++) {
                watcher.watchFolder(i, Files.createDirectory(Path.of(arguments[0], "folder" + i)));
            }
        } catch (WatchLimitException e) {
            System.out.println(e.getMessage());
        }
        try (var folders = Files.list(Path.of(arguments[0]))) {
            System.out.println(folders.count() - 1 + " watched");
        }
    }
}
