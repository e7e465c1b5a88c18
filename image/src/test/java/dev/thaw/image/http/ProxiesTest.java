// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.http;

import static org.assertj.core.api.BDDAssertions.then;

import java.net.Proxy;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProxiesTest {

    @Test
    void the_environment_names_a_proxy_for_each_scheme() {
        Proxies proxies =
                new Proxies(Map.of("HTTPS_PROXY", "http://secure.example:3128", "http_proxy", "plain.example:8080"));
        then(proxies.of(URI.create("https://registry.example/v2/")).toString())
                .contains("secure.example")
                .contains("3128");
        then(proxies.of(URI.create("http://registry.example/v2/")).toString())
                .contains("plain.example")
                .contains("8080");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*",
                "registry.example",
                "x, registry.example:443",
                ".example",
                "*.example",
                "EXAMPLE",
                "a b example"
            })
    void a_host_that_is_exempt_is_reached_directly(String exempt) {
        Proxies proxies = new Proxies(Map.of("https_proxy", "http://proxy:3128", "NO_PROXY", exempt));
        then(proxies.of(URI.create("https://registry.example/"))).isEqualTo(Proxy.NO_PROXY);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "other.example", "ample", "istry.example"})
    void a_host_that_is_not_exempt_is_not(String exempt) {
        Proxies proxies = new Proxies(Map.of("https_proxy", "http://proxy:3128", "no_proxy", exempt));
        then(proxies.of(URI.create("https://registry.example/"))).isNotEqualTo(Proxy.NO_PROXY);
    }

    @Test
    void this_machine_needs_no_proxy_and_a_broken_address_is_none() {
        Proxies proxies = new Proxies(Map.of("https_proxy", "http://proxy:3128", "http_proxy", "::"));
        then(proxies.of(URI.create("https://localhost:5000/"))).isEqualTo(Proxy.NO_PROXY);
        then(proxies.of(URI.create("https://127.0.0.1/"))).isEqualTo(Proxy.NO_PROXY);
        then(proxies.of(URI.create("http://registry.example/"))).isEqualTo(Proxy.NO_PROXY);
        then(new Proxies(Map.of()).of(URI.create("https://registry.example/"))).isEqualTo(Proxy.NO_PROXY);
    }
}
