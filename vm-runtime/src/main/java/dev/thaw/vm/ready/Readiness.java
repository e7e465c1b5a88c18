// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.ready;

import dev.thaw.image.Healthcheck;
import dev.thaw.vm.NotReadyException;
import dev.thaw.vm.Wait;
import dev.thaw.vm.guest.ServiceState;
import dev.thaw.vm.instance.Instance;
import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Waits until a service is ready, or says why it is not. Confined to the calling thread. */
public final class Readiness {
    private final Instance instance;
    private final List<Integer> ports;
    private final Optional<Healthcheck> healthcheck;
    private final List<String> shell;

    /**
     * @param ports those of the spec, or else of the image
     * @param healthcheck the image's own
     * @param shell what its shell form is run by
     */
    public Readiness(Instance instance, List<Integer> ports, Optional<Healthcheck> healthcheck, List<String> shell) {
        this.instance = instance;
        this.ports = List.copyOf(ports);
        this.healthcheck = healthcheck;
        this.shell = List.copyOf(shell);
    }

    /**
     * Waits for all conditions, one after the other.
     *
     * @throws NotReadyException if the service exits or the time is over before
     * @throws IOException if the guest is gone
     */
    public void await(List<Wait> waits, Deadline deadline) throws IOException {
        for (Wait wait : waits) {
            await(check(wait), deadline);
        }
    }

    private void await(ReadyCheck check, Deadline deadline) throws IOException {
        if (check.isReady(deadline)) {
            // Mostly so after a thaw, which the question for the service's exit would only hold up.
            return;
        }
        CompletableFuture<ServiceState> exit = instance.serviceExit();
        do {
            awaitExit(exit, check);
            if (deadline.isOver()) {
                throw new NotReadyException("The service of " + instance.id() + " did not get ready within "
                        + deadline.limit().toSeconds() + " s. Waited for " + check.describe()
                        + "; if it only needs longer, raise the timeout.\n" + instance.lastWords());
            }
        } while (!check.isReady(deadline));
    }

    /** Waits until the check should look again, and fails if the service exits before that. */
    private void awaitExit(CompletableFuture<ServiceState> exit, ReadyCheck check) throws IOException {
        try {
            ServiceState state = Await.get(exit, Deadline.in(check.interval()), "the service's exit");
            throw new NotReadyException("The service of " + instance.id() + " " + state.describe()
                    + " before it was ready. Waited for " + check.describe() + ".\n" + instance.lastWords());
        } catch (Await.TimedOutException stillRunning) {
            // As it should be: the exit was only waited for to pass the time until the next look.
            return;
        }
    }

    private ReadyCheck check(Wait wait) {
        if (wait instanceof Wait.Ports given) {
            return new PortsCheck(instance, given.ports().isEmpty() ? ports : given.ports());
        } else if (wait instanceof Wait.Log log) {
            return new LogCheck(instance, log);
        } else if (wait instanceof Wait.Http http) {
            return new HttpCheck(instance, http, port(http, ports));
        } else if (wait instanceof Wait.Exec exec) {
            return new ExecCheck(instance, exec.argv(), Duration.ofSeconds(10), "the command " + exec.argv());
        } else {
            return healthcheck
                    .flatMap(this::healthcheckCommand)
                    .<ReadyCheck>map(argv -> new ExecCheck(
                            instance, argv, healthcheck.get().timeout(), "the image's health check " + argv))
                    .orElseGet(() -> new PortsCheck(instance, ports));
        }
    }

    /** The port that an HTTP wait asks. */
    public static int port(Wait.Http http, List<Integer> ports) {
        if (http.port() != 0) {
            return http.port();
        }
        if (ports.isEmpty()) {
            throw new IllegalArgumentException("Waiting for HTTP " + http.path()
                    + " needs a port, and neither the spec nor the image names one. Write Wait.http(\"" + http.path()
                    + "\").port(8080), for example.");
        }
        return ports.get(0);
    }

    /** Source: Docker image specification v1.3, Healthcheck. */
    private Optional<List<String>> healthcheckCommand(Healthcheck check) {
        List<String> arguments = check.test().subList(1, check.test().size());
        return switch (check.test().get(0)) {
            case "CMD" -> Optional.of(arguments);
            case "CMD-SHELL" -> Optional.of(concat(shell, arguments));
            default -> Optional.empty();
        };
    }

    private static List<String> concat(List<String> first, List<String> second) {
        return java.util.stream.Stream.concat(first.stream(), second.stream()).toList();
    }
}
