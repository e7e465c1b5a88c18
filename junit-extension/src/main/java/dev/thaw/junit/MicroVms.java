// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/** Several {@link MicroVm}s of one class. The compiler writes it; just repeat {@code @MicroVm}. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ExtendWith(ThawExtension.class)
public @interface MicroVms {

    /** The VMs, in the order in which they are started. */
    MicroVm[] value();
}
