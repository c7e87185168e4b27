package io.threadstore.platform;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** The one form in which the store writes times: RFC 3339, UTC, three decimals, {@code Z}. */
public final class Timestamps {

    private static final DateTimeFormatter FORM =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private static final String TEMPLATE = "0000-00-00T00:00:00.000Z";
    private static final long DAY_MILLIS = 86_400_000;
    private static final int CYCLE_DAYS = 146_097;
    private static final int CYCLE_YEARS = 400;

    /** From 0000-03-01 to 1970-01-01. */
    private static final int EPOCH_DAYS = 719_468;

    private Timestamps() {}

    public static String format(Instant time) {
        return FORM.format(time);
    }

    /**
     * Writes the form of the time, without the detours of a formatter: a history has one in each item. Days become a date as in Howard
     * Hinnant's "chrono-Compatible Low-Level Date Algorithms", counted in years that begin in March.
     *
     * @param millis since 1970-01-01T00:00:00Z, in the years 0 to 9999
     */
    public static void write(long millis, TextBuffer out) {
        var from = out.length();
        out.append(TEMPLATE);
        var days = Math.floorDiv(millis, DAY_MILLIS) + EPOCH_DAYS;
        var cycle = Math.floorDiv(days, CYCLE_DAYS);
        var dayOfCycle = (int) (days - cycle * CYCLE_DAYS);
        var yearOfCycle = (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / (CYCLE_DAYS - 1)) / 365;
        var dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100);
        var monthFromMarch = (5 * dayOfYear + 2) / 153;
        var month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
        var year = (int) (cycle * CYCLE_YEARS) + yearOfCycle + (month <= 2 ? 1 : 0);
        out.putDigits(from, 4, year);
        out.putDigits(from + 5, 2, month);
        out.putDigits(from + 8, 2, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1);
        var ofDay = (int) Math.floorMod(millis, DAY_MILLIS);
        out.putDigits(from + 11, 2, ofDay / 3_600_000);
        out.putDigits(from + 14, 2, ofDay / 60_000 % 60);
        out.putDigits(from + 17, 2, ofDay / 1000 % 60);
        out.putDigits(from + 20, 3, ofDay % 1000);
    }
}
