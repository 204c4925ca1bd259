/* SPDX-License-Identifier: Apache-2.0 */
/* `bedrud user`: accounts. Who is meant is said by address or by id. */
#include "cli/user.h"

#include <stdlib.h>

#include "cli/ask.h"
#include "cli/cli.h"

/* ---- who is meant ---- */

static char *lower(struct ask *a, const char *text)
{
    char *out = arena_strdup(&a->arena, span_of_str(text));

    for (char *at = out; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    return out;
}

/* The id, in the arena; NULL with a message. */
static const char *find(struct ask *a)
{
    const char *who = lower(a, a->call->args[0]);

    if (!strchr(who, '@'))
        return ask_escape(a, a->call->args[0]);
    if (ask_api(a, "GET",
                arena_printf(&a->arena, "/admin/users?limit=100&q=%s", ask_escape(a, who)),
                NULL) != 0)
        return NULL;
    char *id = show_find(&a->answer, "users", "email", who, "id");
    const char *copy = id ? arena_strdup(&a->arena, span_of_str(id)) : NULL;
    free(id);
    if (!copy)
        str_printf(&a->message, "nobody has the address %s", who);
    return copy;
}

/* PUT /admin/users/<who>/<what> with this body. */
static int change(struct ask *a, const char *what, const char *body, const char *done)
{
    const char *id = find(a);

    if (!id)
        return 1;
    int code = ask_api(a, "PUT", arena_printf(&a->arena, "/admin/users/%s/%s", id, what), body);
    return code ? code : ask_say(a, done);
}

/* ---- the commands ---- */

static int create(struct ask *a)
{
    const char *email = a->call->args[0], *name = command_value(a->call, "--name");
    bool admin = command_value(a->call, "--admin") != NULL;
    const char *password = ask_password(a);

    if (!password)
        return 1;
    if (!name)
        name = arena_strdup(&a->arena, span_of(email, strcspn(email, "@")));
    const char *body = arena_printf(
        &a->arena, "{\"email\":%s,\"name\":%s,\"password\":%s,\"accesses\":[\"user\"%s]}",
        ask_quote(a, email), ask_quote(a, name), ask_quote(a, password),
        admin ? ",\"superadmin\"" : "");
    int code = ask_api(a, "POST", "/admin/users", body);
    return code ? code : ask_say(a, admin ? "The superadmin was made." : "The account was made.");
}

static int list(struct ask *a)
{
    static const struct show_column columns[] = {{"EMAIL", "email"},       {"NAME", "name"},
                                                 {"ACCESSES", "accesses"}, {"ACTIVE", "isActive"},
                                                 {"CREATED", "createdAt"}, {"ID", "id"}};
    const char *search = command_value(a->call, "--search");
    long page, limit;

    if (!ask_number(a, "--page", 1, 1000000, 1, &page) ||
        !ask_number(a, "--limit", 1, 100, 100, &limit))
        return EXIT_USAGE;
    int code = ask_api(a, "GET",
                       arena_printf(&a->arena, "/admin/users?page=%ld&limit=%ld&q=%s", page, limit,
                                    ask_escape(a, search ? search : "")),
                       NULL);
    return code ? code : ask_show(a, "users", columns, sizeof columns / sizeof columns[0]);
}

static int promote(struct ask *a)
{
    const char *role = command_value(a->call, "--role");

    return change(a, "accesses",
                  arena_printf(&a->arena, "{\"accesses\":[\"user\",%s]}",
                               ask_quote(a, role ? role : "superadmin")),
                  "Promoted.");
}

static int demote(struct ask *a)
{
    return change(a, "accesses", "{\"accesses\":[\"user\"]}", "Demoted to a user.");
}

static int password(struct ask *a)
{
    const char *text = ask_password(a);

    return text ? change(a, "password",
                         arena_printf(&a->arena, "{\"password\":%s}", ask_quote(a, text)),
                         "The password was changed; whoever was logged in is out.")
                : 1;
}

static int disable(struct ask *a)
{
    return change(a, "status", "{\"active\":false}", "Disabled, and out of every meeting.");
}

static int enable(struct ask *a)
{
    return change(a, "status", "{\"active\":true}", "Enabled.");
}

#define RUN(name)                                                                                  \
    static int run_##name(struct command_call *c)                                                  \
    {                                                                                              \
        return ask_run(c, name);                                                                   \
    }

RUN(create)
RUN(list)
RUN(promote)
RUN(demote)
RUN(password)
RUN(disable)
RUN(enable)

static const struct command_option create_options[] = {
    {"--name", "NAME", "shown to others; by default the address before its @"},
    {"--admin", NULL, "a superadmin"},
    {.name = NULL},
};

static const struct command_option list_options[] = {
    {"--search", "TEXT", "only whose name or address has it"},
    {"--page", "N", "which page; 1"},
    {"--limit", "N", "accounts on a page; 100"},
    {.name = NULL},
};

static const struct command_option promote_options[] = {
    {"--role", "ROLE", "superadmin (default), admin or moderator"},
    {.name = NULL},
};

const struct command user_commands[] = {
    {"user", "create", "EMAIL", 1, 1,
     "make an account\n\nThe password is asked for, or is the first line of standard input.",
     create_options, run_create},
    {"user", "list", NULL, 0, 0, "list accounts", list_options, run_list},
    {"user", "promote", "EMAIL|ID", 1, 1, "make somebody a superadmin, admin or moderator",
     promote_options, run_promote},
    {"user", "demote", "EMAIL|ID", 1, 1, "make somebody a user like others", NULL, run_demote},
    {"user", "password", "EMAIL|ID", 1, 1,
     "set a new password\n\nIt is asked for, or is the first line of standard input. Whoever was "
     "logged in is out.",
     NULL, run_password},
    {"user", "disable", "EMAIL|ID", 1, 1, "switch an account off", NULL, run_disable},
    {"user", "enable", "EMAIL|ID", 1, 1, "switch an account on again", NULL, run_enable},
    {.name = NULL},
};

int cli_user(int argc, char **argv)
{
    return command_main(user_commands, argc, argv);
}
