package io.threadstore.platform;

import io.agroal.api.AgroalDataSource;
import io.quarkus.runtime.StartupEvent;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Objects;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The secret that all replicas of a service share, from which keys are derived. It is one row of the database, made
 * with the schema, and is read once: at start, or later where another run migrates the schema.
 */
@ApplicationScoped
public class StoreSecret {

    private static final Logger LOG = Logger.getLogger(StoreSecret.class);

    private final @Nullable AgroalDataSource dataSource;
    private volatile @Nullable Hmac secret;

    StoreSecret(@Nullable AgroalDataSource dataSource) {
        this.dataSource = dataSource;
    }

    /** A secret that is known, for tests of plain objects. */
    public static StoreSecret of(byte[] secret) {
        var made = new StoreSecret(null);
        made.secret = new Hmac(secret);
        return made;
    }

    void load(@Observes StartupEvent start) {
        try {
            secret();
        } catch (ThreadStoreException e) {
            LOG.warnf("the schema has no secret yet: reason=%s", e.getCause());
        }
    }

    /**
     * A key for one purpose.
     *
     * @param purpose a text that no other use has
     * @return 32 bytes, always the same for one database and purpose
     * @throws ThreadStoreException {@link ErrorKind#UNAVAILABLE} if the secret could not be read so far
     */
    public byte[] derive(String purpose) {
        return secret().of(purpose.getBytes(StandardCharsets.UTF_8));
    }

    private Hmac secret() {
        var known = secret;
        if (known == null) {
            known = new Hmac(read());
            secret = known;
        }
        return known;
    }

    private byte[] read() {
        try (var connection = Objects.requireNonNull(dataSource).getConnection();
                var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT secret FROM service_secret WHERE id = 1")) {
            if (!row.next()) {
                throw new SQLException("the table service_secret has no row");
            }
            return row.getBytes(1);
        } catch (SQLException e) {
            throw ThreadStoreException.of(ErrorKind.UNAVAILABLE, "the database's schema is not ready; retry later", e);
        }
    }
}
