package io.threadstore.codex;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.util.JsonFormat;
import io.threadstore.codex.proto.AppendThreadItemsRequest;
import io.threadstore.codex.proto.ArchiveThreadRequest;
import io.threadstore.codex.proto.ListThreadsRequest;
import io.threadstore.codex.proto.LoadThreadHistoryRequest;
import io.threadstore.codex.proto.ReadThreadRequest;
import io.threadstore.codex.proto.ThreadIdRequest;
import io.threadstore.codex.proto.UpdateThreadMetadataRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests as Codex 0.129 put them on the wire, to the byte. */
class GoldenSamplesTest {

    private static final Path SAMPLES = Path.of("src", "test", "resources", "codex", "samples");
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** Length-prefixed messages of gRPC: a flag for compression, four bytes of length. */
    private static final int PREFIX = 5;

    private static final Map<String, Parser<? extends Message>> REQUESTS = Map.ofEntries(
            Map.entry("AppendItems", AppendThreadItemsRequest.parser()),
            Map.entry("PersistThread", ThreadIdRequest.parser()),
            Map.entry("FlushThread", ThreadIdRequest.parser()),
            Map.entry("ShutdownThread", ThreadIdRequest.parser()),
            Map.entry("DiscardThread", ThreadIdRequest.parser()),
            Map.entry("LoadHistory", LoadThreadHistoryRequest.parser()),
            Map.entry("ReadThread", ReadThreadRequest.parser()),
            Map.entry("ListThreads", ListThreadsRequest.parser()),
            Map.entry("UpdateThreadMetadata", UpdateThreadMetadataRequest.parser()),
            Map.entry("ArchiveThread", ArchiveThreadRequest.parser()),
            Map.entry("UnarchiveThread", ArchiveThreadRequest.parser()));

    static Stream<Path> samplesWithBytes() throws IOException {
        try (var files = Files.list(SAMPLES)) {
            return files.filter(file -> read(file).has("rawRequestBase64")).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("samplesWithBytes")
    void everyFieldIsUnderstoodAndNoneIsLeftOver(Path file) throws IOException {
        var sample = read(file);
        var bytes = ByteBuffer.wrap(
                Base64.getDecoder().decode(sample.path("rawRequestBase64").asText()));
        assertThat(bytes.get()).as("not compressed").isZero();
        assertThat(bytes.getInt()).isEqualTo(bytes.capacity() - PREFIX);

        var request = REQUESTS.get(sample.path("rpc").asText()).parseFrom(bytes);

        assertThat(request.getUnknownFields().asMap()).isEmpty();
        assertThat(MAPPER.readTree(JsonFormat.printer().print(request))).isEqualTo(sample.path("request"));
    }

    private static JsonNode read(Path file) {
        try {
            return MAPPER.readTree(file.toFile());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
