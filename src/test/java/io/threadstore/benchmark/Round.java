package io.threadstore.benchmark;

/**
 * What a round has shown.
 *
 * @param perSecond how often it was done in a second, by all clients together
 * @param p50Millis half of them took at most that long
 * @param p99Millis 99 of 100 took at most that long
 * @param cpu how many processors each used
 * @param rss how much memory the service has resident at its end, in MB
 */
record Round(double perSecond, double p50Millis, double p99Millis, Stage.Cpu cpu, double rss) {

    static Round of(Latencies taken, double seconds, Stage.Cpu cpu, double rss) {
        return new Round(taken.count() / seconds, taken.millis(0.50), taken.millis(0.99), cpu, rss);
    }
}
