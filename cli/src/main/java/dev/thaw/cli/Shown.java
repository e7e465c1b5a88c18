// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotFile;
import dev.thaw.snapshot.SnapshotStatus;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** How snapshots are shown everywhere, and what their JSON has in common. */
final class Shown {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String NAME = "name";
    private static final String IMAGE = "image";

    private Shown() {}

    static ObjectNode object() {
        return JSON.objectNode();
    }

    /** What its baker called it. */
    static Optional<String> name(Snapshot snapshot) {
        return Optional.ofNullable(snapshot.manifest().notes().get(NAME)).filter(name -> !name.isBlank());
    }

    static Optional<String> image(Snapshot snapshot) {
        return Optional.ofNullable(snapshot.key().parts().get(IMAGE));
    }

    /** The same, cut to what tells images apart if it is a digest. */
    static String shortImage(Snapshot snapshot) {
        return image(snapshot)
                .map(image -> image.matches("sha256:[0-9a-f]{64}") ? image.substring(7, 19) : image)
                .orElse("-");
    }

    static long memoryBytes(Snapshot snapshot) {
        return snapshot.manifest().files().get(SnapshotFile.MEMORY).lengthBytes();
    }

    /** For sentences: the id and, if it has one, the name. */
    static String title(Snapshot snapshot) {
        return snapshot.id().abbreviated()
                + name(snapshot).map(name -> " (" + Printable.line(name) + ")").orElse("");
    }

    static String users(List<SnapshotStatus.User> users) {
        return users.stream().map(user -> "process " + user.pid()).distinct().collect(Collectors.joining(", "));
    }

    /** An object with the fields that name a snapshot. */
    static ObjectNode reference(Snapshot snapshot) {
        ObjectNode node = JSON.objectNode().put("id", snapshot.id().sha256());
        node.set("name", text(name(snapshot)));
        return node;
    }

    /** An object with what the store knows of a snapshot. */
    static ObjectNode status(SnapshotStatus status) {
        Snapshot snapshot = status.snapshot();
        ObjectNode node = reference(snapshot);
        node.set("image", text(image(snapshot)));
        node.set("parent", text(snapshot.manifest().parent().map(Object::toString)));
        node.put("created", snapshot.manifest().created().toString())
                .put("lastUsed", status.lastUse().toString())
                .put("memoryBytes", memoryBytes(snapshot))
                .put("ownBytes", status.ownBytes())
                .put("pinned", status.pinned());
        status.users()
                .forEach(user -> node.withArray("/users")
                        .addObject()
                        .put("pid", user.pid())
                        .put("purpose", user.purpose()));
        if (status.users().isEmpty()) {
            node.putArray("users");
        }
        return node;
    }

    private static JsonNode text(Optional<String> value) {
        return value.<JsonNode>map(JSON::textNode).orElse(JSON.nullNode());
    }
}
