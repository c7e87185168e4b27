package io.threadstore.platform;

import jakarta.enterprise.util.Nonbinding;
import jakarta.interceptor.InterceptorBinding;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Runs the method for one caller at a time of all those with an equal first argument: a {@link QueueKey} or a text. The
 * others wait in the order of their arrival, before they take a connection, so that callers for one locked row can't
 * use up the pool. A caller that waits too long, or finds too many waiting, gets UNAVAILABLE.
 */
@Inherited
@InterceptorBinding
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface Queued {

    /** What the key names, in a word for people; methods with the same word share their queues. */
    @Nonbinding
    String value();
}
