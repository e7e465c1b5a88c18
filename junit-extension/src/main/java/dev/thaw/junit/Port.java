// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Where a port of a VM is to be reached from here: on 127.0.0.1, at a free port. On a field, static or not, or on a
 * parameter of a constructor, test or lifecycle method, of one of these types:
 *
 * <ul>
 *   <li>{@code int} or {@code Integer}: the port number on this side
 *   <li>{@link java.net.InetSocketAddress}
 *   <li>{@link java.net.URI}: {@link #uri} filled in, or {@code tcp://host:port}
 *   <li>{@link java.net.URL}: {@link #uri} filled in, or {@code http://host:port}
 *   <li>{@link String}: {@link #uri} filled in, or {@code host:port}
 * </ul>
 *
 * Static fields are set before the class's {@code @BeforeAll} methods, instance fields before {@code @BeforeEach}.
 */
@Target({ElementType.FIELD, ElementType.PARAMETER, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface Port {

    /** The port inside the VM, one of {@link MicroVm#ports} or of the image's. May be left out if there is one only. */
    int value() default 0;

    /** The VM's {@link MicroVm#name}. May be left out if the class has one VM only. */
    String vm() default "";

    /** What a {@code URI}, {@code URL} or {@code String} is made from: {@code "redis://{host}:{port}/0"}. */
    String uri() default "";
}
