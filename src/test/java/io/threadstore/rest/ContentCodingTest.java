package io.threadstore.rest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContentCodingTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    gzip                      | GZIP
                    zstd                      | ZSTD
                    gzip, deflate, br, zstd   | ZSTD
                    gzip;q=1.0, zstd;q=0.5    | GZIP
                    GZIP;Q=0.5                | GZIP
                    gzip;q=0                  | IDENTITY
                    identity, gzip;q=0.5      | IDENTITY
                    *                         | IDENTITY
                    br                        | IDENTITY
                    gzip;q=nonsense           | IDENTITY
                    ''                        | IDENTITY
                    """)
    void bestCodingThatTheCallerLikesIsChosen(String header, ContentCoding coding) {
        assertThat(ContentCoding.ofResponse(header)).isEqualTo(coding);
    }
}
