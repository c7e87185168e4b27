package io.threadstore.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.TestDatabase;
import io.threadstore.thread.ThreadId;
import jakarta.inject.Inject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(TestDatabase.class)
class RolloutSpoolTest {

    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    @Inject
    RolloutImportService imports;

    @Test
    void take_endedByAnError_leavesNoOpenFile() throws IOException {
        var id = new ThreadId(UUID.randomUUID());
        assertThatThrownBy(() -> imports.take(id, new Exhausted())).isInstanceOf(OutOfMemoryError.class);

        assertThat(openFiles()).isZero();
    }

    @Test
    void close_calledTwice_hasNoEffect() throws IOException {
        var id = new ThreadId(UUID.randomUUID());
        var taken = imports.take(id, new ByteArrayInputStream(Items.rolloutFileAs(id.value())));
        assertThat(openFiles()).isOne();
        taken.close();
        taken.close();

        assertThat(openFiles()).isZero();
    }

    /** The temporary files of imports that this process has open, by what Linux says of it. */
    private static long openFiles() throws IOException {
        assumeTrue(Files.isDirectory(DESCRIPTORS), "only Linux tells which files a process has open");
        try (var descriptors = Files.list(DESCRIPTORS)) {
            return descriptors.filter(RolloutSpoolTest::isImport).count();
        }
    }

    private static boolean isImport(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().contains("threadstore-import-");
        } catch (IOException e) {
            return false; // closed meanwhile
        }
    }

    private static final class Exhausted extends InputStream {

        @Override
        public int read() {
            throw new OutOfMemoryError("in a test");
        }

        @Override
        public int read(byte[] bytes, int offset, int length) {
            throw new OutOfMemoryError("in a test");
        }
    }
}
