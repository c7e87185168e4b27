package io.threadstore.error;

/**
 * One faulty place of a request.
 *
 * @param field the member, parameter or header, as the caller wrote it ({@code git_info.sha}, {@code limit})
 * @param message what is wrong with it, one sentence without the field's name
 */
public record FieldError(String field, String message) {}
