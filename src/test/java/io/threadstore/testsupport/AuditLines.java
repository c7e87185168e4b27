package io.threadstore.testsupport;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** The audit log's lines from its creation on, until it is closed. */
public final class AuditLines implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger("io.threadstore.audit");

    private final ObjectMapper mapper = new ObjectMapper();
    private final List<String> messages = new CopyOnWriteArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord entry) {
            messages.add(entry.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    public AuditLines() {
        LOG.addHandler(handler);
    }

    public List<JsonNode> all() {
        return messages.stream().map(this::parse).toList();
    }

    /** Forgets what was written so far. */
    public void clear() {
        messages.clear();
    }

    @Override
    public void close() {
        LOG.removeHandler(handler);
    }

    private JsonNode parse(String message) {
        try {
            return mapper.readTree(message);
        } catch (JsonProcessingException e) {
            throw new AssertionError(message, e);
        }
    }
}
