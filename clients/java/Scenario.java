import com.acme.threadstore.api.RolloutFilesApi;
import com.acme.threadstore.api.WritersApi;
import com.acme.threadstore.model.MemoryMode;
import com.acme.threadstore.model.MetadataPatch;
import com.acme.threadstore.model.OpenWriterBody;
import com.acme.threadstore.model.SortOrder;
import com.acme.threadstore.model.StoredItem;
import com.acme.threadstore.model.StoredThread;
import com.acme.threadstore.model.ThreadList;
import com.acme.threadstore.model.UpdateThreadMetadataBody;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.HashSet;
import java.util.UUID;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
// docs:begin
import com.acme.threadstore.ApiClient;
import com.acme.threadstore.ApiException;
import com.acme.threadstore.api.ItemsApi;
import com.acme.threadstore.api.ThreadsApi;
import com.acme.threadstore.model.AppendItemsBody;
import com.acme.threadstore.model.AppendResult;
import com.acme.threadstore.model.CreateThreadBody;
import com.acme.threadstore.model.Problem;
import com.acme.threadstore.model.ProblemCode;
import com.acme.threadstore.model.RolloutItem;
import com.acme.threadstore.model.SessionSource;
import com.acme.threadstore.model.SourceKind;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
// docs:end

/** What every generated client must be able to do; the same steps in each language. See docs/clients.md. */
class Scenario {

    // docs:begin
    final ApiClient client = clientFor(System.getenv("THREADSTORE_TOKEN"));
    final ThreadsApi threads = new ThreadsApi(client);
    final ItemsApi items = new ItemsApi(client);

    /** Where an append was stored, or, without a result, where to go on. */
    record Appended(long nextOrdinal, AppendResult result) {}

    Problem problemOf(ApiException e) throws Exception {
        return client.getObjectMapper().readValue(e.getResponseBody(), Problem.class);
    }

    /** Appends messages. If others were first, says where to go on, without a result. */
    Appended append(UUID threadId, long expectedOrdinal, String... messages) throws Exception {
        var body = new AppendItemsBody().expectedOrdinal(expectedOrdinal);
        for (var message : messages) {
            var payload = new LinkedHashMap<String, Object>(Map.of("type", "user_message"));
            payload.put("message", message);
            body.addItemsItem(new RolloutItem().type("event_msg").payload(payload));
        }
        try {
            var result = items.appendItems(threadId, body, null, null);
            return new Appended(result.getNextOrdinal(), result);
        } catch (ApiException e) {
            if (e.getCode() == 409 && problemOf(e).getCode() == ProblemCode.ORDINAL_CONFLICT) {
                return new Appended(problemOf(e).getNextOrdinal(), null);
            }
            throw e;
        }
    }

    CreateThreadBody newThread() {
        return new CreateThreadBody().source(new SessionSource().kind(SourceKind.EXEC));
    }

    void firstSteps() throws Exception {
        thread = threads.createThread(newThread().name("Fix the parser"), UUID.randomUUID().toString());
        first = append(thread.getThreadId(), thread.getNextOrdinal(), "hello");
    }
    // docs:end

    static final int LONG = 3000;

    final WritersApi writers = new WritersApi(client);
    final RolloutFilesApi rollouts = new RolloutFilesApi(client);
    StoredThread thread;
    Appended first;

    // docs:begin
    static ApiClient clientFor(String token) {
        var client = new ApiClient();
        client.updateBaseUri(System.getenv("THREADSTORE_URL"));
        client.setHttpClientBuilder(httpClient());
        client.setRequestInterceptor(request -> {
            if (token != null) {
                request.header("Authorization", "Bearer " + token);
            }
        });
        return client;
    }
    // docs:end

