// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        // Classes that are not in a jar have none.
        String version = Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
                .orElse("of a checkout");
        return new String[] {"thaw " + version, "Java " + System.getProperty("java.version")};
    }
}
