package io.threadstore.rest;

import static io.threadstore.testsupport.Rest.importRollout;
import static io.threadstore.testsupport.Rest.path;
import static io.threadstore.testsupport.Rest.post;
import static io.threadstore.testsupport.Rest.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.not;

import io.airlift.compress.zstd.ZstdInputStream;
import io.airlift.compress.zstd.ZstdOutputStream;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
class RolloutsResourceTest extends RestTest {

    @TestHTTPResource
    URI service;

    final UUID id = UUID.randomUUID();

    @Test
    void recordedFilesComeOutByteForByte() {
        for (var recorded : new UUID[] {Items.ROLLOUT, Items.FORK}) {
            request().delete(path(recorded));
            var file = Items.rolloutFile(recorded);

            importRollout(recorded, file).then().statusCode(201).header("Location", endsWith(path(recorded)));

            assertThat(Rest.export(recorded)).isEqualTo(file);
        }
    }

    @Test
    void summaryFollowsFromTheRecordedFile() {
        importRollout(id, Items.rolloutFileAs(id))
                .then()
                .statusCode(201)
                .body("appended", equalTo(59))
                .body("replayed", equalTo(0))
                .body("thread.preview", equalTo("hello first message"))
                .body("thread.source.kind", equalTo("vscode"))
                .body("thread.originator", equalTo("wire-probe"))
                .body("thread.cli_version", equalTo("0.129.0"))
                .body("thread.model_provider", equalTo("fake"))
                .body("thread.model", equalTo("gpt-5"))
                .body("thread.cwd", equalTo("/home/dev/project"))
                .body("thread.git_info.sha", equalTo("abc123"))
                .body("thread.memory_mode", equalTo("disabled"))
                .body("thread.approval_mode", equalTo("never"))
                .body("thread.sandbox_policy.type", equalTo("danger-full-access"))
                .body("thread.token_usage.total_tokens", equalTo(870))
                .body("thread.item_count", equalTo(59))
                .body("thread.created_at", equalTo("2026-11-20T20:47:03.078Z"));
        request()
                .get(path(id) + "/items?limit=1")
                .then()
                .body("items[0].recorded_at", equalTo("2026-11-20T20:47:04.376Z"));
        problem(request().get(path(id) + "/writer"), 404, "writer_not_found");
    }

    @Test
    void forkInheritsTheMemoryModeButNotTheGitInfoOfItsAncestor() {
        request().delete(path(Items.FORK));

        importRollout(Items.FORK, Items.rolloutFile(Items.FORK))
                .then()
                .statusCode(201)
                .body("thread.forked_from_id", equalTo(Items.ROLLOUT.toString()))
                .body("thread.memory_mode", equalTo("disabled"))
                .body("thread", not(hasKey("git_info")));
    }

    @Test
    void sameFileAgainChangesNothing() {
        var file = Items.rolloutFileAs(id);
        importRollout(id, file).then().statusCode(201);
        var before = Rest.get(id);

        importRollout(id, file)
                .then()
                .statusCode(200)
                .body("appended", equalTo(0))
                .body("replayed", equalTo(59));

        assertThat(Rest.get(id).asString()).isEqualTo(before.asString());
        assertThat(Rest.get(id).header("ETag")).isEqualTo(before.header("ETag"));
    }

    @Test
    void longerFileAppendsTheRestAndAShorterOneNothing() {
        var lines = text(Items.rolloutFileAs(id)).split("\n");
        var beginning = String.join("\n", java.util.Arrays.copyOf(lines, 20)) + "\n";
        importRollout(id, bytes(beginning)).then().statusCode(201).body("appended", equalTo(20));

        importRollout(id, Items.rolloutFileAs(id))
                .then()
                .statusCode(200)
                .body("appended", equalTo(39))
                .body("replayed", equalTo(20));
        importRollout(id, bytes(beginning)).then().statusCode(200).body("appended", equalTo(0));

        assertThat(Rest.export(id)).isEqualTo(Items.rolloutFileAs(id));
    }

