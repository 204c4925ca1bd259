/* SPDX-License-Identifier: Apache-2.0 */
/* PostgreSQL's client library is not there before it is asked for, and all of it afterwards. */
#include "store/pg_library.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_load(void **state)
{
    (void)state;
    struct str message;

    str_init(&message);
    assert_null(dlopen("libpq.so.5", RTLD_NOW | RTLD_NOLOAD));
    assert_null(pq.status);
    for (unsigned i = 0; i < 2; i++) {
        assert_true(pg_library_load(&message));
        assert_int_equal(message.size, 0);
    }
    void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_NOLOAD);
    assert_non_null(library);
    dlclose(library);
#define CHECK(name) assert_non_null(pq.name);
    PG_LIBRARY_FUNCTIONS(CHECK)
#undef CHECK
    assert_int_equal(pq.status(NULL), CONNECTION_BAD);
    str_fini(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_load)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
