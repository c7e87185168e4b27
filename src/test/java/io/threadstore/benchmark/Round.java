package io.threadstore.benchmark;

import java.util.List;
import java.util.function.ToDoubleFunction;

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

    static Round of(Latencies taken, double perSecond, Stage.Cpu cpu, double rss) {
        return new Round(perSecond, taken.millis(0.50), taken.millis(0.99), cpu, rss);
    }

    /** The median of each figure. */
    static Round medians(List<Round> rounds) {
        return new Round(
                median(rounds, Round::perSecond),
                median(rounds, Round::p50Millis),
                median(rounds, Round::p99Millis),
                new Stage.Cpu(
                        median(rounds, round -> round.cpu().service()),
                        median(rounds, round -> round.cpu().database()),
                        median(rounds, round -> round.cpu().client())),
                median(rounds, Round::rss));
    }

    private static double median(List<Round> rounds, ToDoubleFunction<Round> of) {
        var sorted = rounds.stream().mapToDouble(of).sorted().toArray();
        return sorted[sorted.length / 2];
    }
}
