package io.threadstore.rest;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;

/**
 * Sends a JSON response in one piece. The framework's own writer sends a longer response in parts and blocks its thread
 * between them: a client that gives its HTTP/2 stream no window would hold a thread for as long as it likes. The bytes
 * are counted with the request's memory until they are sent.
 */
@Provider
@Produces({MediaType.APPLICATION_JSON, "application/problem+json"})
public class JsonBodyWriter implements ServerMessageBodyWriter<Object> {

    private final ObjectMapper mapper;

    JsonBodyWriter(ObjectMapper mapper) {
        this.mapper = mapper;
    }

    @Override
    public boolean isWriteable(
            Class<?> type, Type genericType, ResteasyReactiveResourceInfo target, MediaType mediaType) {
        return isOwn(type);
    }

    @Override
    public boolean isWriteable(Class<?> type, Type genericType, Annotation[] annotations, MediaType mediaType) {
        return isOwn(type);
    }

    /** The responses of this API, and JSON texts that are replayed; streams have a writer of their own. */
    private static boolean isOwn(Class<?> type) {
        return type == String.class
                || type.getPackage() == JsonBodyWriter.class.getPackage() && !StreamedBody.class.isAssignableFrom(type);
    }

    @Override
    public void writeResponse(Object body, Type genericType, ServerRequestContext context) throws IOException {
        var bytes = body instanceof String json ? Buffer.buffer(json) : Buffer.buffer(mapper.writeValueAsBytes(body));
        var response = ((ResteasyReactiveRequestContext) context)
                .unwrap(RoutingContext.class)
                .response();
        if (!response.ended() && !response.closed()) {
            // never without a handler: Vert.x closes the whole connection then if the stream is reset before it is sent
            response.end(bytes);
        }
    }

    @Override
    public void writeTo(
            Object body,
            Class<?> type,
            Type genericType,
            Annotation[] annotations,
            MediaType mediaType,
            MultivaluedMap<String, Object> headers,
            OutputStream out)
            throws IOException {
        mapper.writeValue(out, body);
    }
}
