// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.testing;

import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.port.PortForwarder;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A JVM that may have few files open, and runs out of them while a client connects to a forwarded port. */
public final class FewFilesProcess {
    /** What it writes once it has no file descriptor left. */
    public static final String FULL = "full";
    /** What it writes when the client has got through to the guest. */
    public static final String THROUGH = "through";

    private static final int LIMIT = 128;
    private static final int OPEN = 1;

    private FewFilesProcess() {}

    /** Starts it; it goes on with what it has to do at each byte of its standard input. */
    public static Process start(Path folder, Path output) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new ProcessBuilder(
                        "sh",
                        "-c",
                        "ulimit -n " + LIMIT + " && exec \"$@\"",
                        "sh",
                        java,
                        "-cp",
                        System.getProperty("java.class.path"),
                        FewFilesProcess.class.getName(),
                        folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
    }

    /**
     * Runs out of files, and gets them back at the first byte of its standard input.
     *
     * @param args a folder for a socket
     */
    public static void main(String[] args) throws IOException {
        try (TakenOverGuest over = new TakenOverGuest(Path.of(args[0]));
                SocketChannel client = SocketChannel.open()) {
            over.resume();
            PortForwarder forwarder = PortForwarder.listen(over.loop(), over.guest(), 80);
            Await.get(forwarder.open(), TakenOverGuest.soon(), "the port");
            List<InputStream> files = new ArrayList<>();
            fill(files);
            client.connect(forwarder.address());
            System.out.println(FULL);
            System.in.read();
            for (InputStream file : files) {
                file.close();
            }
            byte[] frame = over.receive(12);
            System.out.println(frame[8] == OPEN ? THROUGH : "frame of type " + frame[8]);
        }
    }

    private static void fill(List<InputStream> files) {
        try {
            while (files.size() < LIMIT) {
                files.add(new FileInputStream("/dev/null"));
            }
        } catch (IOException e) {
            // As it should be: there are no more.
            return;
        }
    }
}
