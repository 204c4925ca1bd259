/* SPDX-License-Identifier: Apache-2.0 */
/* Subcommands as tables: one entry names arguments and options of a command, and parsing, help and
 * shell completion follow from it. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>

#define COMMAND_ARGS 3
#define COMMAND_OPTIONS 12
#define COMMAND_CONFIG_ARGS 32

struct command_option {
    const char *name;     /* "--name"; NULL ends a list */
    const char *argument; /* NULL: a switch */
    const char *help;
};

struct command_call {
    const struct command *command;
    const char *args[COMMAND_ARGS]; /* NULL: not given */
    const char
        *values[COMMAND_OPTIONS]; /* as the command's options; of a switch ""; NULL: absent */
    bool json;
    /* what goes to config_load: the options of `bedrud run` */
    char *config_argv[COMMAND_CONFIG_ARGS];
    int config_argc;
};

struct command {
    const char *group; /* "user"; NULL: the command stands alone */
    const char *name;  /* "create"; NULL ends a table */
    const char *args;  /* as the help shows them: "EMAIL" */
    unsigned least, most;
    const char *help; /* one line; what comes after a line break is told by its own help only */
    const struct command_option *options; /* NULL: none */
    int (*run)(struct command_call *c);   /* gives the exit code; NULL: it reads its own argv */
};

/* Parses and runs one of a table's commands; argv[0] is the group, or the command that stands
 * alone. The exit code. Options of `bedrud run` are understood by each. */
int command_main(const struct command *table, int argc, char **argv);
/* The option's value by its name, which the command must have; NULL when not given. */
const char *command_value(const struct command_call *c, const char *name);
/* "bedrud user create: " and the text, on standard error. Returns `code`. */
int command_fail(const struct command_call *c, int code, const char *text);

#endif
