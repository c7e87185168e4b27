package io.threadstore.codex;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.JsonText;
import io.threadstore.rollout.ItemReader;
import io.threadstore.rollout.RolloutItem;
import io.threadstore.rollout.TestReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** 1,500 items of which the binaries said whether they can parse them. */
class ItemsForCodexTest {

    private static final Path CASES = Path.of("src", "test", "resources", "codex", "item-cases.jsonl");
    private static final List<String> VERSIONS = List.of("0.125.0", "0.128.0", "0.129.0");

    /** What is held back or rewritten though all three happen to parse it: forms that Codex never writes, and what needs no replay. */
    private static final List<String> ODDITIES = List.of(
            "ghost_snapshot",
            "error",
            "unknown kinds",
            "object {word:null}",
            "source<",
            "as array",
            "unknown key of",
            "twice",
            "duplicate keys",
            ".type: number",
            "glob only");

    private final ObjectMapper mapper = new ObjectMapper();
    private final ItemsForCodex items = new ItemsForCodex();
    private final ItemReader reader = TestReader.READER;

    @Test
    void whatSomeVersionCantParseIsNeverSentAsItIs() throws IOException {
        var asked = 0;
        for (var known : cases()) {
            var text = known.path("item").asText();
            var item = read(text);
            var sent = item == null ? null : items.of(item);
            if (sent == null) {
                continue;
            }
            asked++;
            if (!everyVersionParses(known)) {
                assertThat(sent.text()).as(known.path("what").asText()).isNotEqualTo(text);
            }
            assertThat(items.of(read(sent.text())).text())
                    .as("mended once, it fits: %s", known.path("what").asText())
                    .isEqualTo(sent.text());
        }
        assertThat(asked).isGreaterThan(1000);
    }

    @Test
    void whatEveryVersionParsesIsSentAsItIs() throws IOException {
        var asked = 0;
        for (var known : cases()) {
            var item = read(known.path("item").asText());
            var what = known.path("what").asText();
            if (item != null && everyVersionParses(known) && ODDITIES.stream().noneMatch(what::contains)) {
                var sent = items.of(item);
                assertThat(sent).as(what).isNotNull();
                assertThat(sent.text()).as(what).isEqualTo(asIs(item));
                asked++;
            }
        }
        assertThat(asked).isGreaterThan(450);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                // an optional member
                "response_item|{'type':'message','role':'user','content':[],'phase':'later'}|{'type':'message','role':'user','content':[]}",
                // an element of a list
                "response_item|{'type':'message','role':'user','content':[{'type':'refusal'},{'type':'input_text','text':'x'}]}"
                        + "|{'type':'message','role':'user','content':[{'type':'input_text','text':'x'}]}",
                // a word that later versions added
                "event_msg|{'type':'turn_aborted','reason':'budget_limited'}|{'type':'turn_aborted','reason':'interrupted'}",
                // half a character
                "event_msg|{'type':'agent_message','message':'a\\ud83d'}|{'type':'agent_message','message':'a\ufffd'}",
                // a member that is there twice
                "event_msg|{'type':'agent_message','message':'a','message':'b'}|{'type':'agent_message','message':'b'}",
                // also where what is repeated would not have been looked at
                "event_msg|{'type':'agent_message','message':'a','u':'\\ud800','u':1}|{'type':'agent_message','message':'a','u':1}",
                "event_msg|{'type':'agent_message','message':'a','u':1e400,'u':{'v':1,'v':2}}|{'type':'agent_message','message':'a','u':{'v':2}}",
                "response_item|{'type':'function_call','name':'n','arguments':'','call_id':'1','x':{'a':'\\udc00','a':2}}"
                        + "|{'type':'function_call','name':'n','arguments':'','call_id':'1','x':{'a':2}}",
                // what is no whole number to it
                "event_msg|{'type':'task_started','turn_id':'1','started_at':-0}|{'type':'task_started','turn_id':'1'}"
            })
    void whatCanBeMendedGoesMended(String type, String payload, String expected) {
        var sent = items.of(read("{\"type\":\"" + type + "\",\"payload\":" + payload.replace('\'', '"') + "}"));

        assertThat(sent.text())
                .isEqualTo("{\"type\":\"" + type + "\",\"payload\":" + expected.replace('\'', '"') + "}");
    }

    private List<JsonNode> cases() throws IOException {
        var cases = new ArrayList<JsonNode>();
        for (var line : Files.readAllLines(CASES)) {
            cases.add(mapper.readTree(line));
        }
        return cases;
    }

    private static boolean everyVersionParses(JsonNode known) {
        return VERSIONS.stream().allMatch(version -> known.path(version).asBoolean());
    }

    private RolloutItem read(String text) {
        try {
            return reader.read(JsonText.of(text));
        } catch (ThreadStoreException e) {
            return null;
        }
    }

    private static String asIs(RolloutItem item) {
        return "{\"type\":\"" + item.type() + "\",\"payload\":" + item.payload() + "}";
    }
}
