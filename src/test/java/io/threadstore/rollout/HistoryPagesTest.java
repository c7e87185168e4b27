package io.threadstore.rollout;

import static io.threadstore.testsupport.Rest.aThread;
import static io.threadstore.testsupport.Rest.ndjson;
import static io.threadstore.testsupport.Rest.path;
import static io.threadstore.testsupport.Rest.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.agroal.api.AgroalDataSource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;
import io.threadstore.thread.ThreadId;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Histories whose items are of all lengths come whole and in order, a few at a time. */
@QuarkusTest
@WithTestResource(TestDatabase.class)
class HistoryPagesTest {

    private static final int MIB = 1024 * 1024;

    @Inject
    AgroalDataSource dataSource;

    @Inject
    RolloutItemRepository repository;

    @Test
    void itemsOfManyLengthsComeWholeAndInOrder() throws SQLException {
        var random = new Random(5);
        var thread = aThread();
        // mostly small, some far longer than those, and a few longer than a page
        var items = append(
                thread,
                1500,
                i -> i % 400 == 7
                        ? 600_000 + random.nextInt(500_000)
                        : i % 50 == 3 ? 30_000 + random.nextInt(50_000) : random.nextInt(900));

        assertThat(texts(thread, false)).isEqualTo(items);
        assertThat(texts(thread, true)).isEqualTo(items);
        var lines = new String(
                        request()
                                .accept(Rest.NDJSON)
                                .get(path(thread) + "/history")
                                .asByteArray(),
                        StandardCharsets.UTF_8)
                .lines()
                .toList();
        assertThat(lines).hasSize(items.size() + 1);
        for (var i = 0; i < items.size(); i++) {
            assertThat(lines.get(i + 1))
                    .startsWith("{\"ordinal\":" + (i + 1) + ",")
                    .endsWith(items.get(i).substring(1));
        }
    }

    @Test
    void manyEqualItemsComeWholeAndInOrder() throws SQLException {
        var thread = aThread();
        var items = append(thread, 5000, i -> 400);

        assertThat(texts(thread, false)).isEqualTo(items);
        assertThat(texts(thread, true)).isEqualTo(items);
    }

    @Test
    void aPageIsSmall() throws SQLException {
        var thread = aThread();
        append(thread, 40, i -> 60_000);

        try (var pages = pages(thread)) {
            while (!pages.isEnded()) {
                assertThat(pages.next().stream()
                                .mapToInt(item -> item.text().length())
                                .sum())
                        .isLessThan(400_000);
            }
        }
    }

    @Test
    void aHistoryThatWaitsHoldsNoConnection() throws Exception {
        var thread = aThread();
        append(thread, 2000, i -> 1000);

        try (var pages = pages(thread)) {
            pages.next();
            pages.pause();
            awaitNoConnectionInUse();
            pages.next();
            assertThat(dataSource.getMetrics().activeCount()).isEqualTo(1);
        }
        awaitNoConnectionInUse();
    }

    @Test
    void aThreadThatIsDeletedMeanwhileIsNotFound() throws Exception {
        var thread = aThread();
        append(thread, 2000, i -> 1000);

        try (var pages = pages(thread)) {
            pages.next();
            pages.pause();
            TestDatabase.updateOne("DELETE FROM thread WHERE thread_id = ?", thread.toString());
            assertThatThrownBy(() -> {
                        while (!pages.isEnded()) {
                            pages.next();
                        }
                    })
                    .isInstanceOf(ThreadStoreException.class)
                    .hasMessageContaining(thread.toString());
        }
        awaitNoConnectionInUse();
    }

