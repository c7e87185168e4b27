package io.threadstore.platform;

import jakarta.interceptor.InterceptorBinding;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Runs the method's transaction again when the database chose it as a deadlock's victim (SQLState 40001, which is also
 * Galera's certification failure) or when two callers raced for the same new key. Both leave nothing behind, so trying again
 * is safe; nothing else is tried again.
 */
@Inherited
@InterceptorBinding
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface RetryDeadlocks {}
