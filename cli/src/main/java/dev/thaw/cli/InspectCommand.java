// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.snapshot.Blob;
import dev.thaw.snapshot.Manifest;
import dev.thaw.snapshot.SnapshotStatus;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.vm.ThawConfig;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows all that is known of one. */
@Command(
        name = "inspect",
        description = {
            "Shows all that is known of a snapshot.",
            "The values of its environment may be passwords, and are hidden."
        })
final class InspectCommand extends StoreCommand {
    private static final String ENVIRONMENT = "env";
    private static final String HIDDEN = "(hidden)";
    private static final ObjectMapper JSON = new ObjectMapper();

    @Parameters(paramLabel = "SNAPSHOT", description = "The beginning of its id, or its name.")
    private String argument = "";

    @Option(names = "--show-secrets", description = "Shows the values of its environment, too.")
    private boolean showSecrets;

    @Override
    int run(SnapshotStore store, ThawConfig config) {
        SnapshotStatus status = new Names(store.status()).resolve(argument);
        if (json()) {
            print(document(status));
        } else {
            text(status);
        }
        return ExitCode.DONE;
    }

    private ObjectNode document(SnapshotStatus status) {
        Manifest manifest = status.snapshot().manifest();
        ObjectNode document = Shown.status(status);
        document.put("bakeMillis", manifest.duration().toMillis());
        ObjectNode key = document.putObject("key");
        manifest.key().parts().forEach((name, value) -> key.set(name, readable(name, value)));
        ObjectNode files = document.putObject("files");
        manifest.files()
                .forEach((part, blob) -> files.putObject(part.label())
                        .put("bytes", blob.lengthBytes())
                        .put(hashName(blob), blob.sha256())
                        .put("path", status.snapshot().path(part).orElseThrow().toString()));
        ObjectNode notes = document.putObject("notes");
        manifest.notes().forEach(notes::put);
        return document;
    }

    /** As in the manifest: memory is named by the list of its chunks' hashes. */
    private static String hashName(Blob blob) {
        return blob.kind() == Blob.Kind.CHUNKED ? "chunks" : "sha256";
    }

    /** Parts of the key that are JSON themselves are shown as such. */
    private JsonNode readable(String name, String value) {
        JsonNode node = parse(value)
                .filter(JsonNode::isContainerNode)
                .orElseGet(() -> JSON.getNodeFactory().textNode(value));
        if (!name.equals(ENVIRONMENT) || showSecrets) {
            return node;
        }
        if (!(node instanceof ObjectNode variables)) {
            return JSON.getNodeFactory().textNode(HIDDEN);
        }
        variables.fieldNames().forEachRemaining(variable -> variables.put(variable, HIDDEN));
        return variables;
    }

    private static Optional<JsonNode> parse(String value) {
        try {
            return Optional.of(JSON.readTree(value));
        } catch (JsonProcessingException e) {
            return Optional.empty(); // most parts are plain text
        }
    }

    private void text(SnapshotStatus status) {
        Manifest manifest = status.snapshot().manifest();
        Instant now = Instant.now();
        PrintWriter out = out();
        field("id", status.snapshot().id().sha256());
        field("name", Shown.name(status.snapshot()).orElse("-"));
        manifest.parent().ifPresent(parent -> field("checkpoint of", parent.sha256()));
        field("created", Times.ago(manifest.created(), now) + ", " + manifest.created());
        field("took", Times.span(manifest.duration()));
        field("last used", Times.ago(status.lastUse(), now) + ", " + status.lastUse());
        field("own bytes", Sizes.of(status.ownBytes()));
        field("pinned", status.pinned() ? "yes" : "no");
        status.users().forEach(user -> field("used by", "process " + user.pid() + ", " + user.purpose()));
        out.println("\nfiles");
        Table files = new Table(Table.Column.left("  PART"), Table.Column.right("SIZE"), Table.Column.left("SHA-256"));
        manifest.files()
                .forEach((part, blob) -> files.addIndented(part.label(), Sizes.of(blob.lengthBytes()), blob.sha256()));
        files.print(out);
        out.println("\nkey");
        manifest.key().parts().forEach((name, value) -> entry(name, readable(name, value)));
        out.println("\nnotes");
        manifest.notes().forEach((name, value) -> indented(name, value));
    }

    private void field(String name, String value) {
        out().println(String.format(Locale.ROOT, "%-14s%s", name, Printable.line(value)));
    }

    /** An environment has a line for each variable. */
    private void entry(String name, JsonNode value) {
        if (value instanceof ObjectNode object && !object.isEmpty()) {
            indented(name, "");
            object.properties().forEach(field -> indented("  " + field.getKey(), plain(field.getValue())));
        } else {
            indented(name, plain(value));
        }
    }

    private static String plain(JsonNode value) {
        return value.isTextual() ? value.textValue() : value.toString();
    }

    private void indented(String name, String value) {
        String text = Printable.of(value).strip().replace("\n", "\n" + " ".repeat(20));
        out().println(String.format(Locale.ROOT, "  %-17s %s", Printable.of(name), text)
                .stripTrailing());
    }
}
