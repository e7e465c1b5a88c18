// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import java.io.IOException;
import java.nio.file.Path;

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
