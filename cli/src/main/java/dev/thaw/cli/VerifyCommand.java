// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.snapshot.Verification;
import dev.thaw.vm.ThawConfig;
import java.util.List;
import picocli.CommandLine.Command;

/** Reads all of them. */
@Command(
        name = "verify",
        description = {
            "Reads snapshots as a whole and compares their hashes.",
            "What is damaged is removed, and baked again when it is needed."
        })
final class VerifyCommand extends ChosenCommand {
    @Override
    int run(SnapshotStore store, ThawConfig config) {
        List<Snapshot> chosen = chosen(store);
        List<String> manifests = all() ? store.damagedManifests() : List.of();
        List<Verification> verifications = each("verify", chosen, store::verify);
        if (json()) {
            print(document(verifications, manifests));
        } else {
            text(verifications, manifests);
        }
        boolean intact = manifests.isEmpty() && verifications.stream().allMatch(Verification::intact);
        return intact ? ExitCode.DONE : ExitCode.FOUND;
    }

    private static ObjectNode document(List<Verification> verifications, List<String> manifests) {
        ObjectNode document = Shown.object();
        ArrayNode snapshots = document.putArray("snapshots");
        for (Verification verification : verifications) {
            ObjectNode node = Shown.reference(verification.snapshot()).put("intact", verification.intact());
            ArrayNode problems = node.putArray("problems");
            verification.problems().forEach(problems::add);
            snapshots.add(node);
        }
        ArrayNode damaged = document.putArray("damagedManifests");
        manifests.forEach(damaged::add);
        return document;
    }

    private void text(List<Verification> verifications, List<String> manifests) {
        for (Verification verification : verifications) {
            out().println(Shown.title(verification.snapshot()) + ": "
                    + (verification.intact() ? "intact" : "DAMAGED, and removed; it is baked again when it is needed"));
            verification.problems().forEach(problem -> out().println("  " + Printable.of(problem)));
        }
        for (String manifest : manifests) {
            out().println("DAMAGED manifest; `thaw cache gc` clears its place");
            out().println("  " + Printable.of(manifest));
        }
        long damaged = verifications.stream().filter(v -> !v.intact()).count() + manifests.size();
        long intact = verifications.stream().filter(Verification::intact).count();
        out().println(intact + " intact, " + damaged + " damaged");
    }
}
