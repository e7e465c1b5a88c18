// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A folder of this machine that a VM sees live, at the same time as the test: a fresh one, or an existing one with {@link
 * #host}. On a field, static or not, or on a parameter of a constructor, test or lifecycle method, of type {@link
 * java.nio.file.Path} or {@link java.io.File}.
 *
 * <pre>{@code
 * @SharedDir("/data") Path data;
 * @SharedDir(value = "/srv/www", host = "src/test/resources/site", readOnly = true) Path site;
 * }</pre>
 *
 * <p>A folder lives as long as the VM does: a fresh one is there before the VM starts, and removed with all that is in it
 * after the VM has been closed. Fields and parameters of a class that name the same place of the same VM are given the same folder. In
 * the VM files belong to the service's user; here to whoever runs the tests.
 */
@Target({ElementType.FIELD, ElementType.PARAMETER, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface SharedDir {

    /** Where the VM sees it: an absolute path, made there if it is missing. What the image has there is hidden. */
    String value();

    /** An existing folder of this machine, relative to the project's; a fresh one if empty. */
    String host() default "";

    /** Whether the VM may only read. */
    boolean readOnly() default false;

    /** The VM's {@link MicroVm#name}. May be left out if the class has one VM only. */
    String vm() default "";
}
