package io.threadstore.platform;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LimitedMapTest {

    @Test
    void leastRecentlyUsedMap_beyondItsLimit_keepsWhatIsUsed() {
        var map = LimitedMap.<String, Integer>leastRecentlyUsed(2);
        map.put("a", 1);
        map.put("b", 2);
        map.get("a");
        map.put("c", 3);

        assertThat(map).containsOnlyKeys("a", "c");
    }
}