    /** Short items make the reader ask for many rows; those that follow are 75 times as long. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void windows_ofAnyItems_areBoundedInBytes(boolean isStreamed) throws SQLException {
        var thread = aThread();
        var items = append(
                thread,
                4400,
                i -> i < 3000 ? 100 : i == 3900 ? 6 * MIB : i < 3930 ? 15_000 : i % 50 == 49 ? 2 * MIB : 300);
        var recording = new RecordingDataSource(dataSource);

        var texts = new ArrayList<String>();
        try (var pages = pages(recording.toDataSource(), thread, isStreamed)) {
            while (!pages.isEnded()) {
                pages.passOn(item -> texts.add(item.text().toString()));
            }
        }

        assertThat(texts.subList(1, texts.size())).isEqualTo(items);
        assertThat(recording.sent()).hasSizeLessThan(150).allSatisfy(sent -> {
            if (sent.texts() > 1) {
                assertThat(sent.bytes()).isLessThanOrEqualTo(isStreamed ? 4 * MIB : MIB / 4);
            }
        });
    }

    @Test
    void items_afterAGap_comeWhole() throws SQLException {
        var thread = aThread();
        var items = append(thread, 20, i -> 100_000);
        TestDatabase.updateOne(
                "DELETE i FROM rollout_item i JOIN thread t USING (thread_key) WHERE t.thread_id = ? AND ordinal = 4",
                thread.toString());

        var texts = new ArrayList<String>();
        try (var pages = pages(thread)) {
            while (!pages.isEnded()) {
                pages.next().forEach(item -> texts.add(item.text().toString()));
                pages.pause();
            }
        }

        items.remove(3);
        assertThat(texts.subList(1, texts.size())).isEqualTo(items);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void listedItems_ofALongPage_areReadInSmallWindows(boolean ascending) throws SQLException {
        var thread = aThread();
        var items = append(thread, 300, i -> i % 40 == 7 ? MIB / 2 : 15_000);
        var page =
                repository.page(new Window(key(thread), 0, Long.MAX_VALUE, List.of(), ascending), 290, 6 * MIB, null);
        assertThat(page.hasMore()).isTrue();
        assertThat(page.bytes()).isBetween(5L * MIB, 6L * MIB);
        var recording = new RecordingDataSource(dataSource);

        var texts = new ArrayList<String>();
        var listed = new ListedItems(recording.toDataSource(), new ThreadId(thread), page);
        while (!listed.isEnded()) {
            listed.passOn(item -> texts.add(item.text().toString()));
        }

        if (!ascending) {
            Collections.reverse(items);
        }
        assertThat(texts).isEqualTo(items.subList(0, page.count()));
        assertThat(recording.sent()).hasSizeLessThan(60).allSatisfy(sent -> {
            if (sent.texts() > 1) {
                assertThat(sent.bytes()).isLessThanOrEqualTo(MIB / 4);
            }
        });
    }

    /** Those who append keep theirs for a moment. */
    private void awaitNoConnectionInUse() throws InterruptedException {
        for (var waited = 0; dataSource.getMetrics().activeCount() > 0 && waited < 100; waited++) {
            Thread.sleep(50);
        }
        assertThat(dataSource.getMetrics().activeCount()).isZero();
    }

    private HistoryPages pages(UUID thread) throws SQLException {
        return pages(dataSource, thread, true);
    }

    private static HistoryPages pages(AgroalDataSource source, UUID thread, boolean isStreamed) throws SQLException {
        try (var connection = TestDatabase.connect();
                var select = connection.prepareStatement(
                        "SELECT thread_key, next_ordinal, byte_count, byte_count DIV item_count FROM thread WHERE thread_id = ?")) {
            select.setString(1, thread.toString());
            try (var row = select.executeQuery()) {
                row.next();
                return new HistoryPages(
                        source,
                        new ThreadId(thread),
                        row.getLong(1),
                        0,
                        row.getLong(2),
                        row.getLong(3),
                        row.getLong(4),
                        isStreamed);
            }
        }
    }

    private static long key(UUID thread) throws SQLException {
        try (var connection = TestDatabase.connect();
                var select = connection.prepareStatement("SELECT thread_key FROM thread WHERE thread_id = ?")) {
            select.setString(1, thread.toString());
            try (var row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private List<String> texts(UUID thread, boolean pausing) throws SQLException {
        var texts = texts(thread, pausing, (pages, taker) -> pages.next().forEach(taker));
        assertThat(texts(thread, pausing, HistoryPages::passOn)).isEqualTo(texts);
        return texts;
    }

    private List<String> texts(UUID thread, boolean pausing, BiConsumer<HistoryPages, Consumer<StoredItem>> page)
            throws SQLException {
        var texts = new ArrayList<String>();
        try (var pages = pages(thread)) {
            while (!pages.isEnded()) {
                page.accept(pages, item -> {
                    assertThat(item.ordinal()).isEqualTo(texts.size());
                    texts.add(item.text().toString());
                });
                if (pausing) {
                    pages.pause();
                }
            }
        }
        // after the session_meta
        return texts.subList(1, texts.size());
    }

    private static List<String> append(UUID thread, int count, IntUnaryOperator length) {
        var items = new ArrayList<String>();
        for (var i = 0; i < count; i++) {
            items.add("{\"type\":\"response_item\",\"payload\":{\"type\":\"message\",\"n\":" + i + ",\"text\":\""
                    + "ä".repeat(length.applyAsInt(i) / 2) + "\"}}");
        }
        for (var from = 0; from < count; from += 250) {
            var some = items.subList(from, Math.min(count, from + 250));
            ndjson(String.join("\n", some)).post(path(thread) + "/items").then().statusCode(200);
        }
        return items;
    }
}
