package io.threadstore.benchmark;

import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Whole histories beside a bare streamed select, by turns. */
class HistoryBenchmark {

    @Test
    void besideAStreamedSelect() throws Exception {
        try (var stage = Stage.set(Report.JVM)) {
            var oneKib = History.of(stage, 10_000, 1024);
            BlockingLoad.run(stage, 4, number -> oneKib.reader(stage, "/history"), Report.FIRST_WARM_UP, 1);
            var report = new Report("histories", "streamed select");
            for (var clients : new int[] {1, 4, 16}) {
                compare(report, stage, oneKib, "/history", clients);
            }
            compare(report, stage, oneKib, "/rollout", 4);
            compare(report, stage, History.of(stage, 10_000, 250), "/history", 4);
            compare(report, stage, History.of(stage, 300, 64 * 1024), "/history", 4);
            compare(report, stage, History.of(stage, 20, 1024), "/history", 4);
            report.write();
        }
    }

    private static void compare(Report report, Stage stage, History history, String view, int clients)
            throws Exception {
        report.compare(
                "%s of %,d items of %,d bytes, %d %s"
                        .formatted(
                                view, history.items, history.itemBytes, clients, clients == 1 ? "client" : "clients"),
                () -> BlockingLoad.run(
                        stage, clients, number -> history.reader(stage, view), Report.WARM_UP, Report.SECONDS),
                () -> BlockingLoad.run(
                        stage, clients, number -> history.reference(stage), Report.WARM_UP, Report.SECONDS));
    }

    /** A thread with so many items. */
    private record History(UUID threadId, int items, int itemBytes) {

        static History of(Stage stage, int items, int itemBytes) throws Exception {
            var thread = ServiceAppender.newThread(stage);
            var batch = Math.min(items, 100);
            var lines = (Texts.item(itemBytes) + "\n").repeat(batch);
            for (var done = 0; done < items; done += batch) {
                var appended = stage.service().post("/v1/threads/" + thread + "/items", "application/x-ndjson", lines);
                if (appended.statusCode() != 200) {
                    throw new AssertionError(appended.body());
                }
            }
            return new History(thread, items, itemBytes);
        }

        private long bytes() {
            return (long) items * itemBytes;
        }

        HistoryReader reader(Stage stage, String view) throws Exception {
            return new HistoryReader(stage, "/v1/threads/" + threadId + view, bytes());
        }

        JdbcReader reference(Stage stage) throws Exception {
            return new JdbcReader(stage.connect(), threadId, 1000, bytes());
        }
    }
}
