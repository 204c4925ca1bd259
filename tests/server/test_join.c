/* SPDX-License-Identifier: Apache-2.0 */
/* Connect requests of the SDKs, and refused ones with their statuses. */
#include "server/join.h"

#include "kit.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct token_keys keys;

static int setup(void **state)
{
    (void)state;
    token_keys_add(&keys, KIT_KEY, KIT_SECRET);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    token_keys_fini(&keys);
    return 0;
}

static void reads_a_query_of_the_browser_sdk(void **state)
{
    (void)state;
    char *token = kit_token(&keys, "r", "alice", true, KIT_NOW + 60);
    struct join_refusal refusal;
    struct claims c;
    struct str q;

    str_init(&q);
    str_printf(
        &q,
        "access_token=%s&auto_subscribe=0&&sdk=js&version=2.23.0&protocol=17&client_protocol=2"
        "&adaptive_stream=1&capabilities=CAP_PACKET_TRAILER,CAP_COMPRESSION_DEFLATE_RAW"
        "&attributes=eyJhIjoiYiJ9",
        token);
    assert_true(join_read(&keys, KIT_NOW, str_span(&q), NULL, &c, &refusal));
    assert_string_equal(c.grant->identity, "alice");
    assert_false(c.grant->auto_subscribe);
    assert_true(c.grant->adaptive_stream);
    assert_false(c.grant->reconnect);
    assert_int_equal(c.grant->protocol, 17);
    assert_int_equal(c.grant->client_protocol, 2);
    assert_int_equal(c.grant->capability_count, 2);
    assert_string_equal(c.grant->sdk, "js");
    assert_int_equal(c.grant->attribute_count, 1);
    assert_string_equal(c.grant->attributes[0].key, "a");
    claims_fini(&c);
    str_fini(&q);
    free(token);
}

static void takes_the_header(void **state)
{
    (void)state;
    char *token = kit_token(&keys, "r", "bob", false, KIT_NOW + 60);
    struct join_refusal refusal;
    struct claims c;
    struct str h;

    str_init(&h);
    str_printf(&h, "Bearer %s", token);
    assert_true(
        join_read(&keys, KIT_NOW, SPAN_LITERAL("reconnect=1&sid=PA_x"), h.text, &c, &refusal));
    assert_true(c.grant->auto_subscribe);
    assert_true(c.grant->reconnect);
    assert_string_equal(c.grant->reconnect_sid, "PA_x");
    claims_fini(&c);
    str_fini(&h);
    free(token);
}

static unsigned status(const char *room, const char *identity, int64_t expires, const char *extra)
{
    char *token = kit_token(&keys, room, identity, false, expires);
    struct join_refusal refusal = {0};
    struct claims c;
    struct str q;

    str_init(&q);
    str_printf(&q, "access_token=%s%s", token, extra);
    if (join_read(&keys, KIT_NOW, str_span(&q), NULL, &c, &refusal))
        claims_fini(&c);
    str_fini(&q);
    free(token);
    return refusal.status;
}

static void refuses_with_a_status(void **state)
{
    (void)state;
    struct join_refusal refusal;
    struct claims c;

    assert_int_equal(status("r", "i", KIT_NOW + 60, ""), 0);
    assert_int_equal(status("", "i", KIT_NOW + 60, ""), 400);
    assert_int_equal(status("r", "", KIT_NOW + 60, ""), 400);
    assert_int_equal(status("r", "i", KIT_NOW - 600, ""), 401);
    assert_int_equal(status("r", "i", KIT_NOW + 60, "&attributes=eyJhIjoiYiJ9"), 401);
    assert_int_equal(status("r", "i", KIT_NOW + 60, "x"), 401);
    assert_false(join_read(&keys, KIT_NOW, SPAN_LITERAL(""), NULL, &c, &refusal));
    assert_int_equal(refusal.status, 401);
    assert_false(join_read(&keys, KIT_NOW, SPAN_LITERAL(""), "Bearer x.y.z", &c, &refusal));
    assert_int_equal(refusal.status, 401);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_query_of_the_browser_sdk),
        cmocka_unit_test(takes_the_header),
        cmocka_unit_test(refuses_with_a_status),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
