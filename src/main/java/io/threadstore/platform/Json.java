package io.threadstore.platform;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Reading and writing JSON texts with the store's own parser limits. Texts are UTF-8 and nothing else; numbers keep their
 * digits.
 */
@ApplicationScoped
public class Json {

    /** Room for the envelope {@code {"items": [ ... ]}} around an item that nests as deeply as it may. */
    private static final int ENVELOPE_DEPTH = 2;

    private final JsonFactory factory;
    private final JsonFactory storedTextFactory;
    private final int maxDepth;

    public Json(Limits limits) {
        this.maxDepth = limits.jsonDepth();
        var constraints = StreamReadConstraints.builder()
                .maxNestingDepth(maxDepth + ENVELOPE_DEPTH)
                .maxNumberLength(limits.jsonDigits())
                .maxStringLength(Integer.MAX_VALUE)
                .maxNameLength(Integer.MAX_VALUE)
                .build();
        this.factory = factory(constraints);
        this.storedTextFactory = factory(StreamReadConstraints.builder()
                .maxNestingDepth(Integer.MAX_VALUE)
                .maxNumberLength(Integer.MAX_VALUE)
                .maxStringLength(Integer.MAX_VALUE)
                .maxNameLength(Integer.MAX_VALUE)
                .build());
    }

    private static JsonFactory factory(StreamReadConstraints constraints) {
        return JsonFactory.builder()
                .streamReadConstraints(constraints)
                .disable(JsonFactory.Feature.CHARSET_DETECTION)
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                .build();
    }

    /** How deeply an item may nest. */
    public int maxDepth() {
        return maxDepth;
    }

    /** A parser over the text whose offsets count from the text's beginning. */
    public JsonParser parser(JsonText text) {
        return parser(factory, text);
    }

    /** As {@link #parser}, over a text that is stored: what was taken once is read whatever the limits are by now. */
    public JsonParser storedTextParser(JsonText text) {
        return parser(storedTextFactory, text);
    }

    private static JsonParser parser(JsonFactory factory, JsonText text) {
        try {
            return factory.createParser(text.buffer(), text.offset(), text.length());
        } catch (IOException e) {
            throw new UncheckedIOException("a parser over memory does no input", e);
        }
    }

    /** Writes one JSON text. */
    public JsonText write(JsonWriter writer) {
        var out = new ByteArrayOutputStream(512);
        try (var generator = factory.createGenerator(out)) {
            writer.write(generator);
        } catch (IOException e) {
            throw new UncheckedIOException("a generator into memory does no output", e);
        }
        return JsonText.of(out.toByteArray());
    }

    /** What {@link #write} calls. */
    @FunctionalInterface
    public interface JsonWriter {
        void write(JsonGenerator generator) throws IOException;
    }

    /**
     * Where the text stops being UTF-8 (overlong forms and encoded surrogates are not), as an offset; -1 if it is all well.
     * Jackson skips over strings without looking this closely, and the database would refuse such a text much later.
     */
    public static int invalidUtf8At(JsonText text) {
        if (Bytes.areAscii(text.buffer(), text.offset(), text.offset() + text.length())) {
            return -1;
        }
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        var in = ByteBuffer.wrap(text.buffer(), text.offset(), text.length());
        var out = CharBuffer.allocate(Math.min(8192, text.length() + 1));
        while (true) {
            var result = decoder.decode(in, out, true);
            if (result.isError()) {
                return in.position() - text.offset();
            }
            if (result.isUnderflow()) {
                return -1;
            }
            out.clear();
        }
    }
}
