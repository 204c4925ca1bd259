/* SPDX-License-Identifier: Apache-2.0 */
/* What one address may make the web door hold. */
#include "web_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define PART (80 * 1000)
#define HELD (128 * 1024) /* for it: buffers double */

/* All but the end of a body. */
static struct peer *hold(struct server *s)
{
    static uint8_t body[PART];
    struct peer *p = peer_new(s, NULL);

    put_text(p, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 80004\r\n\r\n");
    put(p, span_of(body, sizeof body));
    return p;
}

static void finish(struct peer *p)
{
    put_text(p, "end.");
    expect_reply(p, 200, NULL);
    peer_free(p);
}

/* Two bodies fit, a third does not; those that were there are served. */
static void drops_what_is_too_much_of_one_address(void **state)
{
    (void)state;
    struct server *s = server_start_holding(5 * HELD / 2);
    struct peer *first = hold(s), *second = hold(s), *third = hold(s);

    expect_end(third);
    peer_free(third);
    finish(first);
    third = hold(s);
    finish(second);
    finish(third);
    server_stop(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drops_what_is_too_much_of_one_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
