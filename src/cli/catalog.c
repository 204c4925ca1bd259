/* SPDX-License-Identifier: Apache-2.0 */
/* The list of tables. Commands that read their own arguments are described here. */
#include "cli/catalog.h"

#include <stddef.h>

#include "cli/db.h"
#include "cli/doctor.h"
#include "cli/invite.h"
#include "cli/room.h"
#include "cli/tls.h"
#include "cli/user.h"

static const struct command_option run_options[] = {
    {"--print-config", NULL, "show every value with its source and end"},
    {.name = NULL},
};

static const struct command_option token_options[] = {
    {"--room", "ROOM", "which room"},
    {"--identity", "IDENTITY", "who"},
    {"--name", "NAME", "display name"},
    {"--ttl", "TIME", "how long it may be used to join"},
    {"--grant", "GRANT", "a right that is added or taken away"},
    {.name = NULL},
};

static const struct command own[] = {
    {NULL, "run", NULL, 0, 0, "start the server", run_options, NULL},
    {"token", "create", NULL, 0, 0, "make an access token", token_options, NULL},
    {NULL, "version", NULL, 0, 0, "print version and build facts", NULL, NULL},
    {.name = NULL},
};

static const struct command *const tables[] = {
    own,         user_commands, room_commands,   invite_commands,
    db_commands, tls_commands,  doctor_commands, completion_commands,
};

const struct command *catalog_nth(unsigned n)
{
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        for (const struct command *c = tables[t]; c->name; c++)
            if (n-- == 0)
                return c;
    return NULL;
}
