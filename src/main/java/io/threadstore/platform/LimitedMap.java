package io.threadstore.platform;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Maps that remember so much and no more. */
public final class LimitedMap {

    private LimitedMap() {}

    /** An empty map, for all threads, that forgets the entry that came first where it would have more than so many. */
    public static <K, V> Map<K, V> of(int most) {
        return Collections.synchronizedMap(new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                return size() > most;
            }
        });
    }
}
