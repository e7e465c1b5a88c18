// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import dev.thaw.vm.VmSpec;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives a test class a VM of its own: started before the class's first {@code @BeforeAll} method, closed after its last
 * {@code @AfterAll} method. The first use of a spec boots the image, waits until the service is ready and freezes it;
 * every class after that gets a private copy of the frozen VM.
 *
 * <pre>{@code
 * @MicroVm(image = "redis:7", ports = 6379)
 * class CounterTest {
 *     @Port(6379) int port;
 *     @Guest Vm vm;
 *     @Test void counts() { }
 * }
 * }</pre>
 *
 * <p>A class may have several, each with a {@link #name}. Subclasses have their superclasses' and interfaces' VMs, as
 * copies of their own; a {@code @Nested} class shares the running VMs of the class around it. The annotation also works
 * on another annotation, which then stands for it.
 *
 * <p>A mistake in it is refused with an {@link org.junit.jupiter.api.extension.ExtensionConfigurationException} that says
 * what to write instead: before any VM starts, but for ports that only the image names. What goes wrong later is a
 * {@link dev.thaw.vm.VmException}.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@Repeatable(MicroVms.class)
@ExtendWith(ThawExtension.class)
public @interface MicroVm {

    /**
     * A name as Docker reads it, such as {@code postgres:16}, or {@code oci:FOLDER[:TAG]}, {@code oci-archive:FILE[:TAG]},
     * {@code docker-archive:FILE[:NAME:TAG]}; relative paths begin at the working directory.
     */
    String image();

    /**
     * What {@link Port#vm} and {@link Guest} call it: 1 to 40 letters, digits and dashes, beginning with a letter. Its
     * guest's host name begins with it ({@code db-4f9a02}). Needed only where a class has several VMs; left out, the host
     * name begins with a name that is derived from the image.
     */
    String name() default "";

    /** TCP ports of the guest that tests are to reach; the image's own if none is given. */
    int[] ports() default {};

    /** Environment variables as {@code "NAME=value"}, added to the image's. */
    String[] env() default {};

    /** The image's command is replaced by this one, if it is given. */
    String[] command() default {};

    /** The image's entrypoint is replaced by this one, if it is given; the image's command is dropped then. */
    String[] entrypoint() default {};

    /** Name or number of the user that the service runs as, with {@code :group} if wanted; the image's if empty. */
    String user() default "";

    /** A whole number and {@code k}, {@code m} or {@code g} (powers of 1024): {@code "256m"}. 512 MiB if empty. */
    String memory() default "";

    /**
     * A scratch disk for what the guest writes, instead of three quarters of its memory: a whole number and {@code m}, {@code g}
     * or {@code t}, for example {@code "4g"}. On the host it takes only as much as is on it. None if empty.
     */
    String disk() default "";

    /** How many CPUs the guest has, 1 to 32. */
    int cpus() default 1;

    /**
     * Whether the guest's kernel and programs choose their addresses at random, for services that insist on it. Snapshots
     * of one image share few blocks with it.
     */
    boolean addressRandomization() default false;

    /** When the service is ready; several are waited for in order. As {@link VmSpec#waitFor} says if none is given. */
    WaitFor[] waitFor() default {};

    /**
     * How long a bake may take until the service is ready: a whole number and {@code ms}, {@code s}, {@code m} or
     * {@code h}, for example {@code "90s"}. 3 minutes if empty.
     */
    String bakeTimeout() default "";

    /** How long the service may take to be ready again after it was thawed, as {@link #bakeTimeout}. 10 s if empty. */
    String readyTimeout() default "";
}
