package io.threadstore.platform;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Maps that remember so much and no more. */
public final class LimitedMap {

    private LimitedMap() {}

    /** An empty map, for all threads, that forgets the entry that came first where it would have more than so many. */
    public static <K, V> Map<K, V> of(int most) {
        return of(most, false);
    }

    /**
     * An empty map, for all threads, that forgets the entry that was used longest ago where it would have more than so
     * many.
     */
    public static <K, V> Map<K, V> leastRecentlyUsed(int most) {
        return of(most, true);
    }

    private static <K, V> Map<K, V> of(int most, boolean isOrderedByUse) {
        return Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, isOrderedByUse) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                return size() > most;
            }
        });
    }
}
