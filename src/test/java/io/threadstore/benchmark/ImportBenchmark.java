package io.threadstore.benchmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Imports of whole rollout files beside bare bulk inserts of their lines, by turns. */
class ImportBenchmark {

    private static final int MEGABYTE = 1_000_000;

    /** How many lines, and how much text, one message to the database holds. */
    private static final int BATCH_ITEMS = 1000;

    private static final int BATCH_BYTES = 2 * 1024 * 1024;

    @Test
    void besideBulkInserts() throws Exception {
        try (var stage = Stage.set(Report.JVM)) {
            try (var connection = stage.connect();
                    var statement = connection.createStatement()) {
                JdbcAppender.createTables(statement);
            }
            var warmUp = lines(20, 1000);
            for (var end = System.nanoTime() + Report.FIRST_WARM_UP * 1_000_000_000L; System.nanoTime() < end; ) {
                importInto(stage, warmUp);
            }
            var report = new Report("imports, MB", "bulk inserts");
            compare(report, stage, "a file of 200 MB, lines of 1 kB on average", lines(200, 1000));
            compare(report, stage, "a file of 200 MB, lines of 250 bytes on average", lines(200, 250));
            compare(report, stage, "a file of 200 MB, lines of 20 kB on average", lines(200, 20_000));
            compare(report, stage, "a file of 2 MB, lines of 1 kB on average", lines(2, 1000));
            report.write();
        }
    }

    private static void compare(Report report, Stage stage, String what, List<byte[]> lines) throws Exception {
        report.compare(
                what,
                () -> measure(stage, lines, () -> importInto(stage, lines)),
                () -> measure(stage, lines, () -> insert(stage, lines)));
    }

    private interface Job {
        void run() throws Exception;
    }

    private static Round measure(Stage stage, List<byte[]> lines, Job job) throws Exception {
        var before = stage.cpu();
        var begin = System.nanoTime();
        job.run();
        var seconds = (System.nanoTime() - begin) / 1e9;
        var megabytes = lines.stream().mapToLong(line -> line.length + 1L).sum() / (double) MEGABYTE;
        return new Round(
                megabytes / seconds,
                1000 * seconds,
                1000 * seconds,
                stage.cpu().since(before, seconds),
                stage.serviceRss());
    }

    private static void importInto(Stage stage, List<byte[]> lines) throws IOException, InterruptedException {
        var id = UUID.randomUUID();
        var file = new ByteArrayOutputStream();
        file.writeBytes(
                ("{\"timestamp\":\"2026-11-20T20:47:04.376Z\",\"type\":\"session_meta\",\"payload\":{\"id\":\"" + id
                                + "\",\"timestamp\":\"2026-11-20T20:47:03.000Z\",\"cwd\":\"/work\",\"originator\":\"codex_cli_rs\",\"cli_version\":\"0.142.0\",\"source\":\"cli\"}}\n")
                        .getBytes(UTF_8));
        for (var line : lines) {
            file.writeBytes(line);
            file.write('\n');
        }
        var answer = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .build()
                .send(
                        HttpRequest.newBuilder(URI.create(
                                        "http://127.0.0.1:" + stage.port() + "/v1/threads/" + id + "/rollout"))
                                .header("Content-Type", "application/x-ndjson")
                                .PUT(HttpRequest.BodyPublishers.ofByteArray(file.toByteArray()))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 201) {
            throw new IOException(answer.body());
        }
    }

    /** The reference: the lines as they are, in one transaction. */
    private static void insert(Stage stage, List<byte[]> lines) throws SQLException {
        try (var connection = stage.connect()) {
            connection.setAutoCommit(false);
            var key = JdbcAppender.newThread(connection, UUID.randomUUID().toString());
            try (var insert = connection.prepareStatement(
                    "INSERT INTO bare_rollout_item"
                            + " (thread_key, ordinal, recorded_at, type, subtype, byte_length, item) VALUES (?, ?, ?, ?, ?, ?, ?)")) {
                var ordinal = 0L;
                var items = 0;
                var bytes = 0;
                for (var line : lines) {
                    insert.setLong(1, key);
                    insert.setLong(2, ordinal++);
                    insert.setLong(3, 1_700_000_000_000L);
                    insert.setString(4, "response_item");
                    insert.setString(5, "message");
                    insert.setInt(6, line.length);
                    insert.setBytes(7, line);
                    insert.addBatch();
                    bytes += line.length;
                    if (++items == BATCH_ITEMS || bytes > BATCH_BYTES) {
                        insert.executeBatch();
                        items = 0;
                        bytes = 0;
                    }
                }
                insert.executeBatch();
            }
            connection.commit();
        }
    }

    /** Lines of all lengths, up to twice the average. */
    private static List<byte[]> lines(int megabytes, int averageBytes) {
        var random = new Random(6);
        var lines = new ArrayList<byte[]>();
        for (var bytes = 0L; bytes < (long) megabytes * MEGABYTE; ) {
            var length = averageBytes < 400 ? averageBytes : 180 + random.nextInt(2 * averageBytes - 360);
            var line = Texts.line(length);
            lines.add(line);
            bytes += line.length + 1;
        }
        return lines;
    }
}
