/* SPDX-License-Identifier: Apache-2.0 */
/* Access tokens: what LiveKit's SDKs make, what we make, and every way of forging one. */
#include "server/token.h"

#include "base/encode.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "wire/signal.h"

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOW 1800000000
#define KEY "devkey"
#define SECRET "secret"

static const char good_payload[] =
    "{\"iss\":\"devkey\",\"sub\":\"alice\",\"name\":\"Alice\",\"exp\":1800003600,\"nbf\":0,"
    "\"metadata\":\"m\",\"attributes\":{\"a\":\"1\"},"
    "\"video\":{\"roomJoin\":true,\"room\":\"r\",\"canPublishSources\":[\"camera\"],\"hidden\":"
    "true}}";

static struct token_keys keys;

static int setup(void **state)
{
    (void)state;
    keys = (struct token_keys){0};
    token_keys_add(&keys, "other", "another secret");
    token_keys_add(&keys, KEY, SECRET);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    token_keys_fini(&keys);
    return 0;
}

static void append_part(struct str *s, const char *text)
{
    char out[4096];

    base64url_encode(span_of_str(text), out);
    str_append(s, out);
}

/* A token from its JSON texts, signed with `secret`. */
static char *make(const char *header, const char *payload, const char *secret)
{
    uint8_t mac[SHA256_SIZE];
    char out[BASE64_SIZE(SHA256_SIZE)];
    struct str s;

    str_init(&s);
    append_part(&s, header);
    str_append_char(&s, '.');
    append_part(&s, payload);
    hash_hmac_sha256(span_of_str(secret), str_span(&s), mac);
    base64url_encode(span_of(mac, sizeof mac), out);
    str_append_char(&s, '.');
    str_append(&s, out);
    return str_take(&s);
}

static enum token_verdict verdict(const char *header, const char *payload, const char *secret)
{
    char *token = make(header, payload, secret);
    struct claims c = {0};
    enum token_verdict v = token_verify(&keys, span_of_str(token), NOW, &c);

    claims_fini(&c);
    free(token);
    return v;
}

