/**
 * Real service processes on a real database, many clients that write down what was acknowledged, faults all the time, and a checker that
 * compares what is stored in the end with what was written down: {@code ./mvnw -Ptorture verify}; see docs/reliability.md.
 */
package io.threadstore.torture;
