/* SPDX-License-Identifier: Apache-2.0 */
/* `bedrud invite`: invitations to register. */
#include "cli/invite.h"

#include <stdlib.h>

#include "cli/ask.h"
#include "cli/cli.h"

static int create(struct ask *a)
{
    static const struct show_column lines[] = {
        {"token", "token"}, {"for", "email"}, {"until", "expiresAt"}, {"id", "id"}};
    const char *email = a->call->args[0];
    long hours;

    if (!ask_number(a, "--hours", 1, 720, 72, &hours))
        return EXIT_USAGE;
    int code = ask_api(a, "POST", "/admin/invite-tokens",
                       arena_printf(&a->arena, "{\"email\":%s,\"expiresInHours\":%ld}",
                                    ask_quote(a, email ? email : ""), hours));
    return code ? code : ask_show(a, NULL, lines, sizeof lines / sizeof lines[0]);
}

static int list(struct ask *a)
{
    static const struct show_column columns[] = {{"TOKEN", "token"},
                                                 {"FOR", "email"},
                                                 {"USED", "used"},
                                                 {"UNTIL", "expiresAt"},
                                                 {"ID", "id"}};
    int code = ask_api(a, "GET", "/admin/invite-tokens?limit=100", NULL);

    return code ? code : ask_show(a, "tokens", columns, sizeof columns / sizeof columns[0]);
}

/* By the token as well, which is what people have at hand. */
static int revoke(struct ask *a)
{
    int code = ask_api(a, "GET", "/admin/invite-tokens?limit=100", NULL);

    if (code)
        return code;
    char *id = show_find(&a->answer, "tokens", "token", a->call->args[0], "id");
    const char *target = arena_printf(&a->arena, "/admin/invite-tokens/%s",
                                      ask_escape(a, id ? id : a->call->args[0]));
    free(id);
    code = ask_api(a, "DELETE", target, NULL);
    return code ? code : ask_say(a, "Revoked.");
}

static int run_create(struct command_call *c)
{
    return ask_run(c, create);
}

static int run_list(struct command_call *c)
{
    return ask_run(c, list);
}

static int run_revoke(struct command_call *c)
{
    return ask_run(c, revoke);
}

static const struct command_option create_options[] = {
    {"--hours", "N", "how long it may be used; 72, at most 720"},
    {.name = NULL},
};

const struct command invite_commands[] = {
    {"invite", "create", "[EMAIL]", 0, 1,
     "make an invitation, for anybody or for one address\n\nWhoever registers gives its token; it "
     "is "
     "good for one account.",
     create_options, run_create},
    {"invite", "list", NULL, 0, 0, "list invitations", NULL, run_list},
    {"invite", "revoke", "TOKEN|ID", 1, 1, "make an invitation worthless", NULL, run_revoke},
    {.name = NULL},
};

int cli_invite(int argc, char **argv)
{
    return command_main(invite_commands, argc, argv);
}
