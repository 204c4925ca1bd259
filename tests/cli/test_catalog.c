/* SPDX-License-Identifier: Apache-2.0 */
/* The list of commands: whole, each once, and each known to the program. */
#include "cli/catalog.h"

#include "child.h"

static void lists_each_command_once(void **state)
{
    (void)state;
    const struct command *c, *other;

    for (unsigned n = 0; (c = catalog_nth(n)) != NULL; n++) {
        assert_true(strlen(c->help) > 0);
        assert_true(c->least <= c->most && c->most <= COMMAND_ARGS);
        for (unsigned m = 0; m < n; m++) {
            other = catalog_nth(m);
            bool same_group =
                !c->group == !other->group && (!c->group || strcmp(c->group, other->group) == 0);
            assert_false(same_group && strcmp(c->name, other->name) == 0);
        }
    }
}

/* With --help each tells of itself. */
static void lists_what_there_is(void **state)
{
    (void)state;
    const struct command *c;

    for (unsigned n = 0; (c = catalog_nth(n)) != NULL; n++) {
        const char *args[] = {c->group ? c->group : c->name, c->group ? c->name : "--help",
                              c->group ? "--help" : NULL, NULL};
        struct str out, err;
        if (child_run(args, &out, &err) != 0 || !strstr(out.text, "usage: bedrud "))
            fail_msg("%s %s: %s%s", args[0], args[1], out.text, err.text);
        for (const struct command_option *o = c->options; o && o->name; o++)
            if (!strstr(out.text, o->name))
                fail_msg("%s %s does not tell of %s", args[0], args[1], o->name);
        str_fini(&out);
        str_fini(&err);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_each_command_once),
        cmocka_unit_test(lists_what_there_is),
    };
    return child_take_path(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
