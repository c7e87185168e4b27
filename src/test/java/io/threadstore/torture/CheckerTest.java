package io.threadstore.torture;

import static org.assertj.core.api.Assertions.assertThat;

import io.threadstore.torture.Checker.Kind;
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
            journal.sends(item);
            store(item);
        }
    }

    private List<Kind> found() {
        return Checker.check(journal, stored, false).stream()
                .map(Violation::kind)
                .distinct()
                .toList();
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
        journal.sends("e");
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
        journal.sends("e");
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
    void archivedThreadThatCameBackIsFound() {
        journal.isArchived(Journal.Archived.YES);
        assertThat(found()).containsExactly(Kind.ARCHIVED_WRONGLY);
        journal.isArchived(Journal.Archived.UNKNOWN);
        assertThat(found()).isEmpty();
        journal.isArchived(Journal.Archived.NO);
        assertThat(Checker.check(journal, stored, true))
                .extracting(Violation::kind)
                .containsExactly(Kind.ARCHIVED_WRONGLY);
    }
}
