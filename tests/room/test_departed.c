/* SPDX-License-Identifier: Apache-2.0 */
/* Who left: order, what is told of them, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/mem.h"
#include "room/departed.h"
#include "room/grant.h"

static void leave(struct departed *d, int64_t at_us, const char *identity)
{
    struct grant g = {.identity = (char *)(uintptr_t)identity};
    struct person p = {.grant = &g,
                       .version = 7,
                       .disconnect_reason = LIVEKIT__DISCONNECT_REASON__CLIENT_INITIATED};

    snprintf(p.sid, sizeof p.sid, "PA_%s", identity);
    departed_keep(d, at_us, &p);
}

static void test_order(void **state)
{
    (void)state;
    struct departed *d = departed_new();
    Livekit__ParticipantInfo *out[LIMIT_DEPARTED];
    struct arena a;

    arena_init(&a);
    assert_int_equal(departed_list(d, 0, out, &a), 0);
    leave(d, 10, "early");
    leave(d, 20, "anna");
    leave(d, 30, "ben");
    assert_int_equal(departed_list(d, 20, out, &a), 2);
    assert_string_equal(out[0]->identity, "anna");
    assert_string_equal(out[0]->sid, "PA_anna");
    assert_int_equal(out[0]->version, 7);
    assert_int_equal(out[0]->state, LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED);
    assert_int_equal(out[0]->disconnect_reason, LIVEKIT__DISCONNECT_REASON__CLIENT_INITIATED);
    assert_string_equal(out[1]->identity, "ben");
    arena_fini(&a);
    departed_free(d);
    departed_free(NULL);
}

static void test_bounds(void **state)
{
    (void)state;
    struct departed *d = departed_new();
    Livekit__ParticipantInfo *out[LIMIT_DEPARTED];
    struct arena a;
    char name[16];

    arena_init(&a);
    for (int i = 0; i < 3 * LIMIT_DEPARTED; i++) {
        snprintf(name, sizeof name, "%d", i);
        leave(d, i, name);
    }
    assert_int_equal(departed_list(d, 0, out, &a), LIMIT_DEPARTED);
    assert_string_equal(out[LIMIT_DEPARTED - 1]->identity, name);
    /* Those who are too long gone go with the next one. */
    leave(d, 3 * LIMIT_DEPARTED + LIMIT_DEPARTED_US, "last");
    assert_int_equal(departed_list(d, 0, out, &a), 1);
    assert_string_equal(out[0]->identity, "last");
    arena_fini(&a);
    departed_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
