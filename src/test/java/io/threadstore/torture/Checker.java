package io.threadstore.torture;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Compares what is stored of a thread with what its clients were told. */
final class Checker {

    private static final Pattern NAME = Pattern.compile("\"thread_name\":\"([^\"]*)\"");
    private static final Pattern USER_MESSAGE = Pattern.compile("\"type\":\"user_message\",\"message\":\"([^\"]*)\"");

    private Checker() {}

    /** What must not be. */
    enum Kind {
        /** An acknowledged item, or name, is not stored. */
        LOST,
        /** An item, or the item of a patch, is stored more than once. */
        DUPLICATED,
        /** An acknowledged item is stored, but not at the ordinal that was acknowledged. */
        MOVED,
        /** Ordinals are not 0, 1, 2, ... */
        GAP,
        /** An item that was refused is stored. */
        REFUSED_IS_STORED,
        /** Something is stored that nobody sent. */
        UNKNOWN_ITEM,
        /** An item of an older writer comes after one of a newer. */
        FENCED_HAS_APPENDED,
        /** A thread is archived, or not, against what was last acknowledged. */
        ARCHIVED_WRONGLY,
        /** What a thread shows is not what its items say. */
        SUMMARY_DIFFERS,
        /** A thread is there whose deletion was acknowledged. */
        DELETED_IS_THERE,
        /** The service's own verification has found something. */
        NOT_SOUND
    }

    /** Something that must not be. */
    record Violation(Kind kind, UUID threadId, String what) {}

    /**
     * An item as the database has it.
     *
     * @param text its text, byte for byte
     */
    record Stored(long ordinal, String text) {}

    /** What the thread's own row says. */
    record Row(
            boolean isArchived,
            long itemCount,
            long byteCount,
            long nextOrdinal,
            @Nullable String name,
            @Nullable String firstUserMessage) {}

    /** @param stored all items of the thread in the order of their ordinals */
    static List<Violation> check(Journal journal, List<Stored> stored, Row row) {
        var violations = new ArrayList<Violation>();
        var places = new HashMap<String, List<Long>>();
        var names = new HashMap<String, Integer>();
        var sent = journal.sent();
        var sentNames = journal.sentNames();
        for (var i = 0; i < stored.size(); i++) {
            var item = stored.get(i);
            if (item.ordinal() != i) {
                violations.add(new Violation(
                        Kind.GAP, journal.threadId(), "at place " + i + " is the ordinal " + item.ordinal()));
            }
            if (sent.containsKey(item.text())) {
                places.computeIfAbsent(item.text(), text -> new ArrayList<>()).add(item.ordinal());
            } else if (!isOfTheStore(item, sentNames, names)) {
                violations.add(new Violation(Kind.UNKNOWN_ITEM, journal.threadId(), item.toString()));
            }
        }
        checkItems(journal, places, violations);
        checkNames(journal, names, violations);
        checkEpochs(journal, sent, stored, violations);
        if (journal.archived() != Journal.Archived.UNKNOWN
                && row.isArchived() != (journal.archived() == Journal.Archived.YES)) {
            violations.add(new Violation(
                    Kind.ARCHIVED_WRONGLY,
                    journal.threadId(),
                    "archived: " + row.isArchived() + ", acknowledged: " + journal.archived()));
        }
        var determined = determinedBy(stored, row.isArchived());
        if (!row.equals(determined)) {
            violations.add(
                    new Violation(Kind.SUMMARY_DIFFERS, journal.threadId(), "is " + row + ", not " + determined));
        }
        return violations;
    }

    /** Thought out once more, and simpler than the store does it. */
    private static Row determinedBy(List<Stored> stored, boolean isArchived) {
        var bytes = 0L;
        String name = null;
        String firstUserMessage = null;
        for (var item : stored) {
            bytes += item.text().getBytes(StandardCharsets.UTF_8).length;
            var named = NAME.matcher(item.text());
            if (item.text().contains("\"thread_name_updated\"") && named.find()) {
                name = named.group(1);
            }
            var said = USER_MESSAGE.matcher(item.text());
            if (firstUserMessage == null && said.find()) {
                firstUserMessage = said.group(1);
            }
        }
        return new Row(isArchived, stored.size(), bytes, stored.size(), name, firstUserMessage);
    }

    /** The thread's first item, and those of patches, are made by the store. */
    private static boolean isOfTheStore(Stored item, Set<String> sentNames, Map<String, Integer> names) {
        if (item.ordinal() == 0 && item.text().contains("\"session_meta\"")) {
            return true;
        }
        var name = NAME.matcher(item.text());
        if (item.text().contains("\"thread_name_updated\"") && name.find() && sentNames.contains(name.group(1))) {
            names.merge(name.group(1), 1, Integer::sum);
            return true;
        }
        return false;
    }

    private static void checkItems(Journal journal, Map<String, List<Long>> places, List<Violation> violations) {
        places.forEach((item, ordinals) -> {
            if (ordinals.size() > 1) {
                violations.add(new Violation(Kind.DUPLICATED, journal.threadId(), "at " + ordinals + ": " + item));
            }
        });
        for (var acknowledged : journal.acknowledged()) {
            var ordinals = places.getOrDefault(acknowledged.item(), List.of());
            if (ordinals.isEmpty()) {
                violations.add(new Violation(Kind.LOST, journal.threadId(), acknowledged.toString()));
            } else if (!ordinals.contains(acknowledged.ordinal())) {
                violations.add(new Violation(Kind.MOVED, journal.threadId(), "to " + ordinals + ": " + acknowledged));
            }
        }
        for (var refused : journal.refused()) {
            if (places.containsKey(refused)) {
                violations.add(new Violation(Kind.REFUSED_IS_STORED, journal.threadId(), refused));
            }
        }
    }

    private static void checkNames(Journal journal, Map<String, Integer> names, List<Violation> violations) {
        for (var name : journal.acknowledgedNames()) {
            if (!names.containsKey(name)) {
                violations.add(new Violation(Kind.LOST, journal.threadId(), "the name " + name));
            }
        }
        names.forEach((name, times) -> {
            if (times > 1) {
                violations.add(new Violation(Kind.DUPLICATED, journal.threadId(), "the name " + name));
            }
        });
    }

    private static void checkEpochs(
            Journal journal, Map<String, Long> sent, List<Stored> stored, List<Violation> violations) {
        // also of what was not acknowledged: where a newer writer goes on, an older one has ended
        var opened = new HashMap<Long, Long>();
        for (var writer : journal.opened()) {
            opened.merge(writer.nextOrdinal(), writer.epoch(), Math::max);
        }
        var newestOpened = 0L;
        for (var item : stored) {
            newestOpened = Math.max(newestOpened, opened.getOrDefault(item.ordinal(), 0L));
            if (sent.getOrDefault(item.text(), Long.MAX_VALUE) < newestOpened) {
                violations.add(new Violation(
                        Kind.FENCED_HAS_APPENDED,
                        journal.threadId(),
                        "where epoch " + newestOpened + " goes on: " + item));
            }
        }
        var inOrder = new ArrayList<>(journal.acknowledged());
        Collections.sort(inOrder, Comparator.comparingLong(Journal.Acknowledged::ordinal));
        var newest = 0L;
        for (var item : inOrder) {
            if (item.epoch() < newest) {
                violations.add(new Violation(
                        Kind.FENCED_HAS_APPENDED, journal.threadId(), "after one of epoch " + newest + ": " + item));
            }
            newest = Math.max(newest, item.epoch());
        }
    }
}
