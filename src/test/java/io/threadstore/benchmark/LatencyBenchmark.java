package io.threadstore.benchmark;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How long requests take that come at a given rate, whether those before are answered or not. */
class LatencyBenchmark {

    /** As many as there could ever be requests at once; each appends to a thread of its own. */
    private static final int CONNECTIONS = 256;

    private static final int[] PER_SECOND = {500, 1000, 2000, 4000, 8000};

    @Test
    void atAGivenRate() throws Exception {
        try (var stage = Stage.set(Report.JVM)) {
            var appends = ServiceAppender.json(stage, Texts.item(550), 1);
            var thread = ServiceAppender.newThread(stage);
            HttpLoad.Clients gets = number -> () -> HttpLoad.request("GET", "/v1/threads/" + thread, "", new byte[0]);
            HttpLoad.run(stage, 16, appends, Report.FIRST_WARM_UP, 1);
            HttpLoad.run(stage, 16, gets, Report.FIRST_WARM_UP / 2, 1);
            System.out.println(
                    "| asked, per s | answered, per s | p50, p99 ms | processors: service, database, client | RSS, MB |");
            System.out.println("|---|---|---|---|---|");
            var results = new ArrayList<Map<String, Object>>();
            for (var perSecond : PER_SECOND) {
                results.add(measure(stage, "appends of 1 item of 550 bytes", appends, perSecond));
            }
            for (var perSecond : List.of(1000, 4000)) {
                results.add(measure(stage, "getThread", gets, perSecond));
            }
            Report.writeJson("latencies", results);
        }
    }

    private static Map<String, Object> measure(Stage stage, String what, HttpLoad.Clients clients, int perSecond)
            throws Exception {
        var round = Report.medians(
                () -> HttpLoad.runOpen(stage, CONNECTIONS, clients, perSecond, Report.WARM_UP, Report.SECONDS));
        System.out.printf(
                "| %,d %s | %,.0f | %.2f, %.2f | %.2f, %.2f, %.2f | %.0f |%n",
                perSecond,
                what,
                round.perSecond(),
                round.p50Millis(),
                round.p99Millis(),
                round.cpu().service(),
                round.cpu().database(),
                round.cpu().client(),
                round.rss());
        var result = new LinkedHashMap<String, Object>();
        result.put("case", what);
        result.put("askedPerSecond", perSecond);
        result.put("answered", round);
        return result;
    }
}
