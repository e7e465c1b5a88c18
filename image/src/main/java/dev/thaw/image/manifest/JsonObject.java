// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.manifest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import dev.thaw.image.Digest;
import dev.thaw.image.tree.InvalidImageException;
import dev.thaw.image.tree.Shown;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A JSON object of a document that others wrote. Each getter says which field of which document is wrong. A field that
 * is {@code null} counts as missing, as Go's writers mean it, and a string that is {@code null} as empty. Strings with a NUL character are refused. Immutable.
 */
public final class JsonObject {
    /** The longest document: what registries accept as a manifest. */
    public static final int MAX_BYTES = 4 << 20;

    private static final int MAX_NESTING = 32;
    private static final int MAX_NUMBER = 32;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_NESTING)
                            .maxNumberLength(MAX_NUMBER)
                            .maxStringLength(MAX_BYTES)
                            .maxNameLength(1 << 16)
                            .maxDocumentLength(MAX_BYTES)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final String where;
    private final JsonNode node;

    private JsonObject(String where, JsonNode node) {
        this.where = where;
        this.node = node;
    }

    /** Reads a document that is an object. Its name is for messages. */
    public static JsonObject parse(byte[] document, String name) throws InvalidImageException {
        return object(tree(document, name), name);
    }

    /** Reads a document that is a list of objects. */
    public static List<JsonObject> parseList(byte[] document, String name) throws InvalidImageException {
        return objects(tree(document, name), name);
    }

    private static JsonNode tree(byte[] document, String name) throws InvalidImageException {
        if (document.length > MAX_BYTES) {
            throw new InvalidImageException(
                    name + " has " + document.length + " bytes; at most " + MAX_BYTES + " are accepted");
        }
        try {
            return MAPPER.readTree(document);
        } catch (JsonProcessingException e) {
            String place = e.getLocation() == null
                    ? ""
                    : " at line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr();
            throw new InvalidImageException(
                    name + " is not valid JSON" + place + ": " + Shown.of(e.getOriginalMessage()), e);
        } catch (IOException e) {
            throw new InvalidImageException(name + " is not valid JSON: " + Shown.of(e.getMessage()), e);
        }
    }

    /** The field's string. */
    public String text(String field) throws InvalidImageException {
        return optionalText(field).orElseThrow(() -> wrong(field, "a string", node.path(field)));
    }

    public Optional<String> optionalText(String field) throws InvalidImageException {
        JsonNode value = node.path(field);
        return isAbsent(value) ? Optional.empty() : Optional.of(text(value, where + ": " + field));
    }

    /** As {@link #texts}, or a string, which is a list of one, as Docker long read commands. */
    List<String> textOrTexts(String field) throws InvalidImageException {
        return node.path(field).isTextual() ? List.of(text(field)) : texts(field);
    }

    /** The field's list of strings, with empty ones for {@code null}; empty if it is missing. */
    public List<String> texts(String field) throws InvalidImageException {
        JsonNode value = node.path(field);
        if (isAbsent(value)) {
            return List.of();
        }
        if (!value.isArray()) {
            throw wrong(field, "a list of strings", value);
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode element : value) {
            texts.add(element.isNull() ? "" : text(element, where + ": an element of " + field));
        }
        return texts;
    }

    /** The names in the field's object; empty if it is missing. */
    public List<String> names(String field) throws InvalidImageException {
        JsonNode value = node.path(field);
        if (isAbsent(value)) {
            return List.of();
        }
        if (!value.isObject()) {
            throw wrong(field, "an object", value);
        }
        List<String> names = new ArrayList<>();
        for (var names0 = value.fieldNames(); names0.hasNext(); ) {
            names.add(withoutNul(names0.next(), where + ": a name in " + field));
        }
        return names;
    }

    /** The field's object of strings; empty if it is missing. */
    public SortedMap<String, String> textMap(String field) throws InvalidImageException {
        SortedMap<String, String> map = new TreeMap<>();
        for (String name : names(field)) {
            JsonNode value = node.path(field).path(name);
            map.put(name, value.isNull() ? "" : text(value, where + ": " + field + "." + Shown.of(name)));
        }
        return map;
    }

    /** The field's object; one without fields if it is missing. */
    public JsonObject objectOrEmpty(String field) throws InvalidImageException {
        JsonNode value = node.path(field);
        return isAbsent(value)
                ? new JsonObject(where + ": " + field, MAPPER.createObjectNode())
                : object(value, where + ": " + field);
    }

    JsonObject object(String field) throws InvalidImageException {
        return object(node.path(field), where + ": " + field);
    }

    public boolean has(String field) {
        return !isAbsent(node.path(field));
    }

    /** The field's list of objects, which must be there. */
    public List<JsonObject> objects(String field) throws InvalidImageException {
        return objects(node.path(field), where + ": " + field);
    }

    /** The field's whole number, or the given one if it is missing. */
    long number(String field, long otherwise) throws InvalidImageException {
        JsonNode value = node.path(field);
        if (isAbsent(value)) {
            return otherwise;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw wrong(field, "a whole number of 64 bits", value);
        }
        return value.longValue();
    }

    Digest digest(String field) throws InvalidImageException {
        return digest(text(field), where + ": " + field);
    }

    /** The field's list of digests; empty if it is missing. */
    List<Digest> digests(String field) throws InvalidImageException {
        List<Digest> digests = new ArrayList<>();
        for (String text : texts(field)) {
            digests.add(digest(text, where + ": an element of " + field));
        }
        return digests;
    }

    /** What is wrong with a field, as an exception to throw. */
    InvalidImageException invalid(String field, String what) {
        return new InvalidImageException(where + ": " + field + ": " + what);
    }

    private static Digest digest(String text, String where) throws InvalidImageException {
        try {
            return Digest.parse(text);
        } catch (IllegalArgumentException e) {
            throw new InvalidImageException(where + ": " + e.getMessage(), e);
        }
    }

    private static List<JsonObject> objects(JsonNode value, String where) throws InvalidImageException {
        if (!value.isArray()) {
            throw new InvalidImageException(where + ": expected a list of objects, got " + kind(value));
        }
        List<JsonObject> objects = new ArrayList<>();
        for (JsonNode element : value) {
            objects.add(object(element, where + "[" + objects.size() + "]"));
        }
        return objects;
    }

    private static JsonObject object(JsonNode value, String where) throws InvalidImageException {
        if (!value.isObject()) {
            throw new InvalidImageException(where + ": expected an object, got " + kind(value));
        }
        return new JsonObject(where, value);
    }

    private static String text(JsonNode value, String where) throws InvalidImageException {
        if (!value.isTextual()) {
            throw new InvalidImageException(where + ": expected a string, got " + kind(value));
        }
        return withoutNul(value.textValue(), where);
    }

    private static String withoutNul(String text, String where) throws InvalidImageException {
        if (text.indexOf('\0') >= 0) {
            throw new InvalidImageException(where + ": a string with a NUL character");
        }
        return text;
    }

    private InvalidImageException wrong(String field, String expected, JsonNode got) {
        return invalid(field, "expected " + expected + ", got " + kind(got));
    }

    private static boolean isAbsent(JsonNode value) {
        return value.isMissingNode() || value.isNull();
    }

    private static String kind(JsonNode value) {
        return value.getNodeType() == JsonNodeType.MISSING
                ? "nothing"
                : "a JSON " + value.getNodeType().name().toLowerCase(Locale.ROOT);
    }
}
