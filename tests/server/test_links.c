/* SPDX-License-Identifier: Apache-2.0 */
/* Links whose '#' was lost, in the shapes that programs on the way give them. */
#include "server/links.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void finds_keys(void **state)
{
    (void)state;
    static const struct {
        const char *path, *query;
        bool found;
    } cases[] = {
        {"/m/room%23key=abc", "", true},
        {"/m/room%23KEY=abc", "", true},
        {"/m/room#key=abc", "", true},
        {"/m/room%23key%3Dabc", "", true},
        {"/m/room%2523key=abc", "", true},
        {"/m/room%2523key%253Dabc", "", true},
        {"/m/room%252523key%25253dabc", "", true},
        {"/m/room%23%6b%65%79=abc", "", true},
        {"/m/room%25%32%33%6bey=abc", "", true},
        {"/m/room/key=abc", "", true},
        {"/m/room%23bits=256&key=abc", "", true},
        {"/key=", "", true},
        {"/m/room", "key=abc", true},
        {"/m/room", "Key=abc", true},
        {"/m/room", "%6Bey=abc", true},
        {"/m/room", "a=1&key=abc", true},
        {"/m/room", "a=1;key=abc", true},
        {"/m/room", "a=1#key=abc", true},
        {"/m/room", "a=1%23key=abc", true},
        {"/login", "next=%2Fm%2Froom%23key%3Dabc", true},
        {"/login", "next=%2Fm%2Froom%2523key%253Dabc", true},
        {"/login", "next=%2Fm%2Froom%3Fkey%3Dabc", true},
        {"/m/room", "", false},
        {"/m/key", "", false},
        {"/m/key%3", "", false},
        {"/", "", false},
        {"", "", false},
        {"/m/ke%y=", "", false},
        {"/rtc", "access_token=eyJhbGciOiJIUzI1NiJ9.e30.x&publish_key=1", false},
        /* Base64 ends like this, too. */
        {"/rtc", "attributes=eyJhIjoimonkey=&auto_subscribe=1", false},
        {"/rtc", "attributes=eyJhIjoi/key%3D", false},
        {"/rtc", "attributes=eyJhIjoi+key%3D", false},
        {"/rtc", "keys=1&keyx=2&akey=3", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (links_carry_key(span_of_str(cases[i].path), span_of_str(cases[i].query)) !=
            cases[i].found)
            fail_msg("%s?%s", cases[i].path, cases[i].query);
}

/* However deep it lies, the search ends. */
static void ends(void **state)
{
    (void)state;
    static char deep[30000];

    for (size_t i = 0; i < sizeof deep; i++)
        deep[i] = "%25"[i % 3];
    assert_false(links_carry_key(span_of(deep, sizeof deep), span_of(deep, sizeof deep)));
    deep[0] = '%';
    for (size_t i = 1; i + 1 < sizeof deep; i += 2)
        memcpy(deep + i, "25", 2);
    assert_false(links_carry_key(span_of(deep, sizeof deep), span_of(deep, sizeof deep)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_keys),
        cmocka_unit_test(ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
