package io.threadstore.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What items take on disk, and in processor time of the database, by how the table is stored. */
class StorageBenchmark {

    private static final int ITEMS = Integer.getInteger("benchmark.items", 200_000);
    private static final int MILLION = 1_000_000;
    private static final int ITEMS_PER_THREAD = 1000;
    private static final int ITEMS_PER_COMMIT = 10;

    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** What each way of storing adds to the type of the item's column, and to the table. */
    private static final Map<String, String[]> WAYS = new LinkedHashMap<>();

    static {
        WAYS.put("plain", new String[] {"", ""});
        WAYS.put("PAGE_COMPRESSED=1, level 1", new String[] {"", "PAGE_COMPRESSED=1 PAGE_COMPRESSION_LEVEL=1"});
        WAYS.put("PAGE_COMPRESSED=1, level 6", new String[] {"", "PAGE_COMPRESSED=1 PAGE_COMPRESSION_LEVEL=6"});
        WAYS.put("ROW_FORMAT=COMPRESSED, 8 KiB", new String[] {"", "ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8"});
        WAYS.put("the column COMPRESSED", new String[] {" COMPRESSED", ""});
    }

    @Test
    void ofItemsByHowTheyAreStored() throws Exception {
        try (var stage = Stage.set(Report.JVM);
                var connection = stage.connect()) {
            System.out.printf(
                    "%n| %,d items | text, MB | on disk, MB | a million, MB | inserted per s | database, µs of processor per item | read per s | database, µs per item |%n",
                    ITEMS);
            System.out.println("|---|---|---|---|---|---|---|---|");
            for (var way : WAYS.entrySet()) {
                measure(stage, connection, way.getKey(), way.getValue()[0], way.getValue()[1]);
            }
        }
    }

    private static void measure(Stage stage, Connection connection, String title, String column, String table)
            throws SQLException, IOException, InterruptedException {
        try (var statement = connection.createStatement()) {
            statement.execute("""
                    CREATE TABLE stored_item (thread_key BIGINT NOT NULL, ordinal BIGINT NOT NULL, recorded_at BIGINT NOT NULL,
                      type VARCHAR(128) NOT NULL, subtype VARCHAR(128) NULL, byte_length INT NOT NULL, item LONGTEXT%s NOT NULL,
                      PRIMARY KEY (thread_key, ordinal)
                    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin %s
                    """.formatted(column, table));
            var insert = new Timing(stage);
            var bytes = insert(connection);
            awaitClean(connection);
            var inserted = insert.end();
            long disk;
            try (var row = statement.executeQuery(
                    "SELECT ALLOCATED_SIZE FROM information_schema.INNODB_SYS_TABLESPACES WHERE NAME LIKE '%/stored_item'")) {
                assertThat(row.next()).isTrue();
                disk = row.getLong(1);
            }
            var read = new Timing(stage);
            assertThat(read(connection)).isEqualTo(bytes);
            var gone = read.end();
            System.out.printf(
                    "| %s | %.0f | %.0f | %,.0f | %,.0f | %.1f | %,.0f | %.1f |%n",
                    title,
                    bytes / 1e6,
                    disk / 1e6,
                    disk / 1e6 / ITEMS * MILLION,
                    ITEMS / inserted.seconds,
                    inserted.databaseSeconds / ITEMS * MILLION,
                    ITEMS / gone.seconds,
                    gone.databaseSeconds / ITEMS * MILLION);
            statement.execute("DROP TABLE stored_item");
        }
    }

