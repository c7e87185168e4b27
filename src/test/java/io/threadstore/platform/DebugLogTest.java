package io.threadstore.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import org.jboss.logmanager.LogContext;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.junit.jupiter.api.Test;

/** Logs at DEBUG show no content. */
@QuarkusTest
@TestProfile(DebugLogTest.Debug.class)
@WithTestResource(TestDatabase.class)
class DebugLogTest {

    /** All there is, but nothing of it on the console of the build. */
    public static final class Debug implements QuarkusTestProfile {

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("quarkus.log.level", "DEBUG", "quarkus.log.console.level", "WARN");
        }
    }

    private static final String CLIENT_OF_THE_TEST = "org.apache.http.";

    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final PatternFormatter formatter = new PatternFormatter("%c %m %e");
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord entry) {
            lines.add(formatter.format(
                    entry instanceof org.jboss.logmanager.ExtLogRecord known
                            ? known
                            : org.jboss.logmanager.ExtLogRecord.wrap(entry)));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @Test
    void debugLog_ofEveryKindOfRequest_showsNoContent() {
        var root = LogContext.getLogContext().getLogger("");
        root.addHandler(handler);
        try {
            var id = Rest.aThread("\"name\":\"Confidential-1\",");
            Rest.append(id, Items.userMessage("Confidential-2"), Items.agentMessage("Confidential-3"))
                    .then()
                    .statusCode(200);
            Rest.patch(id, "{\"name\":\"Confidential-4\"}").then().statusCode(200);
            Rest.patch(id, "{\"git_info\":{\"branch\":\"Confidential-5\"}}")
                    .then()
                    .statusCode(200);
            Rest.patch(id, "{\"name\":\"Confidential-6\\u202e\"}").then().statusCode(400);
            Rest.request().get("/v1/threads?search=Confidential-7").then().statusCode(200);
            Rest.request().get(Rest.path(id) + "/verification").then().statusCode(200);
            Rest.json("{\"source\":{\"kind\":\"cli\"},\"name\":\"Confidential-8\"}")
                    .header("Idempotency-Key", id.toString())
                    .post("/v1/threads")
                    .then()
                    .statusCode(201);
            Rest.post(id, "archive").then().statusCode(200);
            Rest.request().delete(Rest.path(id)).then().statusCode(204);
        } finally {
            root.removeHandler(handler);
        }

        assertThat(lines).as("lines at DEBUG").hasSizeGreaterThan(100);
        assertThat(lines)
                .filteredOn(line -> !line.startsWith(CLIENT_OF_THE_TEST))
                .noneMatch(line -> line.contains("Confidential"));
    }
}
