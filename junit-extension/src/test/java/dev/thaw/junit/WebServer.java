// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The VM of most tests here, so that there is one bake for all of them: serves /etc by HTTP and logs each request. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@MicroVm(
        image = WebServer.IMAGE,
        ports = 8080,
        memory = WebServer.MEMORY,
        command = {"sh", "-c", WebServer.SCRIPT})
@interface WebServer {
    String IMAGE = "oci:../examples/target/images/busybox";
    String MEMORY = "128m";
    String SCRIPT = "echo serving /etc; exec httpd -f -v -p 8080 -h /etc";
}
