// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.http;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whose certificates are believed: what the JVM believes, and further authorities. Stateless. */
public final class Trust {
    private static final Logger LOG = LoggerFactory.getLogger(Trust.class);
    private static final int MAX_PEM_BYTES = 1 << 20;

    private Trust() {}

    /** A context that believes the JVM's authorities and these. */
    static SSLContext context(List<Certificate> more) throws GeneralSecurityException, IOException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, more.isEmpty() ? null : managers(more), null);
        return context;
    }

    private static TrustManager[] managers(List<Certificate> more) throws GeneralSecurityException, IOException {
        KeyStore all = KeyStore.getInstance(KeyStore.getDefaultType());
        all.load(null, null);
        int entry = 0;
        for (TrustManager manager : managersOf(null)) {
            if (manager instanceof X509TrustManager x509) {
                for (X509Certificate certificate : x509.getAcceptedIssuers()) {
                    all.setCertificateEntry("jvm-" + entry++, certificate);
                }
            }
        }
        for (Certificate certificate : more) {
            all.setCertificateEntry("more-" + entry++, certificate);
        }
        return managersOf(all);
    }

    /** Null stands for the JVM's. */
    private static TrustManager[] managersOf(KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    /** The certificates in a PEM file. */
    public static List<Certificate> read(Path pem) throws IOException {
        try (InputStream in = Files.newInputStream(pem)) {
            byte[] bytes = in.readNBytes(MAX_PEM_BYTES + 1);
            if (bytes.length > MAX_PEM_BYTES) {
                throw new IOException(pem + " has more than " + MAX_PEM_BYTES
                        + " bytes, which is more than is read of certificates; is it the right file?");
            }
            List<Certificate> certificates = List.copyOf(
                    CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(bytes)));
            if (certificates.isEmpty()) {
                throw new IOException(pem + " has no certificate; it should have some in PEM form");
            }
            return certificates;
        } catch (CertificateException e) {
            throw new IOException(pem + " can't be read as certificates in PEM form: " + e.getMessage(), e);
        }
    }

    /**
     * The certificates of the files that Docker would read for that registry: {@code FOLDER/HOST/*.crt}. What this user
     * may not read is passed over with a warning, as Docker's own process may do more.
     *
     * @param host as it stands in names, with its port if it has one
     */
    public static List<Certificate> ofDocker(List<Path> folders, String host) throws IOException {
        List<Certificate> certificates = new ArrayList<>();
        for (Path folder : folders) {
            for (Path file : certificateFiles(folder.resolve(host))) {
                try {
                    certificates.addAll(read(file));
                } catch (AccessDeniedException e) {
                    LOG.warn("The certificates in {} are not trusted, as it can't be read: {}", file, e.toString());
                }
            }
        }
        return certificates;
    }

    private static List<Path> certificateFiles(Path folder) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.crt")) {
            files.forEach(found::add);
        } catch (NoSuchFileException e) {
            LOG.debug("No certificates in {}", folder, e);
        } catch (IOException | DirectoryIteratorException e) {
            LOG.warn("The certificates in {} are not trusted, as it can't be listed: {}", folder, e.toString());
        }
        return found;
    }
}
