package io.threadstore.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.testsupport.TestDatabase;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(TestDatabase.class)
class RestContractTest extends ThreadStoreContract {

    private final RestThreadStore store = new RestThreadStore();

    @Override
    ThreadStoreUnderTest store() {
        return store;
    }

    /** Through gRPC they are mended, because no Codex can parse them. */
    @Test
    void halvesOfCharactersAndRepeatedMembersAreKeptByteForByte() {
        var payload = "{\"type\":\"agent_message\",\"message\":\"\\ud800\",\"n\":1,\"n\":2}";
        store.create(id);

        store.append(id, "{\"type\":\"event_msg\",\"payload\":" + payload + "}");

        assertThat(lastPayload()).isEqualTo(payload);
    }
}
