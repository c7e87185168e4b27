package io.threadstore.benchmark;

import java.util.ArrayList;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** How much memory the service takes while it sends histories of many lengths to eight readers at once. */
class MemoryBenchmark {

    private static final int READERS = 8;
    private static final int ITEM_BYTES = 4000;

    @Test
    void ofLongHistories() throws Exception {
        try (var stage = Stage.set(Report.JVM)) {
            var begin = System.nanoTime();
            var first = fill(stage, 10);
            do {
                read(stage, first, 10);
            } while (System.nanoTime() - begin < Report.FIRST_WARM_UP * 1_000_000_000L);
            System.out.println("| history, MB | RSS before, MB | RSS at most, MB | grows by, MB | seconds |");
            System.out.println("|---|---|---|---|---|");
            var lengths = new ArrayList<Integer>();
            var before = new ArrayList<Double>();
            var atMost = new ArrayList<Double>();
            for (var megabytes : new int[] {1, 10, 100, 1000}) {
                var thread = fill(stage, megabytes);
                stage.forgetPeak();
                lengths.add(megabytes);
                before.add(stage.servicePeakRss());
                var began = System.nanoTime();
                for (var round = 0; round < Report.ROUNDS; round++) {
                    read(stage, thread, megabytes);
                }
                var seconds = (System.nanoTime() - began) / 1e9 / Report.ROUNDS;
                atMost.add(stage.servicePeakRss());
                var last = lengths.size() - 1;
                System.out.printf(
                        "| %,d | %.0f | %.0f | %.0f | %.1f |%n",
                        megabytes, before.get(last), atMost.get(last), atMost.get(last) - before.get(last), seconds);
            }
            Report.writeJson("memory", Map.of("megabytes", lengths, "rssBefore", before, "rssAtMost", atMost));
            new Plot("Eight readers at once", "history, MB", "resident memory of the service, MB", 10)
                    .line("before", lengths, before)
                    .line("at most", lengths, atMost)
                    .write("memory-by-history");
        }
    }

    /** Half of the readers take the history, the other half export it; all at once. */
    private static void read(Stage stage, UUID thread, int megabytes) throws Exception {
        var pool = Executors.newFixedThreadPool(READERS);
        try {
            var reading = new ArrayList<Future<Object>>();
            for (var i = 0; i < READERS; i++) {
                var path = "/v1/threads/" + thread + (i % 2 == 0 ? "/history" : "/rollout");
                Callable<Object> task = () -> {
                    try (var reader = new HistoryReader(stage, path, megabytes * 1_000_000L)) {
                        reader.doOnce();
                    }
                    return path;
                };
                reading.add(pool.submit(task));
            }
            for (var future : reading) {
                future.get();
            }
        } finally {
            pool.shutdownNow();
        }
    }

    /** A thread of so much text. */
    private static UUID fill(Stage stage, int megabytes) throws Exception {
        var thread = ServiceAppender.newThread(stage);
        var items = megabytes * 1_000_000 / ITEM_BYTES;
        try (var connection = stage.connect();
                var insert = connection.prepareStatement("""
                        INSERT INTO rollout_item (thread_key, ordinal, recorded_at, type, subtype, byte_length, payload_offset, item)
                        SELECT thread_key, seq, 1700000000000 + seq, 'response_item', 'message', LENGTH(?), LOCATE('"payload":', ?) + 9, ?
                        FROM thread JOIN seq_1_to_%d WHERE thread_id = ?
                        """.formatted(items));
                var update = connection.prepareStatement(
                        "UPDATE thread SET next_ordinal = 1 + ?, item_count = 1 + ?, byte_count = byte_count + ? WHERE thread_id = ?")) {
            insert.setString(1, Texts.item(ITEM_BYTES));
            insert.setString(2, Texts.item(ITEM_BYTES));
            insert.setString(3, Texts.item(ITEM_BYTES));
            insert.setString(4, thread.toString());
            insert.executeUpdate();
            update.setLong(1, items);
            update.setLong(2, items);
            update.setLong(3, (long) items * ITEM_BYTES);
            update.setString(4, thread.toString());
            update.executeUpdate();
        }
        return thread;
    }
}
