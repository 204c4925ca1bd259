/* SPDX-License-Identifier: Apache-2.0 */
/* Names and addresses as people type them. */
#include "server/api_session.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void cleans_names(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name; /* NULL: refused */
    } cases[] = {{"Al", "Al"},
                 {"  Al  ", "Al"},
                 {"A l", "A l"},
                 {"<Al>", "Al"},
                 {"O'Neil", "ONeil"},
                 {"\"&\"", NULL},
                 {" < Al", "Al"},
                 {"A", NULL},
                 {"", NULL},
                 {"Zo\xc3\xab", "Zo\xc3\xab"},
                 {"0123456789", "0123456789"},
                 {"01234567890", NULL}};
    struct api_call *c = api_call_new();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *name = api_session_name(c, cases[i].text, 2, 10);
        if (!name != !cases[i].name || (name && strcmp(name, cases[i].name) != 0))
            fail_msg("%s: %s", cases[i].text, name ? name : "refused");
    }
    api_call_free(c);
}

static void reads_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *email;
    } cases[] = {{"a@b.c", "a@b.c"},
                 {" A.B+c@Example.ORG ", "a.b+c@example.org"},
                 {"zo\xc3\xab@b.c", "zo\xc3\xab@b.c"},
                 {"a@b", "a@b"},
                 {"a", NULL},
                 {"@b.c", NULL},
                 {"a@", NULL},
                 {"a@b@c", NULL},
                 {"a b@c.d", NULL},
                 {"a@b.c,d@e.f", NULL},
                 {"a(b)@c.d", NULL},
                 {"", NULL}};
    struct api_call *c = api_call_new();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *email = api_session_email(c, cases[i].text);
        if (!email != !cases[i].email || (email && strcmp(email, cases[i].email) != 0))
            fail_msg("%s: %s", cases[i].text, email ? email : "refused");
    }
    api_call_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cleans_names),
        cmocka_unit_test(reads_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