    static HttpClient.Builder httpClient() {
        var file = System.getenv("THREADSTORE_CA");
        if (file == null || file.isEmpty()) {
            return HttpClient.newBuilder();
        }
        try (var in = Files.newInputStream(Path.of(file))) {
            var authorities = KeyStore.getInstance(KeyStore.getDefaultType());
            authorities.load(null, null);
            for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                authorities.setCertificateEntry("ca-" + authorities.size(), certificate);
            }
            var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(authorities);
            var context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return HttpClient.newBuilder().sslContext(context);
        } catch (Exception e) {
            throw new IllegalStateException("no CA in " + file, e);
        }
    }

    static void check(boolean condition, String what) {
        if (!condition) {
            System.err.println("failed: " + what);
            System.exit(1);
        }
    }

    static void done(String what) {
        System.out.println("  " + what);
    }

    interface Call {
        void run() throws Exception;
    }

    /** The problem document that a call is refused with. */
    Problem refusal(int status, Call call) throws Exception {
        try {
            call.run();
        } catch (ApiException e) {
            check(e.getCode() == status && problemOf(e).getStatus() == status, "an answer " + status + ": " + e.getMessage());
            return problemOf(e);
        }
        throw new AssertionError("no answer " + status);
    }

    /** A request with the client's own address, interceptor and HTTP client, where its method takes no lines or files. */
    HttpRequest.Builder request(String path) {
        var request = HttpRequest.newBuilder(URI.create(client.getBaseUri() + path));
        client.getRequestInterceptor().accept(request);
        return request;
    }

    public static void main(String[] args) throws Exception {
        new Scenario().run(Path.of(args[0]), UUID.fromString(args[1]));
    }

    void run(Path file, UUID fileId) throws Exception {
        firstSteps();
        var id = thread.getThreadId();
        long start = thread.getNextOrdinal();
        check(thread.getWriter().getEpoch() == 1 && start == 2, "a new thread has a writer, its session_meta and its name");
        check(first.result().getFirstOrdinal() == start && first.result().getAppended() == 1, "the first append");
        check(!first.result().getReplayed(), "is stored");
        var again = append(id, start, "hello").result();
        check(again.getReplayed() && again.getAppended() == 0, "the same append again is a replay");
        var conflict = append(id, start, "something else");
        check(conflict.result() == null && conflict.nextOrdinal() == start + 1, "a conflict at a taken ordinal says where to go on");
        var synced = append(id, conflict.nextOrdinal(), "something else");
        check(synced.result().getFirstOrdinal() == start + 1, "the append after it");
        done("create, append, replay, conflict");

        var cwd = "/clients/" + UUID.randomUUID();
        var made = new HashSet<UUID>();
        for (int n = 0; n < 5; n++) {
            made.add(threads.createThread(newThread().cwd(cwd), null).getThreadId());
        }
        int pages = 0;
        int seen = 0;
        ThreadList page = null;
        do {
            var cursor = page == null ? null : page.getNextCursor();
            page = threads.listThreads(null, cursor, List.of(cwd), null, 2, null, null, null, null, null, List.of(SourceKind.EXEC));
            for (var each : page.getThreads()) {
                check(made.remove(each.getThreadId()), "every thread once");
                threads.deleteThread(each.getThreadId(), null);
                seen++;
            }
            pages++;
        } while (page.getNextCursor() != null);
        check(pages >= 3 && seen == 5 && made.isEmpty(), "all threads, over all pages");
        var newest = items.listItems(id, null, null, null, 2, SortOrder.DESC, List.of("event_msg"));
        var ordinals = newest.getItems().stream().map(StoredItem::getOrdinal).toList();
        check(ordinals.equals(List.of(start + 1, start)) && newest.getHasMore(), "a page of items, the newest first");
        done("lists");

        check("Parser".equals(patch(new UpdateThreadMetadataBody().name("Parser")).getName()), "a new name");
        var both = new UpdateThreadMetadataBody().name(null).memoryMode(MemoryMode.DISABLED);
        check(refusal(400, () -> patch(both)).getCode() == ProblemCode.INVALID_REQUEST, "two fields at once, a null among them");
        check("Parser".equals(patch(new UpdateThreadMetadataBody()).getName()), "an absent name stays");
        check(patch(new UpdateThreadMetadataBody().name(null)).getName() == null, "null clears the name");
        var patches = threads.listMetadataPatches(id, null, null).getPatches();
        var values = patches.stream().map(MetadataPatch::getValue).toList();
        check(values.equals(Arrays.asList("Fix the parser", "Parser", null)), "the patches on record");
        done("patches");

        check(threads.archiveThread(id, null).getArchivedAt() != null, "archived");
        var hidden = refusal(404, () -> threads.getThread(id, null, null, null));
        check(hidden.getCode() == ProblemCode.THREAD_NOT_FOUND && id.equals(hidden.getThreadId()), "an archived thread is not found");
        check(threads.getThread(id, true, null, null).getArchivedAt() != null, "unless it is asked for");
        check(threads.unarchiveThread(id, null).getArchivedAt() == null, "taken out again");
        var second = writers.openWriter(id, new OpenWriterBody().takeover(true));
        check(second.getEpoch() == 2 && writers.getWriter(id).getEpoch() == 2, "the second writer");
        var fenced = refusal(409, () -> items.appendItems(id, new AppendItemsBody().items(List.of()), null, 1L));
        check(fenced.getCode() == ProblemCode.WRITER_FENCED && fenced.getEpoch() == 2, "the first writer is fenced");
        var position = writers.shutdownThread(id, second.getEpoch());
        check(position.getMaterialized() && position.getNextOrdinal().equals(second.getNextOrdinal()), "shut down");
        check(refusal(404, () -> writers.getWriter(id)).getCode() == ProblemCode.WRITER_NOT_FOUND, "no writer is left");
        done("archive, writers");

        var payload = Map.<String, Object>of("big", Long.MAX_VALUE, "whole", 1.0, "new", Map.of("in", Arrays.asList(null, true)));
        var third = writers.openWriter(id, new OpenWriterBody());
        var tomorrow = new AppendItemsBody().addItemsItem(new RolloutItem().type("of_tomorrow").payload(payload));
        items.appendItems(id, tomorrow.expectedOrdinal(third.getNextOrdinal()), null, null);
        var kept = items.listItems(id, null, null, null, null, null, List.of("of_tomorrow")).getItems().get(0);
        check(kept.getPayload().equals(payload), "the payload as it went in");
        done("payload");

        long ordinal = third.getNextOrdinal() + 1;
        for (int from = 0; from < LONG; from += 1000) {
            var thousand = append(id, ordinal, IntStream.range(from, from + 1000).mapToObj(n -> "message " + n).toArray(String[]::new));
            check(thousand.result().getAppended() == 1000, "a thousand items");
            ordinal = thousand.nextOrdinal();
        }
        var lines = client.getHttpClient()
                .send(request("/v1/threads/" + id + "/history").header("Accept", "application/x-ndjson").build(), BodyHandlers.ofLines());
        check(lines.statusCode() == 200, "lines");
        long count = 0;
        for (var line : (Iterable<String>) lines.body()::iterator) { // a line in memory at a time
            check(client.getObjectMapper().readValue(line, StoredItem.class).getOrdinal() == count, "items in order");
            count++;
        }
        check(count == ordinal && count > LONG, "the whole history, line by line");
        check(items.loadHistory(id, null).getItems().size() == count, "the same as one document");
        done(count + " items streamed");

        var upload = request("/v1/threads/" + fileId + "/rollout")
                .header("Content-Type", "application/x-ndjson")
                .PUT(HttpRequest.BodyPublishers.ofFile(file))
                .build();
        var imported = client.getHttpClient().send(upload, BodyHandlers.ofString());
        check(imported.statusCode() / 100 == 2, imported.body());
        var result = client.getObjectMapper().readValue(imported.body(), com.acme.threadstore.model.ImportResult.class);
        check(result.getAppended() + result.getReplayed() == Files.readAllLines(file).size(), "every line is stored");
        check(client.getHttpClient().send(upload, BodyHandlers.ofString()).body().contains("\"appended\":0"), "the same file again");
        var exported = rollouts.exportRollout(fileId, null, null).toPath();
        check(Files.mismatch(exported, file) == -1, "byte for byte the same file");
        check(result.getThread().getThreadId().equals(fileId), "the imported thread");
        done("import, export");

        var stranger = new ThreadsApi(clientFor(null));
        var unknown = refusal(401, () -> stranger.listThreads(null, null, null, null, null, null, null, null, null, null, null));
        check(unknown.getCode() == ProblemCode.UNAUTHENTICATED, "who shows no token");
        threads.deleteThread(fileId, null);
        threads.deleteThread(id, null);
        check(refusal(404, () -> threads.deleteThread(id, null)).getCode() == ProblemCode.THREAD_NOT_FOUND, "deleted");
        done("no token, delete");
    }

    StoredThread patch(UpdateThreadMetadataBody body) throws ApiException {
        return threads.updateThreadMetadata(thread.getThreadId(), body, null, null);
    }
}
