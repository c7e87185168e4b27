package io.threadstore.compression;

import java.io.IOException;

/** The source of a decoder is damaged, is cut off, or uses a feature that is not accepted. The message says which. */
public final class CorruptDataException extends IOException {

    private static final long serialVersionUID = 1;

    CorruptDataException(String message) {
        super(message);
    }
}
