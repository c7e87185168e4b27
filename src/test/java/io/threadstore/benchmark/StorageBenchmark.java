package io.threadstore.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.threadstore.platform.embedded.EmbeddedMariaDb;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
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

    private static final Path DIRECTORY = Path.of("target", "benchmark-database");

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
        System.out.printf(
                "%n| %,d items | text, MB | on disk, MB | a million, MB | inserted per s | database, µs of processor per item | read per s | database, µs per item |%n",
                ITEMS);
        System.out.println("|---|---|---|---|---|---|---|---|");
        for (var way : WAYS.entrySet()) {
            measure(way.getKey(), way.getValue()[0], way.getValue()[1]);
        }
    }

    private static void measure(String title, String column, String table) throws Exception {
        long bytes;
        Took inserted;
        var database = new EmbeddedMariaDb(DIRECTORY);
        database.start();
        try (var connection = connect(database);
                var statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS stored_item");
            statement.execute("""
                    CREATE TABLE stored_item (thread_key BIGINT NOT NULL, ordinal BIGINT NOT NULL, recorded_at BIGINT NOT NULL,
                      type VARCHAR(128) NOT NULL, subtype VARCHAR(128) NULL, byte_length INT NOT NULL, item LONGTEXT%s NOT NULL,
                      PRIMARY KEY (thread_key, ordinal)
                    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin %s
                    """.formatted(column, table));
            var timing = new Timing();
            bytes = insert(connection);
            inserted = timing.end();
        } finally {
            // what is in memory only goes into the table's file
            database.stop();
        }
        var disk = bytesOnDisk();
        database.start();
        try (var connection = connect(database)) {
            var timing = new Timing();
            assertThat(read(connection)).isEqualTo(bytes);
            var gone = timing.end();
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
        } finally {
            database.stop();
        }
    }

    private static Connection connect(EmbeddedMariaDb database) throws SQLException {
        var properties = database.connectionProperties();
        return DriverManager.getConnection(
                properties.get("threadstore.db.url") + "?useServerPrepStmts=true&useBulkStmts=true",
                properties.get("threadstore.db.username"),
                properties.get("threadstore.db.password"));
    }

    /** What the file takes, whose holes take nothing. */
    private static long bytesOnDisk() throws IOException {
        var file = DIRECTORY.resolve("mariadb/data/threadstore/stored_item.ibd");
        var du = new ProcessBuilder("du", "-k", file.toString()).start();
        return Long.parseLong(new String(du.getInputStream().readAllBytes(), StandardCharsets.UTF_8).split("\\s")[0])
                * 1024;
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

    /** Of the server and of the one client. */
    private static final class Timing {

        private final long began = System.nanoTime();
        private final double before;

        Timing() throws IOException {
            this.before = databaseSeconds();
        }

        Took end() throws IOException {
            return new Took((System.nanoTime() - began) / 1e9, databaseSeconds() - before);
        }

        private static double databaseSeconds() throws IOException {
            return Stage.cpuSeconds(Long.parseLong(
                    Files.readString(DIRECTORY.resolve("mariadb/mariadbd.pid")).strip()));
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
