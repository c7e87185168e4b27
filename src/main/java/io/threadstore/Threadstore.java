package io.threadstore;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.quarkus.runtime.configuration.ConfigUtils;
import io.smallrye.config.SmallRyeConfig;
import io.threadstore.identity.DoorCheck;
import io.threadstore.platform.ConsoleLog;
import io.threadstore.platform.DatabaseChoice;
import io.threadstore.platform.HealthProbe;
import io.threadstore.platform.Stopping;
import org.jboss.logging.Logger;

/** Starts the service: on the database that is configured, or else on one of its own. */
@QuarkusMain
public final class Threadstore {

    private static final Logger LOG = Logger.getLogger(Threadstore.class);

    Threadstore() {}

    public static void main(String... arguments) {
        if (arguments.length == 1 && arguments[0].equals(HealthProbe.ARGUMENT)) {
            System.exit(HealthProbe.run(config()));
        }
        DatabaseChoice choice;
        try {
            var config = config();
            DoorCheck.make(config);
            choice = DatabaseChoice.make(config);
        } catch (IllegalStateException e) {
            System.err.println(e.getMessage());
            System.exit(1);
            return;
        }
        Stopping.notice();
        ConsoleLog.drainAtExit();
        Quarkus.run(
                null,
                (exitCode, failure) -> {
                    if (failure != null) {
                        LOG.error("Threadstore did not start", failure);
                    }
                    choice.applicationStopped();
                    if (LaunchMode.current() != LaunchMode.DEVELOPMENT) { // which goes on with another application
                        System.exit(exitCode);
                    }
                },
                arguments);
        choice.applicationStopped();
    }

    /** What the application itself will see, profiles and every configured source included. */
    private static SmallRyeConfig config() {
        return ConfigUtils.configBuilder()
                .forClassLoader(Thread.currentThread().getContextClassLoader())
                .build();
    }
}
