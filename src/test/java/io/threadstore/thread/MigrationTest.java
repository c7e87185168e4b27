package io.threadstore.thread;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import io.agroal.api.AgroalDataSource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Statements of migrations that look into what is stored: nothing that may be stored must end them, or the service would not start. */
@QuarkusTest
@WithTestResource(TestDatabase.class)
class MigrationTest {

    private static final Path MIGRATIONS = Path.of("src", "main", "resources", "db", "migration");

    @Inject
    AgroalDataSource database;

    @Test
    void threadSourceIsFoundInWhatIsStored() throws Exception {
        var plain = imported("\"thread_source\":\"user\"");
        var deep = imported("\"x\":" + "[".repeat(60) + "]".repeat(60) + ",\"thread_source\":\"user\"");
        var halved = imported("\"x\":\"\\ud800\",\"thread_source\":\"user\"");
        var number = imported("\"thread_source\":7");
        try (var connection = database.getConnection();
                var statement = connection.createStatement()) {
            for (var id : List.of(plain, deep, halved, number)) {
                statement.executeUpdate("UPDATE thread SET thread_source = NULL WHERE thread_id = '" + id + "'");
            }

            statement.executeUpdate(statement("V002__add_thread_source.sql", "UPDATE thread JOIN"));
        }

        Rest.get(plain).then().body("thread_source", equalTo("user"));
        Rest.get(number).then().body("thread_source", nullValue());
        // these MariaDB can't read; the service itself had read them
        Rest.get(deep).then().body("thread_source", nullValue());
        Rest.get(halved).then().body("thread_source", nullValue());
    }

    private static String statement(String file, String beginning) throws Exception {
        var sql = Files.readString(MIGRATIONS.resolve(file)).replaceAll("(?m)^--.*$", "");
        for (var statement : sql.split(";")) {
            if (statement.strip().startsWith(beginning)) {
                return statement;
            }
        }
        throw new AssertionError("no such statement in " + file);
    }

    private static UUID imported(String member) {
        var id = UUID.randomUUID();
        var line = "{\"timestamp\":\"2026-11-20T20:47:04.376Z\",\"type\":\"session_meta\",\"payload\":{\"id\":\"" + id
                + "\",\"timestamp\":\"2026-11-20T20:47:03.078Z\",\"cwd\":\"/\",\"originator\":\"t\",\"cli_version\":\"1\","
                + member + "}}\n";
        var status = Rest.request()
                .contentType("application/x-ndjson")
                .body(line.getBytes(StandardCharsets.UTF_8))
                .put(Rest.path(id) + "/rollout")
                .statusCode();
        assertThat(status).isEqualTo(201);
        return id;
    }
}
