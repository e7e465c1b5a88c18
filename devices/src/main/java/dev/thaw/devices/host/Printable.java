// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

/** Names for messages. They are bytes of a guest's choosing, and a console is not to be told what to do by them. */
public final class Printable {
    private Printable() {}

    /** In quotes; what is not printable ASCII as \xNN. */
    public static String name(byte[] bytes) {
        StringBuilder text = new StringBuilder("'");
        for (byte one : bytes) {
            if (one >= ' ' && one < 0x7f && one != '\'' && one != '\\') {
                text.append((char) one);
            } else {
                text.append(String.format("\\x%02x", one));
            }
        }
        return text.append('\'').toString();
    }
}
