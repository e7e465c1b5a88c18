// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import dev.thaw.image.tree.Shown;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * The digest of some bytes, which names them: {@code sha256:<64 lower-case hex digits>} or {@code sha512:<128>}.
 *
 * <p>Source: OCI image-spec, descriptor.md, "Digests". Immutable.
 *
 * @param algorithm {@code sha256} or {@code sha512}
 * @param hex lower-case hexadecimal digits, as many as the algorithm gives
 */
public record Digest(String algorithm, String hex) {
    private static final Pattern HEX = Pattern.compile("[0-9a-f]+");

    /** Throws IllegalArgumentException, whose message shows the digest, if it is not of the form above. */
    public Digest {
        int digits = switch (algorithm) {
            case "sha256" -> 64;
            case "sha512" -> 128;
            default ->
                throw new IllegalArgumentException(
                        "digest algorithm '" + Shown.of(algorithm) + "' is not supported; sha256 and sha512 are");
        };
        if (hex.length() != digits || !HEX.matcher(hex).matches()) {
            throw new IllegalArgumentException("'" + Shown.of(algorithm + ":" + hex) + "' is not a digest: " + algorithm
                    + " takes " + digits + " lower-case hexadecimal digits, and this has " + hex.length()
                    + " characters");
        }
    }

    /** Reads {@code algorithm:hex}. Throws IllegalArgumentException as the constructor does. */
    public static Digest parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException(
                    "'" + Shown.of(text) + "' is not a digest: expected sha256:<64 hexadecimal digits>");
        }
        return new Digest(text.substring(0, colon), text.substring(colon + 1));
    }

    /** A sha256 digest of these 32 bytes. */
    public static Digest sha256(byte[] hash) {
        return new Digest("sha256", HexFormat.of().formatHex(hash));
    }

    /** The sha256 digest of the given content. */
    public static Digest sha256Of(byte[] content) {
        return sha256(messageDigest("sha256").digest(content));
    }

    /** A fresh computation of this digest's algorithm. */
    public MessageDigest newMessageDigest() {
        return messageDigest(algorithm);
    }

    /** A fresh computation of SHA-256, which every Java runtime has. */
    public static MessageDigest newSha256() {
        return messageDigest("sha256");
    }

    /** What that hash, computed as this one's was, is as a digest. */
    public Digest withHash(byte[] hash) {
        return new Digest(algorithm, HexFormat.of().formatHex(hash));
    }

    /** True if the hash is what this digest names. */
    public boolean matches(byte[] hash) {
        return hex.equals(HexFormat.of().formatHex(hash));
    }

    @Override
    public String toString() {
        return algorithm + ":" + hex;
    }

    private static MessageDigest messageDigest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm.equals("sha512") ? "SHA-512" : "SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime lacks " + algorithm, e);
        }
    }
}
