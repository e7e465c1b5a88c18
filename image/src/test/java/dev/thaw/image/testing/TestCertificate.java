// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A certificate that openssl makes, and its key, in PEM form.
 *
 * @param file the certificate
 * @param key its private key, PKCS 8
 */
public record TestCertificate(Path file, Path key) {

    /** An authority, which signs itself. */
    public static TestCertificate authority(Path folder) throws IOException {
        TestCertificate made = in(folder, "authority");
        openssl(made, "-subj", "/CN=Test authority", "-addext", "basicConstraints=critical,CA:TRUE");
        return made;
    }

    /** One for 127.0.0.1 that an authority has signed. */
    public static TestCertificate ofThisMachine(Path folder, TestCertificate authority) throws IOException {
        return of("127.0.0.1", folder, authority);
    }

    /** One for that name or address that an authority has signed. */
    public static TestCertificate of(String name, Path folder, TestCertificate authority) throws IOException {
        TestCertificate made = in(folder, "server-" + name);
        openssl(
                made,
                "-subj",
                "/CN=" + name,
                "-CA",
                authority.file.toString(),
                "-CAkey",
                authority.key.toString(),
                "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-addext",
                "subjectAltName=" + (name.matches("[\\d.]+") ? "IP:" : "DNS:") + name);
        return made;
    }

    /** What a server proves itself with. */
    public SSLContext serverContext() throws IOException {
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            byte[] der = Base64.getDecoder().decode(Files.readString(key).replaceAll("-----[A-Z ]+-----|\\s", ""));
            try (InputStream pem = Files.newInputStream(file)) {
                store.setKeyEntry(
                        "server",
                        KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(der)),
                        new char[0],
                        new Certificate[] {
                            CertificateFactory.getInstance("X.509").generateCertificate(pem)
                        });
            }
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, new char[0]);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    private static TestCertificate in(Path folder, String name) {
        return new TestCertificate(folder.resolve(name + ".crt"), folder.resolve(name + ".key"));
    }

    private static void openssl(TestCertificate made, String... options) throws IOException {
        String[] common = {
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-out",
            made.file.toString(),
            "-keyout",
            made.key.toString()
        };
        String[] command = new String[common.length + options.length];
        System.arraycopy(common, 0, command, 0, common.length);
        System.arraycopy(options, 0, command, common.length, options.length);
        Tools.run(command);
    }
}
