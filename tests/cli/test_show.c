/* SPDX-License-Identifier: Apache-2.0 */
/* Answers as tables: aligned, and harmless for a terminal. */
#include "cli/show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const struct show_column columns[] = {
    {"NAME", "name"}, {"N", "inner.n"}, {"ON", "on"}, {"LIST", "list"}};

static struct str text(const char *json)
{
    struct str s;

    str_init(&s);
    str_append(&s, json);
    return s;
}

/* What `show` writes to standard output. */
static char *caught(bool (*show)(const struct str *json), const char *json, bool good)
{
    struct str s = text(json);
    char *out = calloc(1, 4096);
    FILE *f = tmpfile();
    int kept = dup(STDOUT_FILENO);

    fflush(stdout);
    dup2(fileno(f), STDOUT_FILENO);
    bool got = show(&s);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    assert_true(pread(fileno(f), out, 4095, 0) >= 0);
    fclose(f);
    str_fini(&s);
    assert_int_equal(got, good);
    return out;
}

static bool table(const struct str *json)
{
    return show_table(json, "rows", columns, 4);
}

static bool object(const struct str *json)
{
    return show_object(json, columns, 2);
}

static void expect(bool (*show)(const struct str *json), const char *json, bool good,
                   const char *wanted)
{
    char *out = caught(show, json, good);

    assert_string_equal(out, wanted);
    free(out);
}

static void aligns_columns(void **state)
{
    (void)state;
    expect(table,
           "{\"rows\":[{\"name\":\"\xc3\x84"
           "da\",\"inner\":{\"n\":12345},\"on\":true,"
           "\"list\":[\"a\",\"b\"]},{\"name\":\"a longer one\",\"on\":false,\"list\":[]}]}",
           true,
           "NAME          N      ON     LIST\n"
           "\xc3\x84"
           "da           12345  true   a,b\n"
           "a longer one  -      false  -\n");
    expect(table, "{\"rows\":[]}", true, "NAME  N  ON  LIST\n");
    expect(table, "{}", false, "");
    expect(table, "no JSON", false, "");
    expect(object, "{\"name\":\"x\",\"inner\":{\"n\":-1}}", true, "NAME  x\nN     -1\n");
    expect(object, "[]", false, "");
}

static void moves_no_cursor(void **state)
{
    (void)state;
    struct str out;

    str_init(&out);
    show_plain(&out, "a\x1b[2Jb\n\x7f\xc2\x9b"
                     "c\xc3\xa9");
    assert_string_equal(out.text, "a?[2Jb???c\xc3\xa9");
    str_clear(&out);
    show_quote(&out, "a\"b\\c\n");
    assert_string_equal(out.text, "\"a\\\"b\\\\c\\u000a\"");
    str_fini(&out);
}

static void picks_members(void **state)
{
    (void)state;
    struct str s = text(
        "{\"a\":\"x\",\"n\":1,\"list\":[{\"id\":\"1\",\"k\":\"v\"},{\"id\":\"2\",\"k\":\"w\"}]}");
    char *found = show_find(&s, "list", "k", "w", "id"), *a = show_get(&s, "a");

    assert_string_equal(found, "2");
    assert_string_equal(a, "x");
    assert_null(show_find(&s, "list", "k", "none", "id"));
    assert_null(show_find(&s, "none", "k", "w", "id"));
    assert_null(show_get(&s, "n"));
    free(found);
    free(a);
    str_fini(&s);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aligns_columns),
        cmocka_unit_test(moves_no_cursor),
        cmocka_unit_test(picks_members),
    };
    (void)argc;
    (void)argv;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
