package io.threadstore.benchmark.reference;

import io.agroal.api.AgroalDataSource;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.sql.SQLException;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** What the benchmark compares with: an endpoint of the same framework that does one select by primary key, and nothing else. */
@Path("/reference/threads")
public class ReferenceResource {

    private final AgroalDataSource dataSource;

    ReferenceResource(AgroalDataSource dataSource) {
        this.dataSource = dataSource;
    }

    @GET
    @Path("/{thread_key}")
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(hidden = true)
    public NextOrdinal nextOrdinal(@PathParam("thread_key") long threadKey) throws SQLException {
        try (var connection = dataSource.getConnection();
                var select = connection.prepareStatement("SELECT next_ordinal FROM thread WHERE thread_key = ?")) {
            select.setLong(1, threadKey);
            try (var row = select.executeQuery()) {
                if (!row.next()) {
                    throw new NotFoundException();
                }
                return new NextOrdinal(row.getLong(1));
            }
        }
    }

    public record NextOrdinal(long nextOrdinal) {}
}
