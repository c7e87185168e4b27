package io.threadstore.torture;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** What the clients of one thread were told. */
final class Journal {

    private final UUID threadId;
    private final List<Acknowledged> acknowledged = new ArrayList<>();
    private final Set<String> refused = new HashSet<>();
    private final Map<String, Long> sent = new HashMap<>();
    private final List<Opened> opened = new ArrayList<>();
    private final List<String> acknowledgedNames = new ArrayList<>();
    private final Set<String> sentNames = new HashSet<>();
    private Archived archived = Archived.NO;

    Journal(UUID threadId) {
        this.threadId = threadId;
    }

    UUID threadId() {
        return threadId;
    }

    /** Before an item is sent for the first time, by the writer of that epoch. */
    synchronized void sends(String item, long epoch) {
        sent.put(item, epoch);
    }

    /** A writer was opened, as the service said: whoever was before may append nothing from that ordinal on. */
    synchronized void wasOpened(long epoch, long nextOrdinal) {
        opened.add(new Opened(epoch, nextOrdinal));
    }

    /** An append was answered with 200. */
    synchronized void wasAcknowledged(long firstOrdinal, long epoch, List<String> items) {
        for (var i = 0; i < items.size(); i++) {
            acknowledged.add(new Acknowledged(firstOrdinal + i, epoch, items.get(i)));
        }
    }

    /** An append was refused, and had not been tried before with an unknown outcome. */
    synchronized void wasRefused(List<String> items) {
        refused.addAll(items);
    }

    /** Before a name is sent, each of which is sent once. */
    synchronized void sendsName(String name) {
        sentNames.add(name);
    }

    synchronized void nameWasAcknowledged(String name) {
        acknowledgedNames.add(name);
    }

    synchronized void isArchived(Archived now) {
        archived = now;
    }

    synchronized List<Acknowledged> acknowledged() {
        return List.copyOf(acknowledged);
    }

    synchronized Set<String> refused() {
        return Set.copyOf(refused);
    }

    /** Items, and who sent them. */
    synchronized Map<String, Long> sent() {
        return Map.copyOf(sent);
    }

    synchronized List<Opened> opened() {
        return List.copyOf(opened);
    }

    synchronized List<String> acknowledgedNames() {
        return List.copyOf(acknowledgedNames);
    }

    synchronized Set<String> sentNames() {
        return Set.copyOf(sentNames);
    }

    synchronized Archived archived() {
        return archived;
    }

    /**
     * An item that is stored, as the service said.
     *
     * @param epoch the writer that appended it
     * @param item its text, of which no two are alike
     */
    record Acknowledged(long ordinal, long epoch, String item) {}

    /** A writer, and where it goes on. */
    record Opened(long epoch, long nextOrdinal) {}

    /** What the one client that archives a thread knows of it. */
    enum Archived {
        YES,
        NO,
        /** The last attempt to change it was not answered. */
        UNKNOWN
    }
}
