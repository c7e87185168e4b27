package io.threadstore.platform;

import static io.threadstore.testsupport.Rest.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.hasItem;

import io.quarkus.scheduler.Scheduled;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.threadstore.testsupport.TestDatabase;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Health as probes see it, and a schedule whose runs fail. */
@QuarkusTest
@WithTestResource(TestDatabase.class)
@TestProfile(HealthTest.WithSchedules.class)
class HealthTest {

    /** The schedules are off in other tests. */
    public static class WithSchedules implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("quarkus.scheduler.enabled", "true");
        }
    }

    /** A task that fails each time. */
    @ApplicationScoped
    static class FailingTask {

        private final CountDownLatch runs = new CountDownLatch(3);

        @Inject
        Housekeeping housekeeping;

        /** A method: a field of an injected bean is that of its proxy. */
        boolean hasRunSeveralTimes() throws InterruptedException {
            return runs.await(60, TimeUnit.SECONDS);
        }

        @Scheduled(every = "1s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
        void run() {
            housekeeping.run("failing", () -> {
                runs.countDown();
                throw new StackOverflowError();
            });
        }
    }

    @Inject
    FailingTask task;

    @Test
    void runEndsInAnError_scheduleGoesOn() throws Exception {
        assertThat(task.hasRunSeveralTimes()).isTrue();
    }

    @Test
    void liveness_namesSupervisedWork() {
        for (var work : new String[] {"appends", "look-ups", "housekeeping", "supervisor"}) {
            request()
                    .get("/q/health/live")
                    .then()
                    .statusCode(200)
                    .body("checks.find { it.name == 'Stuck work' }.data.'" + work + "'", greaterThanOrEqualTo(0));
        }
    }

    @Test
    void readiness_hasACheckOfRejections() {
        request()
                .get("/q/health/ready")
                .then()
                .statusCode(200)
                .body("checks.name", hasItem("Rejected work"))
                .body("checks.find { it.name == 'Rejected work' }.status", equalTo("UP"));
    }
}
