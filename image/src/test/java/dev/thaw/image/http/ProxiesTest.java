// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.http;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.io.IOException;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxiesTest {

    @Test
    void the_environment_names_a_proxy_for_each_scheme() throws IOException {
        Proxies proxies =
                new Proxies(Map.of("HTTPS_PROXY", "http://secure.example:3128", "http_proxy", "plain.example:8080"));
        then(route(proxies, "https://registry.example/v2/").toString())
                .contains("secure.example")
                .contains("3128");
        then(route(proxies, "http://registry.example/v2/").toString())
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
    void a_host_that_is_exempt_is_reached_directly(String exempt) throws IOException {
        Proxies proxies = new Proxies(Map.of("https_proxy", "http://proxy:3128", "NO_PROXY", exempt));
        then(route(proxies, "https://registry.example/")).isEqualTo(Proxy.NO_PROXY);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "other.example", "ample", "istry.example"})
    void a_host_that_is_not_exempt_is_not(String exempt) throws IOException {
        Proxies proxies = new Proxies(Map.of("https_proxy", "http://proxy:3128", "no_proxy", exempt));
        then(route(proxies, "https://registry.example/")).isNotEqualTo(Proxy.NO_PROXY);
    }

    @Test
    void this_machine_needs_no_proxy() throws IOException {
        Proxies proxies = new Proxies(Map.of("https_proxy", "http://proxy:3128", "http_proxy", ""));
        then(route(proxies, "https://localhost:5000/")).isEqualTo(Proxy.NO_PROXY);
        then(route(proxies, "https://127.0.0.1/")).isEqualTo(Proxy.NO_PROXY);
        then(route(proxies, "http://registry.example/")).isEqualTo(Proxy.NO_PROXY);
        then(route(new Proxies(Map.of()), "https://registry.example/")).isEqualTo(Proxy.NO_PROXY);
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8,          https://10.1.2.3/,         true",
        "10.0.0.0/8,          https://11.1.2.3/,         false",
        "'x, 10.64.0.0/10',   https://10.127.2.3:5000/,  true",
        "10.64.0.0/10,        https://10.128.2.3/,       false",
        "0.0.0.0/0,           https://10.128.2.3/,       true",
        "0.0.0.0/0,           https://registry.example/, false",
        "10.0.0.0/33,         https://10.0.0.0/,         false",
        "10.0.0/8,            https://10.0.0.0/,         false",
        "10.1.2.3,            https://10.1.2.3/,         true",
        "10.1.2.3,            https://10.1.2.30/,        false",
        "1.2.3,               https://10.1.2.3/,         false",
        "10.1.2.3:443,        https://10.1.2.3/,         true",
        "10.1.2.3:443,        https://10.1.2.3:5000/,    false",
        "registry.example:80, https://registry.example/, false",
        "*:443,               https://registry.example/, true",
        "fd00::/8,            https://[fd12::1]/,        true",
        "fd00::/8,            https://[fe80::1]/,        false",
        "fd00::/8,            https://10.1.2.3/,         false",
        "fd00::1,             https://[fd00:0:0::1]/,    true",
        "[fd00::1]:443,       https://[fd00::1]/,        true",
        "[fd00::1]:443,       https://[fd00::1]:5000/,   false",
        "256.1.1.1,           https://registry.example/, false",
    })
    void addresses_ranges_and_ports_are_exempt(String exempt, String uri, boolean direct) throws IOException {
        Proxies proxies = new Proxies(Map.of("https_proxy", "http://proxy:3128", "NO_PROXY", exempt));
        then(route(proxies, uri).equals(Proxy.NO_PROXY)).isEqualTo(direct);
    }

    @Test
    void a_password_is_sent_as_it_is_meant_and_shown_nowhere() throws IOException {
        Proxies proxies = new Proxies(Map.of("https_proxy", "http://me:p%40%3Ass@proxy:3128", "http_proxy", "a@b:80"));
        then(proxies.route(URI.create("https://registry.example/")).authorization())
                .contains("Basic " + base64("me:p@:ss"));
        then(proxies.route(URI.create("http://registry.example/")).authorization())
                .contains("Basic " + base64("a:"));
    }

    @ParameterizedTest
    @CsvSource({
        "https://me:topsecret@proxy.example:443, is to be spoken to with https",
        "socks5://proxy.example:1080,            is to be spoken to with socks5",
        "http://me:topsecret#1@proxy.example,    has no address that can be read",
        "http://me:top^secret@proxy.example,     has no address that can be read",
        "'::',                                   has no address that can be read",
    })
    void a_proxy_that_can_not_be_used_is_told_and_not_passed_by(String value, String problem) {
        Proxies proxies = new Proxies(Map.of("HTTPS_PROXY", value));
        thenThrownBy(() -> proxies.route(URI.create("https://registry.example/v2/")))
                .isInstanceOf(RegistryException.class)
                .hasMessageStartingWith(
                        "registry registry.example: the proxy that the environment's HTTPS_PROXY names " + problem)
                .satisfies(e -> then(String.valueOf(e.getMessage())).doesNotContain("secret"))
                .hasNoCause();
    }

    private static Proxy route(Proxies proxies, String uri) throws IOException {
        return proxies.route(URI.create(uri)).proxy();
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }
}
