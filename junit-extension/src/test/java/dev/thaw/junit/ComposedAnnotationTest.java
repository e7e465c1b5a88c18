// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.vm.Vm;
import java.io.IOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.net.URI;
import org.junit.jupiter.api.Test;

@ComposedAnnotationTest.Web
class ComposedAnnotationTest {

    /** Two steps away from {@code @MicroVm}. */
    @Target(ElementType.TYPE)
    @Retention(RetentionPolicy.RUNTIME)
    @WebServer
    @interface Web {}

    @Target({ElementType.FIELD, ElementType.PARAMETER})
    @Retention(RetentionPolicy.RUNTIME)
    @Port(value = 8080, uri = "http://{host}:{port}/passwd")
    @interface Users {}

    @Target({ElementType.FIELD, ElementType.PARAMETER})
    @Retention(RetentionPolicy.RUNTIME)
    @Guest
    @interface Server {}

    @Users
    URI users;

    @Server
    Vm server;

    @Test
    void annotations_on_annotations_work(@Users URI parameter) throws IOException {
        assertThat(Http.get(users)).startsWith("root:");
        assertThat(parameter).isEqualTo(users);
        assertThat(server.port(8080).getPort()).isEqualTo(users.getPort());
    }
}
