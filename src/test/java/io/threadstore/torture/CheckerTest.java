package io.threadstore.torture;

import static org.assertj.core.api.Assertions.assertThat;

import io.threadstore.torture.Checker.Kind;
import io.threadstore.torture.Checker.Row;
import io.threadstore.torture.Checker.Stored;
import io.threadstore.torture.Checker.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A checker that finds nothing wrong must be one that would. */
class CheckerTest {

    private final Journal journal = new Journal(UUID.randomUUID());
    private final List<Stored> stored = new ArrayList<>();

    /** Item 0 of the store, four appended by two writers, a name in between. */
    @BeforeEach
    void fill() {
        store("{\"type\":\"session_meta\",\"payload\":{}}");
        append(1, "a", "b");
        journal.sendsName("n");
        journal.nameWasAcknowledged("n");
        store("{\"type\":\"event_msg\",\"payload\":{\"type\":\"thread_name_updated\",\"thread_name\":\"n\"}}");
        append(2, "c", "d");
    }

    private void store(String text) {
        stored.add(new Stored(stored.size(), text));
    }

    private void append(long epoch, String... items) {
        journal.wasAcknowledged(stored.size(), epoch, List.of(items));
        for (var item : items) {
            journal.sends(item, epoch);
            store(item);
        }
    }

    private List<Kind> found() {
        return Checker.check(journal, stored, row(false)).stream()
                .map(Violation::kind)
                .distinct()
                .toList();
    }

    /** As it should be, whatever was done to the items. */
    private Row row(boolean isArchived) {
        var bytes = stored.stream().mapToInt(item -> item.text().length()).sum();
        return new Row(isArchived, stored.size(), bytes, stored.size(), lastName(), null);
    }

    private String lastName() {
        return stored.stream()
                .map(Stored::text)
                .filter(text -> text.contains("thread_name"))
                .reduce(null, (before, text) -> text.contains("\"m\"") ? "m" : "n");
    }

    private List<Kind> foundAfter(Consumer<List<Stored>> damage) {
        damage.accept(stored);
        return found();
    }

    /** Gives the items the ordinals of their places again, so that there is no gap. */
    private void renumber() {
        var texts = stored.stream().map(Stored::text).toList();
        stored.clear();
        texts.forEach(this::store);
    }

    @Test
    void wholeHistoryIsFoundRight() {
        assertThat(found()).isEmpty();
    }

    @Test
    void whatWasNotAnsweredMayBeThereOrNot() {
        journal.sends("e", 2);
        journal.sendsName("m");
        assertThat(found()).isEmpty();
        store("e");
        store("{\"type\":\"event_msg\",\"payload\":{\"type\":\"thread_name_updated\",\"thread_name\":\"m\"}}");
        assertThat(found()).isEmpty();
    }

    @Test
    void lostItemIsFound() {
        assertThat(foundAfter(items -> items.remove(5))).containsExactly(Kind.LOST);
    }

    @Test
    void lostItemInTheMiddleLeavesAGap() {
        assertThat(foundAfter(items -> items.remove(2))).containsExactlyInAnyOrder(Kind.LOST, Kind.GAP);
        renumber();
        assertThat(found()).containsExactlyInAnyOrder(Kind.LOST, Kind.MOVED);
    }

    @Test
    void doubledItemIsFound() {
        store("d");
        assertThat(found()).containsExactly(Kind.DUPLICATED);
    }

    @Test
    void swappedItemsAreFound() {
        assertThat(foundAfter(items -> {
                    items.set(1, new Stored(1, "b"));
                    items.set(2, new Stored(2, "a"));
                }))
                .containsExactly(Kind.MOVED);
    }

    @Test
    void changedItemIsFound() {
        assertThat(foundAfter(items -> items.set(1, new Stored(1, "a ")))).contains(Kind.LOST, Kind.UNKNOWN_ITEM);
    }

    @Test
    void lostAndDoubledNamesAreFound() {
        var name = stored.get(3).text();
        store(name);
        assertThat(found()).containsExactly(Kind.DUPLICATED);
        stored.remove(6);
        stored.remove(3);
        assertThat(found()).contains(Kind.LOST);
    }

    @Test
    void refusedItemThatIsStoredIsFound() {
        journal.sends("e", 2);
        journal.wasRefused(List.of("e"));
        assertThat(found()).isEmpty();
        store("e");
        assertThat(found()).containsExactly(Kind.REFUSED_IS_STORED);
    }

    @Test
    void whatNobodySentIsFound() {
        store("x");
        assertThat(found()).containsExactly(Kind.UNKNOWN_ITEM);
    }

    @Test
    void itemsOfAFencedWriterAreFound() {
        append(1, "late");
        assertThat(found()).containsExactly(Kind.FENCED_HAS_APPENDED);
    }

    @Test
    void itemOfAFencedWriterIsFoundThatWasNotAcknowledged() {
        journal.wasOpened(3, stored.size());
        journal.sends("late", 2);
        assertThat(found()).isEmpty();
        store("late");
        assertThat(found()).containsExactly(Kind.FENCED_HAS_APPENDED);
    }

    @Test
    void itemThatCameJustBeforeItsWriterWasFencedIsRight() {
        journal.sends("in time", 2);
        store("in time");
        journal.wasOpened(3, stored.size());
        append(3, "next");
        assertThat(found()).isEmpty();
    }

    @Test
    void summaryThatDiffersIsFound() {
        var right = row(false);
        store("{\"type\":\"event_msg\",\"payload\":{\"type\":\"user_message\",\"message\":\"hello\"}}");
        journal.sends(stored.get(stored.size() - 1).text(), 2);
        var bytes = row(false).byteCount();
        var count = stored.size();
        assertThat(kinds(new Row(false, count, bytes, count, "n", "hello"))).isEmpty();

        assertThat(kinds(right)).containsExactly(Kind.SUMMARY_DIFFERS);
        assertThat(kinds(new Row(false, count - 1, bytes, count, "n", "hello"))).containsExactly(Kind.SUMMARY_DIFFERS);
        assertThat(kinds(new Row(false, count, bytes + 1, count, "n", "hello"))).containsExactly(Kind.SUMMARY_DIFFERS);
        assertThat(kinds(new Row(false, count, bytes, count + 1, "n", "hello"))).containsExactly(Kind.SUMMARY_DIFFERS);
        assertThat(kinds(new Row(false, count, bytes, count, "m", "hello"))).containsExactly(Kind.SUMMARY_DIFFERS);
        assertThat(kinds(new Row(false, count, bytes, count, "n", null))).containsExactly(Kind.SUMMARY_DIFFERS);
    }

    private List<Kind> kinds(Row row) {
        return Checker.check(journal, stored, row).stream().map(Violation::kind).toList();
    }

    @Test
    void archivedThreadThatCameBackIsFound() {
        journal.isArchived(Journal.Archived.YES);
        assertThat(found()).containsExactly(Kind.ARCHIVED_WRONGLY);
        journal.isArchived(Journal.Archived.UNKNOWN);
        assertThat(found()).isEmpty();
        journal.isArchived(Journal.Archived.NO);
        assertThat(Checker.check(journal, stored, row(true)))
                .extracting(Violation::kind)
                .containsExactly(Kind.ARCHIVED_WRONGLY);
    }
}