    @Test
    void otherFileIsAConflictAtTheFirstDifference() {
        importRollout(id, Items.rolloutFileAs(id)).then().statusCode(201);
        var lines = text(Items.rolloutFileAs(id)).split("\n");
        lines[10] = Items.timed(Items.userMessage("another"));

        problem(importRollout(id, bytes(String.join("\n", lines))), 409, "ordinal_conflict")
                .body("line", equalTo(11))
                .body("next_ordinal", equalTo(59));

        assertThat(Rest.export(id)).isEqualTo(Items.rolloutFileAs(id));
    }

    @Test
    void itemsThatAPatchAppendedHereArePassedOverUnlessTheFileHoldsThem() {
        importRollout(id, Items.rolloutFileAs(id)).then().statusCode(201);
        Rest.patch(id, "{\"name\":\"renamed here\"}").then().statusCode(200);
        Rest.patch(id, "{\"memory_mode\":\"enabled\"}").then().statusCode(200);
        var exported = Rest.export(id);

        importRollout(id, Items.rolloutFileAs(id)).then().statusCode(200).body("appended", equalTo(0));
        importRollout(id, exported)
                .then()
                .statusCode(200)
                .body("appended", equalTo(0))
                .body("replayed", equalTo(61));
        var more = text(Items.rolloutFileAs(id)) + Items.timed(Items.userMessage("more")) + "\n";
        importRollout(id, bytes(more)).then().statusCode(200).body("appended", equalTo(1));

        Rest.get(id).then().body("name", equalTo("renamed here")).body("next_ordinal", equalTo(62));
    }

    @Test
    void exportOfItemsWithoutTimestampsIsARolloutFileThatImportsAsTheSame() {
        Rest.create(id, "").then().statusCode(201);
        Rest.append(id, Items.userMessage("a"), " {\"payload\":{},\"type\":\"x\"}")
                .then()
                .statusCode(200);
        post(id, "writer/shutdown").then().statusCode(200);
        var exported = Rest.export(id);

        var lines = text(exported).split("\n");
        assertThat(lines).hasSize(3).allMatch(line -> line.matches("\\{\"timestamp\":\"[^\"]{24}\",.*\\}"));
        importRollout(id, exported)
                .then()
                .statusCode(200)
                .body("appended", equalTo(0))
                .body("replayed", equalTo(3));
    }

    @Test
    void exportIsNamedAsCodexNamesItsFiles() {
        importRollout(id, Items.rolloutFileAs(id)).then().statusCode(201);

        request()
                .get(path(id) + "/rollout")
                .then()
                .contentType(Rest.NDJSON)
                .header(
                        "Content-Disposition",
                        equalTo("attachment; filename=\"rollout-2026-11-20T20-47-03-" + id + ".jsonl\""));
    }

    @Test
    void gzipAndZstdGoBothWays() throws Exception {
        var file = Items.rolloutFileAs(id);
        importPacked("gzip", gzip(file)).then().statusCode(201);
        importPacked("zstd", zstd(file)).then().statusCode(200).body("replayed", equalTo(59));

        var gzipped = exportPacked("gzip");
        assertThat(gzipped.headers().firstValue("Content-Encoding")).contains("gzip");
        assertThat(new GZIPInputStream(new ByteArrayInputStream(gzipped.body())).readAllBytes())
                .isEqualTo(file);
        var zstd = exportPacked("gzip;q=0.5, zstd");
        assertThat(zstd.headers().firstValue("Content-Encoding")).contains("zstd");
        assertThat(new ZstdInputStream(new ByteArrayInputStream(zstd.body())).readAllBytes())
                .isEqualTo(file);
        var plain = exportPacked("br, gzip;q=0");
        assertThat(plain.headers().firstValue("Content-Encoding")).isEmpty();
        assertThat(plain.body()).isEqualTo(file);
    }