static void reads_what_sdks_write(void **state)
{
    (void)state;
    char *token = make("{\"alg\":\"HS256\"}", good_payload, SECRET);
    struct claims c;

    assert_int_equal(token_verify(&keys, span_of_str(token), NOW, &c), TOKEN_OK);
    assert_string_equal(c.grant->identity, "alice");
    assert_string_equal(c.grant->name, "Alice");
    assert_string_equal(c.grant->room, "r");
    assert_string_equal(c.grant->metadata, "m");
    assert_int_equal(c.grant->attribute_count, 1);
    assert_string_equal(c.grant->attributes[0].value, "1");
    assert_true(c.room_join);
    assert_false(c.room_admin);
    assert_true(c.grant->permission.can_publish);
    assert_true(c.grant->permission.can_publish_data);
    assert_true(c.grant->permission.hidden);
    assert_false(c.grant->permission.can_update_metadata);
    assert_int_equal(c.grant->permission.sources, 1u << LIVEKIT__TRACK_SOURCE__CAMERA);
    claims_fini(&c);
    free(token);
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *header, *payload, *secret;
        enum token_verdict verdict;
    } cases[] = {
        {"{\"alg\":\"none\"}", good_payload, SECRET, TOKEN_ALGORITHM},
        {"{\"alg\":\"RS256\"}", good_payload, SECRET, TOKEN_ALGORITHM},
        {"{\"alg\":\"hs256\"}", good_payload, SECRET, TOKEN_ALGORITHM},
        {"{}", good_payload, SECRET, TOKEN_ALGORITHM},
        {"{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}", good_payload, SECRET,
         TOKEN_MALFORMED},
        {"{\"alg\":\"HS256\"}", "{\"iss\":\"devkey\",\"exp\":9223372036854775807,\"video\":{}}",
         SECRET, TOKEN_OK},
        {"{\"alg\":\"HS256\"}", "{\"iss\":\"devkey\",\"exp\":-9223372036854775808,\"video\":{}}",
         SECRET, TOKEN_EXPIRED},
        {"[]", good_payload, SECRET, TOKEN_MALFORMED},
        {"{\"alg\":\"HS256\"}", good_payload, "another secret", TOKEN_SIGNATURE},
        {"{\"alg\":\"HS256\"}", good_payload, "", TOKEN_SIGNATURE},
        {"{\"alg\":\"HS256\"}", "{\"iss\":\"nobody\",\"exp\":1800003600,\"video\":{}}", SECRET,
         TOKEN_UNKNOWN_KEY},
        {"{\"alg\":\"HS256\"}", "{\"exp\":1800003600,\"video\":{}}", SECRET, TOKEN_UNKNOWN_KEY},
        {"{\"alg\":\"HS256\"}", "{\"iss\":\"devkey\",\"video\":{}}", SECRET, TOKEN_MALFORMED},
        {"{\"alg\":\"HS256\"}", "{\"iss\":\"devkey\",\"exp\":\"1800003600\",\"video\":{}}", SECRET,
         TOKEN_MALFORMED},
        {"{\"alg\":\"HS256\"}", "{\"iss\":\"devkey\",\"exp\":1800003600}", SECRET, TOKEN_MALFORMED},
        {"{\"alg\":\"HS256\"}", "{\"iss\":\"devkey\",\"exp\":1800003600,\"sub\":7,\"video\":{}}",
         SECRET, TOKEN_MALFORMED},
        {"{\"alg\":\"HS256\"}", "{\"iss\":\"devkey\",\"exp\":1799999939,\"video\":{}}", SECRET,
         TOKEN_EXPIRED},
        {"{\"alg\":\"HS256\"}", "{\"iss\":\"devkey\",\"exp\":1799999940,\"video\":{}}", SECRET,
         TOKEN_OK},
        {"{\"alg\":\"HS256\"}",
         "{\"iss\":\"devkey\",\"exp\":1800003600,\"nbf\":1800000061,\"video\":{}}", SECRET,
         TOKEN_NOT_YET},
        {"{\"alg\":\"HS256\"}",
         "{\"iss\":\"devkey\",\"exp\":1800003600,\"exp\":9900003600,\"video\":{}}", SECRET,
         TOKEN_MALFORMED},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(verdict(cases[i].header, cases[i].payload, cases[i].secret),
                         cases[i].verdict);
}

static void refuses_every_change_and_truncation(void **state)
{
    (void)state;
    char *token = make("{\"alg\":\"HS256\"}", good_payload, SECRET);
    size_t size = strlen(token);
    struct claims c;

    for (size_t i = 0; i < size; i++) {
        assert_int_not_equal(token_verify(&keys, span_of(token, i), NOW, &c), TOKEN_OK);
        char before = token[i];
        token[i] = before == 'A' ? 'B' : 'A';
        assert_int_not_equal(token_verify(&keys, span_of_str(token), NOW, &c), TOKEN_OK);
        token[i] = before;
    }
    free(token);
}

static void takes_only_a_source_list_it_understands(void **state)
{
    (void)state;
    char *token = make("{\"alg\":\"HS256\"}",
                       "{\"iss\":\"devkey\",\"exp\":1800003600,\"video\":{\"canPublishSources\":"
                       "[\"hologram\"]}}",
                       SECRET);
    struct claims c;

    assert_int_equal(token_verify(&keys, span_of_str(token), NOW, &c), TOKEN_OK);
    assert_int_not_equal(c.grant->permission.sources, 0);
    assert_int_equal(c.grant->permission.sources & 1u << LIVEKIT__TRACK_SOURCE__CAMERA, 0);
    claims_fini(&c);
    free(token);
}

