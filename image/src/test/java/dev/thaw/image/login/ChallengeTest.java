// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.login;

import static org.assertj.core.api.BDDAssertions.then;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChallengeTest {

    @Test
    void a_token_server_is_read_with_its_parameters() {
        then(Challenge.parse(List.of("Bearer realm=\"https://auth.example/token\",service=\"registry.example\",scope="
                        + "\"repository:a/b:pull,push\",error=\"invalid_token\"")))
                .containsExactly(new Challenge(
                        "bearer",
                        Map.of(
                                "realm",
                                "https://auth.example/token",
                                "service",
                                "registry.example",
                                "scope",
                                "repository:a/b:pull,push",
                                "error",
                                "invalid_token")));
    }

    @Test
    void several_challenges_in_one_header_and_in_several_are_all_read() {
        then(Challenge.parse(List.of("Basic realm=\"a, b\", Bearer realm=x , service = y", "Negotiate")))
                .containsExactly(
                        new Challenge("basic", Map.of("realm", "a, b")),
                        new Challenge("bearer", Map.of("realm", "x", "service", "y")),
                        new Challenge("negotiate", Map.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Negotiate YIIJvwYGKwYBBQUCoIIJszCC/+8=, Bearer realm=x,service=y, Basic realm=z",
                "Negotiate YII==,Bearer realm=x,service=y,NTLM TlRMTVNTUAAB/w, Basic realm=z",
                "Negotiate YII== , Bearer realm=x,service=y , NTLM\tTlRM , Basic realm=z, Negotiate YII=",
                "Negotiate, Bearer realm=x , service=y,, Basic realm=z, NTLM",
                "Digest realm=\"d, Bearer realm=no\", nonce=\"a==\", qop=auth, Bearer realm=x,service=y, Basic realm=z",
            })
    void challenges_of_other_schemes_do_not_hide_those_beside_them(String header) {
        Challenge bearer = new Challenge("bearer", Map.of("realm", "x", "service", "y"));
        Challenge basic = new Challenge("basic", Map.of("realm", "z"));
        then(Challenge.parse(List.of(header))).contains(bearer, basic);
        then(Challenge.parse(List.of("Negotiate YII/8=", "Bearer realm=x,service=y", "NTLM", "Basic realm=z")))
                .filteredOn(c -> !c.parameters().isEmpty())
                .containsExactly(bearer, basic);
    }

    @Test
    void what_stands_behind_negotiate_is_no_parameter_and_no_scheme() {
        then(Challenge.parse(List.of("Negotiate YII/8=, Basic abc, Bearer realm=x")))
                .containsExactly(
                        new Challenge("negotiate", Map.of()),
                        new Challenge("basic", Map.of()),
                        new Challenge("bearer", Map.of("realm", "x")));
    }

    @Test
    void a_parameter_without_a_value_does_not_take_the_next_one_s_name() {
        then(Challenge.parse(List.of("Bearer realm=x,scope=,service=y")))
                .containsExactly(new Challenge("bearer", Map.of("realm", "x", "scope", "", "service", "y")));
        then(Challenge.parse(List.of("Bearer scope=,realm=x")))
                .containsExactly(new Challenge("bearer", Map.of("realm", "x")));
    }

    @Test
    void quoted_characters_and_the_case_of_names_do_not_matter() {
        then(Challenge.parse(List.of("BEARER Realm=\"say \\\"hi\\\"\"")))
                .containsExactly(new Challenge("bearer", Map.of("realm", "say \"hi\"")));
    }

    @Test
    void the_first_of_two_parameters_of_a_name_counts() {
        then(Challenge.parse(List.of("Bearer realm=a,realm=b")))
                .containsExactly(new Challenge("bearer", Map.of("realm", "a")));
    }

    @Test
    void what_is_malformed_ends_its_header() {
        then(Challenge.parse(List.of("", "=", "Basic \"", "Bearer realm=\"never closed", "\u0001")))
                .containsExactly(
                        new Challenge("basic", Map.of()), new Challenge("bearer", Map.of("realm", "never closed")));
        then(Challenge.parse(List.of("a".repeat(10_000)))).isEmpty();
    }

    @FuzzTest
    void any_header_is_read_or_passed_over(String header) {
        if (header == null) {
            return;
        }
        List<Challenge> challenges = Challenge.parse(List.of(header, header));
        then(challenges.size()).isLessThanOrEqualTo(16);
        then(challenges).noneMatch(c -> c.scheme().isEmpty());
    }
}
