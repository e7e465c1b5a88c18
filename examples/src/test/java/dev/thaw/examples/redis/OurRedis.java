// SPDX-License-Identifier: Apache-2.0
package dev.thaw.examples.redis;

import dev.thaw.junit.MicroVm;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The Redis of all suites here, said once. Its ports are those that the image exposes: 6379. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@MicroVm(image = "redis:7")
@interface OurRedis {}
