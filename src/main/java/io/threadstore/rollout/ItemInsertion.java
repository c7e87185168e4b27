package io.threadstore.rollout;

import io.threadstore.thread.TextLimits;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Items on their way into the database, in batches that are one message each. In plain SQL: nothing reads them again in its transaction. */
final class ItemInsertion implements AutoCloseable {

    private static final String INSERT = "INSERT INTO rollout_item"
            + " (thread_key, ordinal, recorded_at, type, subtype, byte_length, checksum, payload_offset, item) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

    private final PreparedStatement insert;

    ItemInsertion(Connection connection) throws SQLException {
        this.insert = connection.prepareStatement(INSERT);
    }

    /** @param recordedAt in milliseconds since 1970 */
    void add(long threadKey, long ordinal, long recordedAt, RolloutItem item) throws SQLException {
        insert.setLong(1, threadKey);
        insert.setLong(2, ordinal);
        insert.setLong(3, recordedAt);
        insert.setString(4, Objects.requireNonNull(noted(item.type())));
        insert.setString(5, noted(item.subtype()));
        insert.setInt(6, item.text().length());
        insert.setLong(7, item.text().checksum());
        insert.setObject(8, item.payloadOffset(), Types.INTEGER);
        insert.setBytes(9, item.text().toBytes());
        insert.addBatch();
    }

    /** A type or subtype as a row has it. */
    static @Nullable String noted(@Nullable String type) {
        return TextLimits.cut(type, RolloutItemEntity.TYPE_LENGTH);
    }

    /** Sends what was added since the last time. */
    void execute() throws SQLException {
        insert.executeBatch();
    }

    @Override
    public void close() throws SQLException {
        insert.close();
    }
}
