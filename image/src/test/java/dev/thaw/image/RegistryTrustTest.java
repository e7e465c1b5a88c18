// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.StoreFixture.LAYER;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TestCertificate;
import dev.thaw.image.testing.TestLayout;
import dev.thaw.image.testing.TestRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Registries that prove who they are: whose certificates are believed. */
class RegistryTrustTest {
    @TempDir
    static Path folder;

    private static TestCertificate authority;
    private static TestRegistry registry;

    @RegisterExtension
    private final StoreFixture fixture = new StoreFixture();

    @BeforeAll
    static void startRegistry() throws IOException {
        authority = TestCertificate.authority(folder);
        registry = TestRegistry.withTls(folder.resolve("tls"), TestCertificate.ofThisMachine(folder, authority));
        registry.push(TestLayout.of(folder.resolve("image"), Tar.gzip(LAYER, 1)), "image");
    }

    @AfterAll
    static void stopRegistry() {
        registry.close();
    }

    @Test
    void a_registry_is_believed_whose_certificate_is_by_an_authority_of_our_own() {
        fixture.pullWith("thaw.registry.ca", authority.file().toString());
        thenCanPull();
    }

    @Test
    void a_registry_is_not_believed_whose_certificate_nobody_knows() {
        fixture.pullWith();
        thenNotBelieved();
    }

    @Test
    void a_certificate_for_another_name_is_not_believed() throws IOException {
        TestCertificate elsewhere = TestCertificate.of("elsewhere.example", fixture.temp(), authority);
        try (TestRegistry other = TestRegistry.withTls(fixture.temp().resolve("elsewhere"), elsewhere)) {
            fixture.pullWith("thaw.registry.ca", authority.file().toString());
            thenThrownBy(() -> fixture.resolve(other.host() + "/image"))
                    .isInstanceOf(ImageException.class)
                    .hasMessageContaining("no connection over TLS: ");
        }
    }

    @Test
    void a_registry_is_believed_whose_authority_docker_believes_for_it() throws IOException {
        Files.copy(authority.file(), folderOf(registry.host()).resolve("ca.crt"));
        fixture.pullWith();
        thenCanPull();
    }

    @Test
    void what_docker_believes_of_another_registry_or_for_other_purposes_counts_for_nothing() throws IOException {
        Files.copy(authority.file(), folderOf("127.0.0.1").resolve("ca.crt"));
        Files.copy(authority.file(), folderOf(registry.host()).resolve("client.cert"));
        fixture.pullWith();
        thenNotBelieved();
    }

    @Test
    void a_folder_that_can_not_be_listed_is_warned_of_and_passed_over() throws IOException {
        // GIVEN a folder that not even root can list
        Path loop = Files.createDirectories(fixture.certificates()).resolve(registry.host());
        Files.createSymbolicLink(loop, loop.getFileName());
        fixture.pullWith("thaw.registry.ca", authority.file().toString());
        Logger logger = (Logger) LoggerFactory.getLogger("dev.thaw.image.http");
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        try {
            thenCanPull();
        } finally {
            logger.detachAppender(log);
        }
        // THEN
        then(log.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .anyMatch(
                        m -> m.startsWith("The certificates in " + loop + " are not trusted, as it can't be listed: "));
    }

    @Test
    void a_file_of_docker_s_that_is_too_long_is_named() throws IOException {
        Path file = folderOf(registry.host()).resolve("ca.crt");
        Files.write(file, new byte[(1 << 20) + 1]);
        fixture.pullWith();
        thenThrownBy(() -> fixture.resolve(registry.host() + "/image"))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("certificates of authorities that are to be trusted: ")
                .hasMessageContaining(
                        file + " has more than 1048576 bytes, which is more than is read of certificates");
    }

    @Test
    void a_file_of_authorities_that_has_none_is_named() throws IOException {
        Path file = Files.writeString(fixture.temp().resolve("ca.pem"), "nothing");
        fixture.pullWith("thaw.registry.ca", file.toString());
        thenThrownBy(() -> fixture.resolve(registry.host() + "/image"))
                .hasMessageContaining("certificates of authorities that are to be trusted: ")
                .hasMessageContaining(file.toString());
    }

    private Path folderOf(String host) throws IOException {
        return Files.createDirectories(fixture.certificates().resolve(host));
    }

    private void thenCanPull() {
        Image image = fixture.resolve(registry.host() + "/image");
        then(fixture.store().disk(image).file()).exists();
    }

    private void thenNotBelieved() {
        thenThrownBy(() -> fixture.resolve(registry.host() + "/image"))
                .isInstanceOf(ImageException.class)
                .hasMessageMatching(
                        "image .*: registry " + registry.host() + ": no connection over TLS: .*unable to find"
                                + " valid certification path to requested target. If its certificate is by an authority of your"
                                + " own, name that in thaw.registry.ca; if it speaks plain HTTP, put it into"
                                + " thaw.registry.insecure");
    }
}
