package io.threadstore.rollout;

import io.agroal.api.AgroalDataSource;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Records what statements send: of each result the number and the bytes of the texts in column 4, those included that
 * were not read. Fails if a statement is executed on a connection whose last result is still open.
 */
final class RecordingDataSource {

    /** What one statement sent. */
    record Sent(int texts, long bytes) {}

    private final AgroalDataSource dataSource;
    private final List<Sent> sent = new ArrayList<>();

    RecordingDataSource(AgroalDataSource dataSource) {
        this.dataSource = dataSource;
    }

    List<Sent> sent() {
        return sent;
    }

    AgroalDataSource toDataSource() {
        return proxy(AgroalDataSource.class, (method, arguments) -> {
            var result = invoke(method, dataSource, arguments);
            return result instanceof Connection connection ? record(connection) : result;
        });
    }

    private Connection record(Connection connection) {
        var open = new int[1];
        return proxy(Connection.class, (method, arguments) -> {
            var result = invoke(method, connection, arguments);
            return result instanceof PreparedStatement statement ? record(statement, open) : result;
        });
    }

    private PreparedStatement record(PreparedStatement statement, int[] open) {
        return proxy(PreparedStatement.class, (method, arguments) -> {
            if (method.getName().equals("executeQuery")) {
                if (open[0] > 0) {
                    throw new AssertionError("a statement is executed while the connection's last result is open");
                }
                open[0]++;
            }
            var result = invoke(method, statement, arguments);
            return result instanceof ResultSet rows ? record(rows, open) : result;
        });
    }

    private ResultSet record(ResultSet rows, int[] open) {
        var texts = new int[1];
        var bytes = new long[1];
        var isOpen = new boolean[] {true};
        var recorded = new ResultSet[1];
        recorded[0] = proxy(ResultSet.class, (method, arguments) -> {
            switch (method.getName()) {
                case "unwrap":
                    return recorded[0];
                case "next":
                    return next(rows, texts, bytes);
                case "close":
                    if (isOpen[0]) {
                        isOpen[0] = false;
                        open[0]--;
                        while (next(rows, texts, bytes)) {
                            // it has been sent
                        }
                        sent.add(new Sent(texts[0], bytes[0]));
                    }
                    break;
                default:
            }
            return invoke(method, rows, arguments);
        });
        return recorded[0];
    }

    private static boolean next(ResultSet rows, int[] texts, long[] bytes) throws SQLException {
        var isThere = rows.next();
        var text = isThere ? rows.getBytes(4) : null;
        if (text != null) {
            texts[0]++;
            bytes[0] += text.length;
        }
        return isThere;
    }

    private interface Call {
        Object run(Method method, Object[] arguments) throws Throwable;
    }

    private static <T> T proxy(Class<T> type, Call call) {
        return type.cast(Proxy.newProxyInstance(
                RecordingDataSource.class.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> call.run(method, arguments)));
    }

    private static Object invoke(Method method, Object target, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
