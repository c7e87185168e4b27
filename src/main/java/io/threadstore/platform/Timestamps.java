package io.threadstore.platform;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/** The one form in which the store writes times: RFC 3339, UTC, three decimals, {@code Z}. */
public final class Timestamps {

    private static final DateTimeFormatter FORM =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    static final int LENGTH = 24;

    private static final long DAY_MILLIS = 86_400_000;
    private static final int CYCLE_DAYS = 146_097;
    private static final int CYCLE_YEARS = 400;

    /** From 0000-03-01 to 1970-01-01. */
    private static final int EPOCH_DAYS = 719_468;

    /** The years 0 to 9999. */
    private static final long FIRST_SECOND = -62_167_219_200L;

    private static final long LAST_SECOND = 253_402_300_799L;

    private Timestamps() {}

    public static String format(Instant time) {
        if (time.getEpochSecond() < FIRST_SECOND || time.getEpochSecond() > LAST_SECOND) {
            return FORM.format(time);
        }
        var text = new byte[LENGTH];
        write(time.toEpochMilli(), text, 0);
        return new String(text, StandardCharsets.ISO_8859_1);
    }

    /**
     * Writes the form of a time, without the detours of a formatter: a history has one in each item. Days become a date as in Howard
     * Hinnant's "chrono-Compatible Low-Level Date Algorithms", counted in years that begin in March.
     *
     * @param millis since 1970-01-01T00:00:00Z, in the years 0 to 9999
     */
    static void write(long millis, byte[] out, int from) {
        var days = (int) Math.floorDiv(millis, DAY_MILLIS) + EPOCH_DAYS;
        var cycle = Math.floorDiv(days, CYCLE_DAYS);
        var dayOfCycle = days - cycle * CYCLE_DAYS;
        var yearOfCycle = (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / (CYCLE_DAYS - 1)) / 365;
        var dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100);
        var monthFromMarch = (5 * dayOfYear + 2) / 153;
        var month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
        var year = cycle * CYCLE_YEARS + yearOfCycle + (month <= 2 ? 1 : 0);
        var ofDay = (int) Math.floorMod(millis, DAY_MILLIS);
        putTwo(out, from, year / 100, (byte) '0');
        putTwo(out, from + 2, year % 100, (byte) '-');
        putTwo(out, from + 5, month, (byte) '-');
        putTwo(out, from + 8, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1, (byte) 'T');
        putTwo(out, from + 11, ofDay / 3_600_000, (byte) ':');
        putTwo(out, from + 14, ofDay / 60_000 % 60, (byte) ':');
        putTwo(out, from + 17, ofDay / 1000 % 60, (byte) '.');
        putTwo(out, from + 20, ofDay % 1000 / 10, (byte) ('0' + ofDay % 10));
        out[from + 23] = 'Z';
    }

    /**
     * Reads the form that {@link #format} writes, and the same with no or other decimals, of which three count: a rollout file has one in each
     * line.
     *
     * @return null if it has another form, which may be a time as well
     */
    public static @Nullable Instant parse(String text) {
        var last = text.length() - 1;
        if (last < 19
                || text.charAt(last) != 'Z'
                || text.charAt(4) != '-'
                || text.charAt(7) != '-'
                || text.charAt(10) != 'T'
                || text.charAt(13) != ':'
                || text.charAt(16) != ':'
                || last > 19 && (text.charAt(19) != '.' || last == 20 || last > 29)) {
            return null;
        }
        var millis = 0;
        for (var at = 20; at < Math.max(last, 23); at++) {
            var digit = at < last ? digit(text, at) : 0;
            if (digit < 0) {
                return null;
            }
            millis = at < 23 ? 10 * millis + digit : millis;
        }
        var year = 100 * two(text, 0) + two(text, 2);
        var month = two(text, 5);
        var day = two(text, 8);
        var hour = two(text, 11);
        var minute = two(text, 14);
        var second = two(text, 17);
        if (year < 0
                || two(text, 2) < 0
                || month < 1
                || month > 12
                || day < 1
                || day > 28 && day > YearMonth.of(year, month).lengthOfMonth()
                || hour < 0
                || hour > 23
                || minute < 0
                || minute > 59
                || second < 0
                || second > 59) {
            return null;
        }
        var ofDay = 1000L * (3600 * hour + 60 * minute + second) + millis;
        return Instant.ofEpochMilli(LocalDate.of(year, month, day).toEpochDay() * DAY_MILLIS + ofDay);
    }

    /** Two digits; something negative if they are none. */
    private static int two(String text, int at) {
        var tens = digit(text, at);
        var ones = digit(text, at + 1);
        return tens < 0 || ones < 0 ? -1000 : 10 * tens + ones;
    }

    private static int digit(String text, int at) {
        var digit = text.charAt(at) - '0';
        return digit <= 9 ? digit : -1;
    }

    private static void putTwo(byte[] out, int at, int number, byte next) {
        out[at] = (byte) ('0' + number / 10);
        out[at + 1] = (byte) ('0' + number % 10);
        out[at + 2] = next;
    }
}
