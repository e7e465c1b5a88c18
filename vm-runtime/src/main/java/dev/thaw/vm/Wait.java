// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * When a service counts as ready. Only {@link Exec} and an image's own health check run something inside the image.
 * Several waits of a spec are waited for in their order.
 */
public sealed interface Wait {

    /** The image's HEALTHCHECK if it has one, else {@link #ports()}. What a spec without a wait does. */
    static Wait image() {
        return new Image();
    }

    /** All ports of the spec are listening, seen from inside the guest; satisfied at once if there are none. */
    static Wait ports() {
        return new Ports(List.of());
    }

    /** The port is listening, seen from inside the guest. */
    static Wait port(int port) {
        return new Ports(List.of(port));
    }

    /** A line of the service's output contains a match of the regular expression; once, unless {@link Log#times} says more. */
    static Log log(String regex) {
        return new Log(regex, 1);
    }

    /** {@code GET path} is answered with status 200, on the spec's first port unless {@link Http#port} says otherwise. */
    static Http http(String path) {
        return new Http(path, 0, 200);
    }

    /** The command exits with status 0; tried again until it does. */
    static Wait exec(String... argv) {
        return new Exec(List.of(argv));
    }

    record Image() implements Wait {}

    record Ports(List<Integer> ports) implements Wait {
        public Ports {
            ports = List.copyOf(ports);
            ports.forEach(VmSpec::requirePort);
        }
    }

    record Log(String regex, int times) implements Wait {
        public Log {
            try {
                Pattern.compile(regex);
            } catch (PatternSyntaxException e) {
                throw new IllegalArgumentException("Not a regular expression to wait for: " + e.getMessage(), e);
            }
            if (times < 1) {
                throw new IllegalArgumentException(
                        "A log line can be waited for once or more often, not " + times + " times.");
            }
        }

        public Log times(int newTimes) {
            return new Log(regex, newTimes);
        }
    }

    record Http(String path, int port, int status) implements Wait {
        public Http {
            if (!path.startsWith("/") || path.chars().anyMatch(c -> c <= ' ' || c >= 0x7f)) {
                throw new IllegalArgumentException(
                        "An HTTP path begins with / and has no spaces or control characters, unlike '" + path + "'.");
            }
            if (port != 0) {
                VmSpec.requirePort(port);
            }
            if (status < 100 || status > 599) {
                throw new IllegalArgumentException("An HTTP status is between 100 and 599, not " + status + ".");
            }
        }

        public Http port(int newPort) {
            return new Http(path, newPort, status);
        }

        public Http status(int newStatus) {
            return new Http(path, port, newStatus);
        }
    }

    record Exec(List<String> argv) implements Wait {
        public Exec {
            argv = List.copyOf(argv);
            if (argv.isEmpty()) {
                throw new IllegalArgumentException("A command to wait for needs at least the program's name.");
            }
        }
    }
}
