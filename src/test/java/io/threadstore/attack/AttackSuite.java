package io.threadstore.attack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Attacks the packaged service while a valid tenant works, and prints what it costs ({@code ./mvnw -Pattack verify};
 * docs/security.md). The service has the heap of a container of 512 MiB, {@code ExitOnOutOfMemoryError}, and requires
 * tokens.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class AttackSuite {

    /** How long each attack lasts; {@code -Dattack.seconds}. */
    private static final long SECONDS = Long.getLong("attack.seconds", 10);

    /** In megabytes: 60 % of the container's memory; {@code -Dattack.heap}. */
    private static final int HEAP = Integer.getInteger("attack.heap", 307);

    /** In megabytes; {@code -Dattack.container}. */
    private static final int CONTAINER = Integer.getInteger("attack.container", 512);

    /** Only the attacks whose names begin so; {@code -Dattack.only}. */
    private static final String ONLY = System.getProperty("attack.only", "");

    private static final int WORK_SECONDS = 5;
    private static final double MIN_SUCCESS = 0.99;
    private static final long MAX_P99_MILLIS = 1000;
    private static final double MAX_RECOVERY_SECONDS = 5;

    private record Row(
            String attack,
            String sent,
            boolean isAlive,
            int requests,
            double success,
            long p99,
            long resident,
            double recovery,
            String failures) {}

    private static Victim victim;

    @BeforeAll
    static void start() throws Exception {
        victim = new Victim(HEAP);
    }

    @AfterAll
    static void stop() {
        victim.close();
    }

    @Test
    @Order(1)
    void attacks_whileAValidTenantWorks_costItNothing() throws Exception {
        var rows = new ArrayList<Row>();
        try (var tenant = new ValidTenant(victim, "valid")) {
            TimeUnit.SECONDS.sleep(8); // the classes are loaded, the pool is filled
            for (var attack : Attacks.all(victim)) {
                if (attack.name().startsWith(ONLY)) {
                    var row = run(tenant, attack);
                    rows.add(row);
                    System.out.println(line(row));
                    if (!row.isAlive()) {
                        break;
                    }
                }
            }
        }
        System.out.println(table(rows));
        assertThat(rows).isNotEmpty();
        var all = new SoftAssertions();
        for (var row : rows) {
            all.assertThat(row.isAlive())
                    .as(row.attack() + ": the process is alive")
                    .isTrue();
            all.assertThat(row.success())
                    .as(row.attack() + ": success " + row.failures())
                    .isGreaterThanOrEqualTo(MIN_SUCCESS);
            all.assertThat(row.p99()).as(row.attack() + ": p99 in ms").isLessThan(MAX_P99_MILLIS);
            all.assertThat(row.resident()).as(row.attack() + ": resident MiB").isLessThan(CONTAINER);
            all.assertThat(row.recovery())
                    .as(row.attack() + ": seconds to recover")
                    .isLessThanOrEqualTo(MAX_RECOVERY_SECONDS);
        }
        all.assertAll();
        assertThat(heldPermits()).as("what is held when nothing is in progress").isEmpty();
    }

    /** The metrics of limits that are still used, which nothing is after a while. */
    private static List<String> heldPermits() throws Exception {
        var deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(90); // the longest that a client may take nothing
        List<String> held;
        do {
            TimeUnit.SECONDS.sleep(1);
            held = victim.metrics()
                    .lines()
                    .filter(line -> line.startsWith("threadstore_limit_used{") && !line.endsWith(" 0.0"))
                    .toList();
        } while (!held.isEmpty() && System.nanoTime() < deadline);
        return held;
    }

    @Test
    @Order(2)
    void twoTenants_withEqualDemand_completeEqualWork() throws Exception {
        long alone;
        long first;
        long second;
        try (var one = new GreedyTenant(victim, "one")) {
            try (var other = new GreedyTenant(victim, "other")) {
                other.completedIn(WORK_SECONDS); // both are warm
                var before = one.completed();
                second = other.completedIn(WORK_SECONDS);
                first = one.completed() - before;
            }
            alone = one.completedIn(WORK_SECONDS);
        }
        System.out.printf("one tenant alone: %d requests; two tenants: %d and %d%n", alone, first, second);
        assertThat(first / (double) (first + second)).isBetween(0.4, 0.6);
        // one alone gets the whole service: not less than both get together
        assertThat(alone / (double) (first + second)).isGreaterThan(0.7);
    }

    private static Row run(ValidTenant tenant, Attacks.Attack attack) throws Exception {
        var begin = System.nanoTime();
        long resident = 0;
        String sent;
        try (var running = attack.start().start(begin + TimeUnit.SECONDS.toNanos(SECONDS))) {
            while (System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(SECONDS) && victim.isAlive()) {
                resident = Math.max(resident, victim.residentMegabytes());
                TimeUnit.MILLISECONDS.sleep(200);
            }
            sent = running.sent();
        }
        var end = System.nanoTime();
        var during = tenant.between(begin, end);
        var recovery = recovery(tenant, end);
        if (victim.isAlive()) {
            resident = Math.max(resident, victim.residentMegabytes());
        }
        var good = during.stream().filter(ValidTenant.Answer::isGood).count();
        var failures = during.stream()
                .filter(answer -> !answer.isGood())
                .collect(Collectors.groupingBy(answer -> answer.what() + " " + answer.status(), Collectors.counting()));
        return new Row(
                attack.name(),
                sent,
                victim.isAlive(),
                during.size(),
                during.isEmpty() ? 0 : good / (double) during.size(),
                percentile(during, 0.99),
                resident,
                recovery,
                failures.isEmpty() ? "" : failures.toString());
    }

    /** The seconds after which the tenant's requests are good for one second in a row. */
    private static double recovery(ValidTenant tenant, long end) throws InterruptedException {
        var deadline = end + TimeUnit.SECONDS.toNanos(20);
        while (System.nanoTime() < deadline && victim.isAlive()) {
            TimeUnit.MILLISECONDS.sleep(100);
            var now = System.nanoTime();
            var lastSecond = tenant.between(Math.max(end, now - TimeUnit.SECONDS.toNanos(1)), now);
            var isLongEnough = now - end >= TimeUnit.SECONDS.toNanos(1);
            if (isLongEnough
                    && lastSecond.size() >= 5
                    && lastSecond.stream().allMatch(answer -> answer.isGood() && answer.millis() < MAX_P99_MILLIS)) {
                return (now - end) / 1e9 - 1;
            }
        }
        return 20;
    }

    private static long percentile(List<ValidTenant.Answer> answers, double part) {
        var sorted =
                answers.stream().mapToLong(ValidTenant.Answer::millis).sorted().toArray();
        return sorted.length == 0 ? Long.MAX_VALUE : sorted[(int) Math.min(sorted.length - 1, sorted.length * part)];
    }

    private static String table(List<Row> rows) {
        return rows.stream()
                .map(AttackSuite::line)
                .collect(Collectors.joining(
                        "\n",
                        "\n| attack | sent | alive | valid requests | answered | p99 | resident | recovery |\n"
                                + "|---|---|---|---|---|---|---|---|\n",
                        "\n"));
    }

    private static String line(Row row) {
        return "| %s | %s | %s | %d | %.1f %% %s| %d ms | %d MiB | %.1f s |"
                .formatted(
                        row.attack(),
                        row.sent(),
                        row.isAlive() ? "yes" : "NO",
                        row.requests(),
                        100 * row.success(),
                        row.failures().isEmpty() ? "" : row.failures() + " ",
                        row.p99(),
                        row.resident(),
                        row.recovery());
    }
}
