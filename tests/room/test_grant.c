/* SPDX-License-Identifier: Apache-2.0 */
/* Grants: copies stand by themselves, attributes are set, replaced and deleted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/mem.h"
#include "room/grant.h"

static void test_copy(void **state)
{
    (void)state;
    struct grant empty = {0}, *g = grant_copy(&empty);

    assert_null(g->room);
    str_set(&g->room, "r");
    str_set(&g->identity, "i");
    str_set(&g->name, "n");
    str_set(&g->metadata, "m");
    str_set(&g->key_id, "k");
    str_set(&g->reconnect_sid, "PA_1");
    str_set(&g->sdk, "js");
    str_set(&g->version, "2");
    str_set(&g->os, "linux");
    str_set(&g->browser, "firefox");
    str_set(&g->device_model, "d");
    grant_set_attribute(g, "a", "1");
    g->permission.sources = 5;
    struct grant *copy = grant_copy(g);
    grant_free(g);
    assert_string_equal(copy->room, "r");
    assert_string_equal(copy->identity, "i");
    assert_string_equal(copy->name, "n");
    assert_string_equal(copy->metadata, "m");
    assert_string_equal(copy->key_id, "k");
    assert_string_equal(copy->reconnect_sid, "PA_1");
    assert_string_equal(copy->sdk, "js");
    assert_string_equal(copy->version, "2");
    assert_string_equal(copy->os, "linux");
    assert_string_equal(copy->browser, "firefox");
    assert_string_equal(copy->device_model, "d");
    assert_int_equal(copy->attribute_count, 1);
    assert_string_equal(copy->attributes[0].value, "1");
    assert_int_equal(copy->permission.sources, 5);
    grant_free(copy);
    grant_free(NULL);
}

static void test_attributes(void **state)
{
    (void)state;
    struct grant empty = {0}, *g = grant_copy(&empty);

    grant_set_attribute(g, "a", "1");
    grant_set_attribute(g, "b", "2");
    grant_set_attribute(g, "a", "3");
    assert_int_equal(g->attribute_count, 2);
    assert_string_equal(g->attributes[0].value, "3");
    grant_set_attribute(g, "a", "");
    grant_set_attribute(g, "never", NULL);
    assert_int_equal(g->attribute_count, 1);
    assert_string_equal(g->attributes[0].key, "b");
    grant_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_attributes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
