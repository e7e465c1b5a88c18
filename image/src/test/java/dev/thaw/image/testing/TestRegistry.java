// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** A real registry on 127.0.0.1 with a port of its own, which ends with this or with the JVM. */
public final class TestRegistry implements AutoCloseable {
    private static final Pattern LISTENING = Pattern.compile("listening on (?:127\\.0\\.0\\.1|\\[::]):(\\d+)");
    /** {@code tester:secret}, as htpasswd -B writes it. */
    private static final String HTPASSWD = "tester:$2y$05$ZOSm5f/bCIGUTWvKKAMOPePz5XErX.K4O24AyzFziCQXuhNrjMw8e\n";

    private final Process process;
    private final Path log;
    private final int port;
    private final List<String> skopeoOptions = new ArrayList<>();

    private TestRegistry(Process process, Path log, int port) {
        this.process = process;
        this.log = log;
        this.port = port;
    }

    /** One that lets everybody in, over plain HTTP. */
    public static TestRegistry open(Path folder) throws IOException {
        return start(folder, "");
    }

    /** One that wants the password {@code secret} of the user {@code tester}. */
    public static TestRegistry withPassword(Path folder) throws IOException {
        return withPassword(folder, "");
    }

    private static TestRegistry withPassword(Path folder, String more) throws IOException {
        Files.createDirectories(folder);
        Path file = Files.writeString(folder.resolve("htpasswd"), HTPASSWD);
        TestRegistry registry = start(folder, more + """
                auth:
                  htpasswd:
                    realm: tests
                    path: %s
                """.formatted(file));
        registry.skopeoOptions.addAll(List.of("--dest-creds", "tester:secret"));
        return registry;
    }

    /** One that wants that password over TLS with that certificate. */
    public static TestRegistry withTlsAndPassword(Path folder, TestCertificate certificate) throws IOException {
        return withPassword(folder, tls(certificate));
    }

    /** One that speaks TLS with that certificate. */
    public static TestRegistry withTls(Path folder, TestCertificate certificate) throws IOException {
        return start(folder, tls(certificate));
    }

    private static String tls(TestCertificate certificate) {
        return """
                  tls:
                    certificate: %s
                    key: %s
                """.formatted(certificate.file(), certificate.key());
    }

    /** One that wants tokens of a server. */
    public static TestRegistry withTokens(Path folder, String tokenServer, TestCertificate signer) throws IOException {
        return start(folder, """
                auth:
                  token:
                    realm: %s
                    service: tests
                    issuer: tests
                    rootcertbundle: %s
                """.formatted(tokenServer, signer.file()));
    }

    private static TestRegistry start(Path folder, String more) throws IOException {
        Files.createDirectories(folder);
        Path config = Files.writeString(folder.resolve("config.yml"), """
                version: 0.1
                log: {level: info, accesslog: {disabled: true}}
                storage:
                  filesystem: {rootdirectory: %s}
                  delete: {enabled: true}
                http:
                  addr: 127.0.0.1:0
                  secret: tests
                """.formatted(folder.resolve("data")) + more);
        Path log = folder.resolve("log");
        ProcessBuilder builder = new ProcessBuilder(
                        "setpriv", "--pdeathsig", "KILL", "docker-registry", "serve", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().put("OTEL_TRACES_EXPORTER", "none");
        Process process = builder.start();
        Awaitility.await("the registry listens")
                .atMost(30, TimeUnit.SECONDS)
                .until(() -> portIn(log) > 0 || !process.isAlive());
        if (portIn(log) == 0) {
            throw new IOException("the registry did not start:\n" + Files.readString(log));
        }
        return new TestRegistry(process, log, portIn(log));
    }

    private static int portIn(Path log) throws IOException {
        try (BufferedReader lines = Files.newBufferedReader(log, StandardCharsets.ISO_8859_1)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Matcher matcher = LISTENING.matcher(line);
                if (matcher.find()) {
                    return Integer.parseInt(matcher.group(1));
                }
            }
            return 0;
        }
    }

    public int port() {
        return port;
    }

    /** What names begin with. */
    public String host() {
        return "127.0.0.1:" + port;
    }

    public String logText() throws IOException {
        return Files.readString(log, StandardCharsets.ISO_8859_1);
    }

    /** Pushes a layout's image with skopeo. Options are skopeo's. */
    public void push(TestLayout layout, String name, String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of("skopeo", "copy", "--all", "--dest-tls-verify=false"));
        command.addAll(skopeoOptions);
        command.addAll(List.of(options));
        command.add("oci:" + layout.folder() + ":latest");
        command.add("docker://" + host() + "/" + name);
        Tools.run(command.toArray(String[]::new));
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
