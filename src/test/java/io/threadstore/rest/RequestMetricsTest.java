package io.threadstore.rest;

import static io.threadstore.testsupport.Rest.aThread;
import static io.threadstore.testsupport.Rest.path;
import static io.threadstore.testsupport.Rest.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

@QuarkusTest
class RequestMetricsTest extends RestTest {

    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "OTHER");

    /** Whatever is sent: labels are templates and known words, so nobody can use them up, and no id gets out. */
    @Test
    void labelsAreTemplatesAndKnownMethods() {
        var id = aThread();
        var secret = UUID.randomUUID().toString();
        request().get(path(id));
        request().get(path(id) + "/");
        request().put(path(id)); // 405
        request().accept("text/html").get(path(id) + "/items"); // 406
        request().contentType("text/plain").body("x").post(path(id) + "/items"); // 415
        request().options(path(id) + "/history");
        request().options("/v1/" + secret);
        request().get("/v1/threads/" + id + "/" + secret);
        request().get("/" + secret);
        request().post("/codex.thread_store.v1.ThreadStore/" + secret);
        request().request("BREW" + secret.replace("-", ""), path(id));
        request().request("BREW", "/v1/threads");

        assertThat(labels("method")).isSubsetOf(METHODS).contains("OTHER");
        var templates = new HashSet<>(templates());
        templates.addAll(List.of("root", "/other", "/codex.thread_store.v1.ThreadStore/{method}"));
        assertThat(labels("uri")).isSubsetOf(templates).contains("/v1/threads/{thread_id}/history", "/other");
    }

    private static Set<String> templates() {
        return request()
                .get("/q/openapi?format=json")
                .jsonPath()
                .<String, Object>getMap("paths")
                .keySet();
    }

    private static Set<String> labels(String name) {
        var label = Pattern.compile("[{,]" + name + "=\"([^\"]*)\"");
        return request()
                .get("/q/metrics")
                .asString()
                .lines()
                .filter(line -> line.startsWith("http_server_requests_seconds_count"))
                .map(label::matcher)
                .filter(java.util.regex.Matcher::find)
                .map(found -> found.group(1))
                .collect(Collectors.toSet());
    }
}