static void signs_what_it_reads(void **state)
{
    (void)state;
    struct grant g = {.room = (char *)(uintptr_t) "r",
                      .identity = (char *)(uintptr_t) "bob",
                      .key_id = (char *)(uintptr_t)KEY,
                      .expires_unix_s = NOW + 60};
    struct claims in = {.grant = &g,
                        .room_join = true,
                        .room_admin = true,
                        .entry = 3,
                        .room_id = "room-1"},
                  out;

    g.permission.can_subscribe = true;
    g.permission.sources = 1u << LIVEKIT__TRACK_SOURCE__MICROPHONE;
    char *token = token_sign(&keys, &in);
    assert_int_equal(token_verify(&keys, span_of_str(token), NOW, &out), TOKEN_OK);
    assert_string_equal(out.grant->key_id, KEY);
    assert_string_equal(out.grant->identity, "bob");
    assert_true(out.room_admin);
    assert_false(out.room_create);
    assert_true(out.grant->permission.can_subscribe);
    assert_false(out.grant->permission.can_publish);
    assert_false(out.grant->permission.can_publish_data);
    assert_int_equal(out.grant->permission.sources, g.permission.sources);
    assert_int_equal(out.grant->expires_unix_s, NOW + 60);
    assert_int_equal(out.entry, 3);
    assert_string_equal(out.room_id, "room-1");
    claims_fini(&out);
    free(token);
    in.entry = 0;
    token = token_sign(&keys, &in);
    assert_int_equal(token_verify(&keys, span_of_str(token), NOW, &out), TOKEN_OK);
    assert_int_equal(out.entry, 0);
    assert_string_equal(out.room_id, "");
    claims_fini(&out);
    free(token);
}

static void carries_what_a_room_is_to_be(void **state)
{
    (void)state;
    struct grant g = {.room = (char *)(uintptr_t) "r",
                      .identity = (char *)(uintptr_t) "bob",
                      .room_metadata = (char *)(uintptr_t) "{\"e2ee\":true}",
                      .max_participants = 7,
                      .empty_timeout_s = 8,
                      .departure_timeout_s = 9,
                      .expires_unix_s = NOW + 60};
    struct claims in = {.grant = &g, .room_join = true}, out;
    char *token = token_sign(&keys, &in);

    assert_int_equal(token_verify(&keys, span_of_str(token), NOW, &out), TOKEN_OK);
    assert_string_equal(out.grant->room_metadata, "{\"e2ee\":true}");
    assert_int_equal(out.grant->max_participants, 7);
    assert_int_equal(out.grant->empty_timeout_s, 8);
    assert_int_equal(out.grant->departure_timeout_s, 9);
    claims_fini(&out);
    free(token);
}

/* As livekit-server signs: without a word about a room. */
static void stands_for_a_body(void **state)
{
    (void)state;
    const struct span body = span_of_str("{\"event\":\"room_started\"}");
    struct token_keys strange = {0}, none = {0};
    struct claims claims;
    char *token = token_sign_body(&keys, NOW, body);
    struct span t = span_of_str(token);

    assert_int_equal(token_verify_body(&keys, t, NOW, body), TOKEN_OK);
    assert_int_equal(token_verify_body(&keys, t, NOW, span_first(body, body.size - 1)),
                     TOKEN_SIGNATURE);
    assert_int_equal(
        token_verify_body(&keys, t, NOW + TOKEN_BODY_LIFE_S + TOKEN_LEEWAY_S + 1, body),
        TOKEN_EXPIRED);
    assert_int_equal(token_verify_body(&keys, span_first(t, t.size - 1), NOW, body),
                     TOKEN_SIGNATURE);
    token_keys_add(&strange, "other", "not the same secret");
    assert_int_equal(token_verify_body(&strange, t, NOW, body), TOKEN_SIGNATURE);
    token_keys_fini(&strange);
    assert_null(token_sign_body(&none, NOW, body));
    /* Neither kind is good for what the other is. */
    assert_int_equal(token_verify(&keys, t, NOW, &claims), TOKEN_MALFORMED);
    free(token);
    token = make("{\"alg\":\"HS256\"}", good_payload, SECRET);
    assert_int_equal(token_verify_body(&keys, span_of_str(token), NOW, body), TOKEN_SIGNATURE);
    free(token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_sdks_write),
        cmocka_unit_test(refuses),
        cmocka_unit_test(refuses_every_change_and_truncation),
        cmocka_unit_test(takes_only_a_source_list_it_understands),
        cmocka_unit_test(signs_what_it_reads),
        cmocka_unit_test(carries_what_a_room_is_to_be),
        cmocka_unit_test(stands_for_a_body),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
