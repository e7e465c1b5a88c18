// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.ready;

import dev.thaw.vm.Wait;
import dev.thaw.vm.instance.Instance;
import dev.thaw.vm.lifecycle.Deadline;
import dev.thaw.vm.log.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A path is answered with a status, asked through the forwarded port. Reads the status line alone, by hand: the JDK's
 * clients limit each read and not the whole answer, so a service that sends a byte now and then would hold up a bake.
 */
final class HttpCheck implements ReadyCheck {
    private static final Duration LONGEST_LOOK = Duration.ofSeconds(5);
    private static final int MAX_LINE_BYTES = 1024;

    /** Source: RFC 9112, section 4. */
    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/\\d\\.\\d (\\d{3})( .*)?");

    private final Instance instance;
    private final Wait.Http wait;
    private final int port;
    private String seen = "nothing was asked yet";

    HttpCheck(Instance instance, Wait.Http wait, int port) {
        this.instance = instance;
        this.wait = wait;
        this.port = port;
    }

    @Override
    public boolean isReady(Deadline deadline) {
        Deadline look = Deadline.in(deadline.left(SHORTEST_LOOK, LONGEST_LOOK));
        try (Socket socket = new Socket()) {
            InetSocketAddress address = instance.addresses().get(port);
            socket.connect(address, millis(look));
            String request = "GET " + wait.path() + " HTTP/1.1\r\nHost: localhost:" + port
                    + "\r\nAccept: */*\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            String line = readLine(socket, look);
            Matcher status = STATUS_LINE.matcher(line);
            if (!status.matches()) {
                seen = "an answer that begins with '" + Printable.of(line) + "', which is no HTTP";
                return false;
            }
            seen = "status " + status.group(1);
            return Integer.parseInt(status.group(1)) == wait.status();
        } catch (IOException e) {
            seen = e.toString();
            return false;
        }
    }

    private static String readLine(Socket socket, Deadline look) throws IOException {
        InputStream in = socket.getInputStream();
        StringBuilder line = new StringBuilder();
        while (line.length() < MAX_LINE_BYTES) {
            socket.setSoTimeout(millis(look));
            int next = in.read();
            if (next < 0 || next == '\n') {
                break;
            }
            line.append((char) next);
        }
        return line.toString().stripTrailing();
    }

    /** At least one, as zero would mean without end. */
    private static int millis(Deadline look) throws IOException {
        if (look.isOver()) {
            throw new IOException("no answer within " + look.limit().toMillis() + " ms");
        }
        return (int) Math.max(1, look.left().toMillis());
    }

    @Override
    public Duration interval() {
        return Duration.ofMillis(100);
    }

    @Override
    public String describe() {
        return "GET " + wait.path() + " on port " + port + " to be answered with status " + wait.status() + " (last: "
                + seen + ")";
    }
}
