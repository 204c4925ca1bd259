/* SPDX-License-Identifier: Apache-2.0 */
/* `bedrud`: picks the subcommand. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static const struct {
    const char *name, *help;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"run", "start the server", cli_run},
    {"user", "make, list and change accounts", cli_user},
    {"room", "make, list, change and look into rooms", cli_room},
    {"invite", "invite people to register", cli_invite},
    {"db", "look at the database, migrate, copy and restore it", cli_db},
    {"doctor", "look at what a server needs, and say what to do", cli_doctor},
    {"tls", "make a certificate for a test at home", cli_tls},
    {"token", "make access tokens (`token create`)", cli_token},
    {"completion", "write a script for the shell", cli_completion},
    {"version", "print version and build facts", cli_version},
};

#define COMMANDS (sizeof commands / sizeof commands[0])

static void help(FILE *out)
{
    fputs("bedrud: a self-hosted meeting server with end-to-end encryption\n\n"
          "usage: bedrud <command> [options]\n\n",
          out);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-12s%s\n", commands[i].name, commands[i].help);
    fputs("\n`bedrud <command> --help` tells more; see also bedrud(1).\n", out);
}

int main(int argc, char **argv)
{
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
                      strcmp(argv[1], "help") == 0)) {
        help(stdout);
        return 0;
    }
    if (argc >= 2 && strcmp(argv[1], "--version") == 0)
        return cli_version(1, argv + 1);
    for (size_t i = 0; argc >= 2 && i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    if (argc >= 2)
        fprintf(stderr, "bedrud: unknown command %s\n\n", argv[1]);
    help(stderr);
    return EXIT_USAGE;
}
