// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.snapshot.process.ProcessMark;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A lease as its file tells it: a line of JSON about the lease, then one for each child process, each further snapshot, and each
 * that is not used any more. Lines are added with one write each, so a crash can cut off only the last one; a line without its
 * end does not count.
 *
 * @param ownerPid the process that took it
 * @param info what it is for
 * @param children processes that must not outlive the owner
 * @param snapshots all that it uses, that of {@code info} included
 */
record LeaseRecord(long ownerPid, LeaseInfo info, List<ProcessMark> children, Set<SnapshotId> snapshots) {
    private static final String FORMAT = "thaw-lease";
    private static final int VERSION = 1;
    /** Lines after the first. */
    static final int MAX_LINES = 1024;

    private static final ObjectMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(2)
                            .maxNumberLength(32)
                            .maxStringLength(16 * 1024)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    LeaseRecord {
        children = List.copyOf(children);
        snapshots = Set.copyOf(snapshots);
    }

    static String header(long ownerPid, LeaseInfo info) {
        ObjectNode line = JsonNodeFactory.instance.objectNode();
        line.put("format", FORMAT)
                .put("version", VERSION)
                .put("pid", ownerPid)
                .put("purpose", info.purpose())
                .put("runFolder", info.runFolder().toString());
        info.snapshot().ifPresent(id -> line.put("snapshot", id.sha256()));
        return line + "\n";
    }

    static String childLine(ProcessMark child) {
        return JsonNodeFactory.instance.objectNode().put("child", child.pid()).put("startedMillis", child.startMillis())
                + "\n";
    }

    static String snapshotLine(SnapshotId id) {
        return JsonNodeFactory.instance.objectNode().put("snapshot", id.sha256()) + "\n";
    }

    /** From here on the snapshot does not count, unless a later line names it again. */
    static String releasedLine(SnapshotId id) {
        return JsonNodeFactory.instance.objectNode().put("released", id.sha256()) + "\n";
    }

    /** Whether its first line is not complete: its owner is writing it, or has died before. */
    static boolean isUnwritten(String content) {
        return content.indexOf('\n') < 0;
    }

    /** Empty if this is no lease of this version, or its first line is not complete yet. */
    static Optional<LeaseRecord> decode(String content) {
        int end = content.lastIndexOf('\n');
        if (end < 0) {
            return Optional.empty();
        }
        String[] lines = content.substring(0, end).split("\n", MAX_LINES + 2);
        try {
            JsonNode header = JSON.readTree(lines[0]);
            if (!header.path("format").asText().equals(FORMAT)
                    || header.path("version").asInt() != VERSION
                    || !header.path("runFolder").isTextual()) {
                return Optional.empty();
            }
            LeaseInfo info = new LeaseInfo(
                    header.path("purpose").asText(),
                    Path.of(header.path("runFolder").textValue()),
                    Optional.ofNullable(header.path("snapshot").textValue()).map(SnapshotId::new));
            List<ProcessMark> children = new ArrayList<>();
            Set<SnapshotId> snapshots = new HashSet<>();
            info.snapshot().ifPresent(snapshots::add);
            for (int i = 1; i < Math.min(lines.length, MAX_LINES + 1); i++) {
                JsonNode line = JSON.readTree(lines[i]);
                if (line.has("snapshot")) {
                    snapshots.add(new SnapshotId(line.path("snapshot").asText()));
                } else if (line.has("released")) {
                    snapshots.remove(new SnapshotId(line.path("released").asText()));
                } else {
                    children.add(new ProcessMark(
                            line.path("child").asLong(-1),
                            line.path("startedMillis").asLong()));
                }
            }
            return Optional.of(new LeaseRecord(header.path("pid").asLong(-1), info, children, snapshots));
        } catch (JsonProcessingException | InvalidPathException e) {
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            // The hash of the snapshot is none.
            return Optional.empty();
        }
    }
}
