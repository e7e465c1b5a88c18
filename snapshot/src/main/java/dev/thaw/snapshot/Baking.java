// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

/**
 * Makes a snapshot's content: boots a machine, makes it ready, freezes it.
 *
 * @param <X> what it throws when it fails; {@link RuntimeException} if nothing checked
 */
@FunctionalInterface
public interface Baking<X extends Exception> {

    /**
     * Writes the guest's memory to {@link Draft#rawMemory} and the rest to {@link Draft#deviceState}, and returns when
     * both are complete and nobody has them open for writing any more. If it throws, nothing of the draft stays.
     */
    void bake(Draft draft) throws X;
}
