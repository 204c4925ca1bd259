/* SPDX-License-Identifier: Apache-2.0 */
/* The compact form against RFC 7515's own example, and what is none. */
#include "server/jwt.h"

#include "base/encode.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* RFC 7515 appendix A.1: its key and token. */
static const char key_text[] =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
static const char example[] =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
    "fQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

static void knows_the_rfcs_example(void **state)
{
    (void)state;
    uint8_t key[80];
    size_t size;
    struct jwt j;

    assert_true(base64url_decode(span_of_str(key_text), key, sizeof key, &size));
    assert_true(jwt_split(span_of_str(example), sizeof example, &j));
    assert_true(jwt_signed_with(&j, span_of(key, size)));
    key[0] ^= 1;
    assert_false(jwt_signed_with(&j, span_of(key, size)));
}

static void opens_what_it_sealed(void **state)
{
    (void)state;
    char *token = jwt_seal(SPAN_LITERAL("{\"a\":1}"), SPAN_LITERAL("secret"));
    uint8_t payload[16];
    size_t size;
    struct jwt j;

    assert_true(jwt_split(span_of_str(token), 1000, &j));
    assert_true(jwt_signed_with(&j, SPAN_LITERAL("secret")));
    assert_true(base64url_decode(j.payload, payload, sizeof payload, &size));
    assert_memory_equal(payload, "{\"a\":1}", 7);
    /* Every byte counts. */
    for (size_t i = 0; i < strlen(token); i++) {
        char before = token[i];
        token[i] = before == 'A' ? 'B' : 'A';
        assert_false(jwt_split(span_of_str(token), 1000, &j) &&
                     jwt_signed_with(&j, SPAN_LITERAL("secret")));
        token[i] = before;
    }
    free(token);
}

static void refuses_other_forms(void **state)
{
    (void)state;
    static const char *const texts[] = {"", ".", "a.b", "a.b.", "..", "a..c", "abc", "a.b.c.d"};
    struct jwt j;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(jwt_split(span_of_str(texts[i]), 100, &j) &&
                     jwt_signed_with(&j, SPAN_LITERAL("secret")));
    assert_false(jwt_split(span_of_str(example), sizeof example - 2, &j));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_rfcs_example),
        cmocka_unit_test(opens_what_it_sealed),
        cmocka_unit_test(refuses_other_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
