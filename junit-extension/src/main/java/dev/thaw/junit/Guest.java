// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The running VM itself. On a field of type {@link dev.thaw.vm.Vm}, static or not, or on a parameter of that type of a
 * constructor, test or lifecycle method; such a parameter works without the annotation, too, if the class has one VM.
 * The VM belongs to the extension, which closes it.
 */
@Target({ElementType.FIELD, ElementType.PARAMETER, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface Guest {

    /** The VM's {@link MicroVm#name}. May be left out if the class has one VM only. */
    String value() default "";
}