    @Test
    void packingThatIsBrokenOrUnknownIsRefused() throws IOException {
        var file = Items.rolloutFileAs(id);
        var gzipped = gzip(file);

        problem(importPacked("gzip", file), 400, "invalid_request");
        problem(importPacked("gzip", java.util.Arrays.copyOf(gzipped, gzipped.length / 2)), 400, "invalid_request");
        problem(importPacked("zstd", file), 400, "invalid_request");
        problem(importPacked("br", file), 415, "unsupported_media_type");
        problem(Rest.get(id), 404, "thread_not_found");
    }

    @Test
    void dryRunAnswersTheSameAndStoresNothing() {
        var file = Items.rolloutFileAs(id);
        request()
                .contentType(Rest.NDJSON)
                .body(file)
                .put(path(id) + "/rollout?dry_run=true")
                .then()
                .statusCode(201)
                .body("appended", equalTo(59))
                .body("thread.preview", equalTo("hello first message"));
        problem(Rest.get(id), 404, "thread_not_found");

        importRollout(id, file).then().statusCode(201);
        var longer = bytes(text(file) + Items.timed(Items.userMessage("more")));
        request()
                .contentType(Rest.NDJSON)
                .body(longer)
                .put(path(id) + "/rollout?dry_run=true")
                .then()
                .statusCode(200)
                .body("appended", equalTo(1));
        Rest.get(id).then().body("item_count", equalTo(59));
    }

    @Test
    void fileOfAnotherThreadIsRefused() {
        problem(importRollout(id, Items.rolloutFile(Items.ROLLOUT)), 400, "session_meta_mismatch")
                .body("detail", containsString("expected " + id + ", found " + Items.ROLLOUT))
                .body("line", equalTo(1));
        problem(Rest.get(id), 404, "thread_not_found");
    }

