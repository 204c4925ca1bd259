/* SPDX-License-Identifier: Apache-2.0 */
/* What a participant may write of themselves, and what of it stays the server's. */
#include "room/metadata.h"

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define OURS "{\"accesses\":[\"user\"],\"chatBlocked\":true}"

static void test_merge(void **state)
{
    (void)state;
    static const struct {
        const char *wanted, *kept, *merged; /* NULL: refused */
    } cases[] = {
        {"{\"deafened\":true}", OURS,
         "{\"accesses\":[\"user\"],\"chatBlocked\":true,\"deafened\":true}"},
        {"{\"accesses\":[\"superadmin\"],\"a\":1}", OURS,
         "{\"accesses\":[\"user\"],\"chatBlocked\":true,\"a\":1}"},
        {"{\"chatBlocked\":false}", OURS, OURS},
        {"{}", OURS, OURS},
        /* A client that keeps what it read is given its own text. */
        {"{ \"accesses\":[\"user\"], \"a\":1, \"chatBlocked\":true}", OURS,
         "{ \"accesses\":[\"user\"], \"a\":1, \"chatBlocked\":true}"},
        {"{\"a\":1,\"ACCESSES\":[],\"acc\\u0065sses\":[],\"a\":2}", "{\"accesses\":[]}",
         "{\"accesses\":[],\"a\":1,\"a\":2}"},
        /* What they said before is theirs to replace. */
        {"{\"b\":2}", "{\"a\":1,\"accesses\":[]}", "{\"accesses\":[],\"b\":2}"},
        {"{\"accesses\":[\"moderator\"]}", "", "{}"},
        {"{\"accesses\":[\"moderator\"]}", "words", "{}"},
        /* Nothing of the server's on either side: as it was written. */
        {"{ \"a\": 1 }", "{\"b\":2}", "{ \"a\": 1 }"},
        {"words", "", "words"},
        {"[\"accesses\"]", "", "[\"accesses\"]"},
        {"words", OURS, NULL},
        {"[]", OURS, NULL},
        {"{\"accesses\":[\"superadmin\"]", "", NULL},
        {" {\"accesses\":[\"superadmin\"]}x", "", NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *merged = metadata_merge(span_of_str(cases[i].wanted), span_of_str(cases[i].kept));
        if (!merged != !cases[i].merged || (merged && strcmp(merged, cases[i].merged) != 0))
            fail_msg("%s: %s", cases[i].wanted, merged ? merged : "refused");
        free(merged);
    }
}

/* Other readers go deeper than ours: such a text could say what we do not see. */
static void test_deep(void **state)
{
    (void)state;
    char text[256] = "{\"a\":";
    size_t head = strlen(text);

    memset(text + head, '[', 60);
    memset(text + head + 60, ']', 60);
    strcpy(text + head + 120, ",\"accesses\":[]}");
    assert_null(metadata_merge(span_of_str(text), span_of(NULL, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