    private static long insert(Connection connection) throws SQLException, IOException {
        var texts = new Items();
        var bytes = 0L;
        connection.setAutoCommit(false);
        try (var insert = connection.prepareStatement("INSERT INTO stored_item VALUES (?, ?, ?, ?, ?, ?, ?)")) {
            for (var i = 0; i < ITEMS; i++) {
                var item = texts.next().getBytes(StandardCharsets.UTF_8);
                bytes += item.length;
                insert.setLong(1, i / ITEMS_PER_THREAD);
                insert.setLong(2, i % ITEMS_PER_THREAD);
                insert.setLong(3, 1_790_000_000_000L + i);
                insert.setString(4, "response_item");
                insert.setString(5, "message");
                insert.setInt(6, item.length);
                insert.setBytes(7, item);
                insert.addBatch();
                if ((i + 1) % ITEMS_PER_COMMIT == 0) {
                    insert.executeBatch();
                    connection.commit();
                }
            }
            insert.executeBatch();
            connection.commit();
        }
        connection.setAutoCommit(true);
        return bytes;
    }

    /** Until everything is in the table's file, and as small as it gets. */
    private static void awaitClean(Connection connection) throws SQLException, InterruptedException {
        try (var statement = connection.createStatement()) {
            statement.execute("SET GLOBAL innodb_max_dirty_pages_pct = 0");
            for (var dirty = 1L; dirty > 0; Thread.sleep(100)) {
                try (var row = statement.executeQuery("SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'")) {
                    row.next();
                    dirty = row.getLong(2);
                }
            }
            statement.execute("SET GLOBAL innodb_max_dirty_pages_pct = 90");
        }
    }

    private static long read(Connection connection) throws SQLException {
        var bytes = 0L;
        try (var select =
                connection.prepareStatement("SELECT item FROM stored_item WHERE thread_key = ? ORDER BY ordinal")) {
            select.setFetchSize(64);
            for (var thread = 0; thread * ITEMS_PER_THREAD < ITEMS; thread++) {
                select.setLong(1, thread);
                try (var row = select.executeQuery()) {
                    while (row.next()) {
                        bytes += row.getBytes(1).length;
                    }
                }
            }
        }
        return bytes;
    }

    private static final class Timing {

        private final Stage stage;
        private final long began = System.nanoTime();
        private final Stage.Cpu before;

        Timing(Stage stage) throws IOException {
            this.stage = stage;
            this.before = stage.cpu();
        }

        Took end() throws IOException {
            return new Took(
                    (System.nanoTime() - began) / 1e9,
                    stage.cpu().since(before, 1).database());
        }
    }

    private record Took(double seconds, double databaseSeconds) {}

    /**
     * Items as an agent's turns bring them, no two alike: output of tools (pieces of this project's sources and documents), calls, prose,
     * counts of tokens, and reasoning, which comes encrypted and does not get smaller.
     */
    private static final class Items {

        private final Random random = new Random(1);
        private final List<String> files = new ArrayList<>();

        Items() throws IOException {
            for (var directory : List.of("src/main/java", "src/test/java", "docs")) {
                try (var paths = Files.walk(Path.of(directory))) {
                    for (var path : paths.filter(Files::isRegularFile).sorted().toList()) {
                        files.add(Files.readString(path));
                    }
                }
            }
        }

        String next() {
            var dice = random.nextInt(100);
            if (dice < 35) {
                return item("function_call_output", "output", piece(200, 8000));
            }
            if (dice < 55) {
                return item("function_call", "arguments", piece(50, 400));
            }
            if (dice < 70) {
                return item("reasoning", "encrypted_content", noise(700, 3000));
            }
            return dice < 85 ? item("message", "text", piece(100, 1000)) : Texts.tokenCount();
        }

        private String item(String type, String member, String text) {
            ObjectNode item = MAPPER.createObjectNode().put("type", "response_item");
            item.putObject("payload")
                    .put("type", type)
                    .put("call_id", "call_" + Long.toHexString(random.nextLong()))
                    .put(member, text);
            return item.toString();
        }

        private String piece(int least, int most) {
            var file = files.get(random.nextInt(files.size()));
            var length = Math.min(file.length(), random.nextInt(least, most));
            var from = random.nextInt(file.length() - length + 1);
            return file.substring(from, from + length);
        }

        private String noise(int least, int most) {
            var bytes = new byte[random.nextInt(least, most)];
            random.nextBytes(bytes);
            return Base64.getEncoder().encodeToString(bytes);
        }
    }
}
