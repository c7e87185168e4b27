/**
 * How fast the packaged service is, beside bare JDBC that does the same job on the same server in the same run: {@code ./mvnw -Pbenchmark verify},
 * see docs/benchmarks.md. No test: nothing fails by a time.
 */
package io.threadstore.benchmark;