    @Test
    void fileWithoutSessionMetaIsRefused() {
        problem(importRollout(id, bytes(Items.timed(Items.userMessage("x")))), 400, "session_meta_mismatch")
                .body("detail", containsString("found event_msg"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", " \n\r\n"})
    void emptyFileIsRefused(String file) {
        problem(importRollout(id, bytes(file)), 400, "invalid_request");
    }

    @Test
    void fileCutInTheMiddleOfALineIsRefusedWhole() {
        var file = Items.rolloutFileAs(id);

        problem(importRollout(id, java.util.Arrays.copyOf(file, file.length - 100)), 400, "invalid_request")
                .body("line", equalTo(59));
        problem(Rest.get(id), 404, "thread_not_found");
    }

    @Test
    void blankLinesAndAMissingLastNewlineAreAccepted() {
        var file = "\n" + Items.sessionMeta(id) + "\n\n" + Items.timed(Items.userMessage("a"));

        importRollout(id, bytes(file)).then().statusCode(201).body("appended", equalTo(2));

        assertThat(text(Rest.export(id)))
                .isEqualTo(Items.sessionMeta(id) + "\n" + Items.timed(Items.userMessage("a")) + "\n");
        var other = "\n" + Items.sessionMeta(id) + "\n\n" + Items.timed(Items.userMessage("b"));
        problem(importRollout(id, bytes(other)), 409, "ordinal_conflict").body("line", equalTo(4));
    }

    @Test
    void brokenLineIsNamedWithItsNumberInTheFile() {
        problem(importRollout(id, bytes(Items.sessionMeta(id) + "\n\n{\"type\":\"x\"}\n")), 400, "invalid_request")
                .body("line", equalTo(3));
    }

    @Test
    void liveThreadIsNotImportedInto() {
        Rest.create(id, "").then().statusCode(201);
        problem(importRollout(id, Items.rolloutFileAs(id)), 409, "thread_already_live");

        var lazy = UUID.randomUUID();
        Rest.create(lazy, "\"lazy\":true,").then().statusCode(201);
        problem(importRollout(lazy, Items.rolloutFileAs(lazy)), 409, "thread_already_live");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void writerWhoseLeaseHasEnded_isClosedByAnImport(boolean lazy) throws SQLException {
        Rest.create(id, lazy ? "\"lazy\":true," : "").then().statusCode(201);
        Rest.append(id, Items.userMessage("kept")).then().statusCode(200);
        var other = Items.sessionMeta(id) + "\n";
        problem(importRollout(id, bytes(other)), 409, "thread_already_live");
        endLease(id);

        problem(importing(id, bytes(other), true), 409, "ordinal_conflict");
        problem(importing(id, bytes(other), false), 409, "ordinal_conflict");
        request().get(path(id) + "/writer").then().statusCode(200);

        // what an import of the thread's own file does, too, but where it is lazy nobody has that
        var file = lazy ? bytes(pendingSessionMeta(id) + "\n" + Items.userMessage("kept") + "\n") : Rest.export(id);
        var longer = bytes(text(file) + Items.timed(Items.userMessage("more")));
        var rehearsed = importing(id, longer, true).then().statusCode(200).extract();
        request().get(path(id) + "/writer").then().statusCode(200);
        var imported = importing(id, longer, false).then().statusCode(200).extract();

        assertThat(rehearsed.jsonPath().getInt("appended")).isEqualTo(1);
        assertThat(rehearsed.jsonPath().getInt("replayed")).isEqualTo(2);
        for (var member : new String[] {"appended", "replayed", "thread.item_count", "thread.byte_count"}) {
            assertThat(imported.jsonPath().getLong(member))
                    .as(member)
                    .isEqualTo(rehearsed.jsonPath().getLong(member));
        }
        problem(request().get(path(id) + "/writer"), 404, "writer_not_found");
        problem(Rest.append(id, Items.userMessage("x")), 409, "thread_not_live");
        request().get(path(id) + "/verification").then().body("differences", empty());
    }

    @Test
    void emptyLazyThreadWhoseLeaseHasEnded_givesWayToAnImport() throws SQLException {
        Rest.create(id, "\"lazy\":true,").then().statusCode(201);
        endLease(id);

        importing(id, Items.rolloutFileAs(id), true).then().statusCode(201).body("appended", equalTo(59));
        importing(id, Items.rolloutFileAs(id), false).then().statusCode(201).body("appended", equalTo(59));
        Rest.get(id).then().body("item_count", equalTo(59));
        problem(request().get(path(id) + "/writer"), 404, "writer_not_found");
    }

    /** It locks nothing, and so it neither waits for a lock nor holds one. */
    @Test
    void dryRun_whileTheThreadIsLocked_answers() throws SQLException {
        var file = Items.rolloutFileAs(id);
        importRollout(id, file).then().statusCode(201);
        try (var other = TestDatabase.connect()) {
            other.setAutoCommit(false);
            try (var lock = other.prepareStatement("SELECT 1 FROM thread WHERE thread_id = ? FOR UPDATE")) {
                lock.setString(1, id.toString());
                lock.executeQuery();
            }
            importing(id, bytes(text(file) + Items.timed(Items.userMessage("more"))), true)
                    .then()
                    .statusCode(200)
                    .body("appended", equalTo(1))
                    .body("thread.item_count", equalTo(60));
            other.rollback();
        }
    }

    private static Response importing(UUID id, byte[] file, boolean dryRun) {
        return request().contentType(Rest.NDJSON).body(file).put(path(id) + "/rollout?dry_run=" + dryRun);
    }

    private static void endLease(UUID id) throws SQLException {
        TestDatabase.updateOne(
                "UPDATE live_writer w JOIN thread t ON t.thread_key = w.thread_key SET w.expires_at = 1 WHERE t.thread_id = ?",
                id.toString());
    }

    /** Item 0 of a lazy thread, with the provider that it gets when it is materialised. */
    private static String pendingSessionMeta(UUID id) throws SQLException {
        try (var connection = TestDatabase.connect();
                var select =
                        connection.prepareStatement("SELECT pending_session_meta FROM thread WHERE thread_id = ?")) {
            select.setString(1, id.toString());
            try (var row = select.executeQuery()) {
                row.next();
                var text = row.getString(1);
                return text.contains("model_provider")
                        ? text
                        : text.substring(0, text.length() - 2) + ",\"model_provider\":\"openai\"}}";
            }
        }
    }

    @Test
    void archivedThreadStaysArchived() {
        var file = Items.rolloutFileAs(id);
        importRollout(id, file).then().statusCode(201);
        post(id, "archive").then().statusCode(200);

        importRollout(id, bytes(text(file) + Items.timed(Items.userMessage("more"))))
                .then()
                .statusCode(200)
                .body("appended", equalTo(1))
                .body("thread", hasKey("archived_at"));
        problem(Rest.get(id), 404, "thread_not_found");
    }

    @Test
    void timesAlwaysHaveThreeDecimals() {
        var file = text(Items.rolloutFileAs(id)).replace("2026-11-20T20:47:03.078Z", "2026-11-20T20:47:03.000Z");

        importRollout(id, bytes(file))
                .then()
                .statusCode(201)
                .body("thread.created_at", equalTo("2026-11-20T20:47:03.000Z"));
        Rest.get(id).then().body("created_at", equalTo("2026-11-20T20:47:03.000Z"));
    }

    @Test
    void noPolicyIsAppliedToAnImport() {
        var file = Items.sessionMeta(id) + "\n" + Items.timed(Items.event("warning", "")) + "\n"
                + Items.timed(Items.event("thread_name_updated", "\"thread_id\":\"" + id + "\",\"thread_name\":\"n\""));

        importRollout(id, bytes(file))
                .then()
                .statusCode(201)
                .body("appended", equalTo(3))
                .body("thread.name", equalTo("n"));
    }

    @Test
    void hostileLinesComeOutByteForByte() {
        var file = Items.sessionMeta(id) + "\n"
                + "{\"timestamp\":\"not a time\",\"type\":\"\\u0065vent_msg\",\"payload\":{\"type\":\"\\ud800\",\"n\":1e400}}\n"
                + "\t{ \"payload\" : {\"a\":1,\"a\":2} , \"type\":\"x\", \"timestamp\":null} \r\n"
                + "{\"timestamp\":\"2026-11-20T22:47:05.123456+02:00\",\"type\":\"\",\"payload\":{}}\n";

        importRollout(id, bytes(file)).then().statusCode(201).body("appended", equalTo(4));

        assertThat(text(Rest.export(id))).isEqualTo(file);
        request()
                .get(path(id) + "/items?after=2")
                .then()
                .body("items[0].recorded_at", equalTo("2026-11-20T20:47:05.123Z"));
        importRollout(id, bytes(file)).then().statusCode(200).body("appended", equalTo(0));
    }

    @Test
    void importNeedsNdjson() {
        problem(
                request().contentType("application/json").body("{}").put(path(id) + "/rollout"),
                415,
                "unsupported_media_type");
    }

    private io.restassured.response.Response importPacked(String encoding, byte[] body) {
        return request()
                .contentType(Rest.NDJSON)
                .header("Content-Encoding", encoding)
                .body(body)
                .put(path(id) + "/rollout");
    }

    private HttpResponse<byte[]> exportPacked(String acceptEncoding) throws Exception {
        var request = HttpRequest.newBuilder(service.resolve(path(id) + "/rollout"))
                .header("Accept-Encoding", acceptEncoding)
                // as most clients speak; the JDK's upgrade to HTTP/2 has once waited without an end
                .version(HttpClient.Version.HTTP_1_1)
                .timeout(Duration.ofMinutes(1))
                .build();
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofByteArray());
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var packer = new GZIPOutputStream(out)) {
            packer.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] zstd(byte[] bytes) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var packer = new ZstdOutputStream(out)) {
            packer.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
