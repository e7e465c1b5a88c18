// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.ready;

import dev.thaw.vm.Wait;
import dev.thaw.vm.instance.Instance;
import dev.thaw.vm.lifecycle.Deadline;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.time.Duration;

/** A path is answered with a status, asked through the forwarded port. */
final class HttpCheck implements ReadyCheck {
    private static final Duration LONGEST_LOOK = Duration.ofSeconds(5);

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
    public boolean isReady(Deadline deadline) throws IOException {
        InetSocketAddress address = instance.addresses().get(port);
        int timeout = (int) deadline.left(SHORTEST_LOOK, LONGEST_LOOK).toMillis();
        HttpURLConnection connection =
                (HttpURLConnection) URI.create("http://127.0.0.1:" + address.getPort() + wait.path())
                        .toURL()
                        .openConnection(Proxy.NO_PROXY);
        try {
            connection.setConnectTimeout(timeout);
            connection.setReadTimeout(timeout);
            connection.setInstanceFollowRedirects(false);
            connection.setUseCaches(false);
            int status = connection.getResponseCode();
            seen = "status " + status;
            return status == wait.status();
        } catch (IOException e) {
            seen = e.toString();
            return false;
        } finally {
            connection.disconnect();
        }
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
