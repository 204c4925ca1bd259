/* SPDX-License-Identifier: Apache-2.0 */
/* Mail between threads: nothing is lost, nothing leaks. */
#include "server/messages.h"

#include "base/mem.h"

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void dispose(struct mail *mail)
{
    message_free((struct message *)(void *)mail);
}

static void carries_bytes_in_order(void **state)
{
    (void)state;
    struct mailbox *box = mailbox_new();

    for (uint64_t i = 1; i <= 3; i++)
        message_post(box, message_new(MESSAGE_SIGNAL, i, SPAN_LITERAL("abc")));
    struct mail *chain = mailbox_take(box);
    for (uint64_t i = 1; i <= 3; i++) {
        struct message *m = message_next(&chain);
        assert_non_null(m);
        assert_int_equal(m->id, i);
        assert_int_equal(m->size, 3);
        assert_string_equal((const char *)m->bytes, "abc"); /* a zero stands behind the bytes */
        message_free(m);
    }
    assert_null(message_next(&chain));
    mailbox_free(box, dispose);
}

static void frees_what_it_holds(void **state)
{
    (void)state;
    struct mailbox *box = mailbox_new();
    struct message *m = message_new(MESSAGE_OPEN, 1, span_of(NULL, 0));

    m->grant = xcalloc(1, sizeof *m->grant);
    m->grant->room = xstrdup("r");
    m->item = xcalloc(1, sizeof *m->item);
    message_post(box, m);
    mailbox_free(box, dispose); /* the leak checker sees the rest */
    message_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_bytes_in_order),
        cmocka_unit_test(frees_what_it_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
