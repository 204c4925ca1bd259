/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of table-driven subcommands. */
#include "cli/command.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "server/config.h"

/* ---- help ---- */

static void print_name(FILE *out, const struct command *c)
{
    fprintf(out, "bedrud %s%s%s", c->group ? c->group : "", c->group ? " " : "", c->name);
}

static void print_line(FILE *out, const struct command *c)
{
    print_name(out, c);
    fprintf(out, "%s%s [options]\n", c->args ? " " : "", c->args ? c->args : "");
}

static void print_option(FILE *out, const char *name, const char *argument, const char *help)
{
    char left[64];

    snprintf(left, sizeof left, "%s%s%s", name, argument ? " " : "", argument ? argument : "");
    fprintf(out, "  %-24s %s\n", left, help);
}

static void print_command_help(FILE *out, const struct command *c)
{
    fputs("usage: ", out);
    print_line(out, c);
    fprintf(out, "\n%s\n\n", c->help);
    for (const struct command_option *o = c->options; o && o->name; o++)
        print_option(out, o->name, o->argument, o->help);
    print_option(out, "--json", NULL, "print JSON");
    fputs("  --config FILE, --data-dir DIR, and the other options of `bedrud run`\n", out);
}

static void print_group_help(FILE *out, const struct command *table)
{
    for (const struct command *c = table; c->name; c++) {
        fputs(c == table ? "usage: " : "       ", out);
        print_line(out, c);
    }
    fputs("\n", out);
    for (const struct command *c = table; c->name; c++)
        fprintf(out, "  %-10s %.*s\n", c->name, (int)strcspn(c->help, "\n"), c->help);
    fprintf(out, "\n`bedrud %s COMMAND --help` tells more.\n", table->group);
}

int command_fail(const struct command_call *c, int code, const char *text)
{
    print_name(stderr, c->command);
    fprintf(stderr, ": %s\n", text);
    return code;
}

const char *command_value(const struct command_call *c, const char *name)
{
    const struct command_option *o = c->command->options;

    for (unsigned i = 0; o && o[i].name; i++)
        if (strcmp(o[i].name, name) == 0)
            return c->values[i];
    assert(false && "an option of this command");
    return NULL;
}

/* ---- parsing ---- */

struct words {
    char **argv;
    int argc, at;
};

/* "--name value" and "--name=value". NULL, with a message, when the value is missing. */
static const char *take_value(struct words *w, const struct command_call *c)
{
    char *equals = strchr(w->argv[w->at], '=');

    if (equals)
        return equals + 1;
    if (w->at + 1 < w->argc)
        return w->argv[++w->at];
    print_name(stderr, c->command);
    fprintf(stderr, ": %s needs a value\n", w->argv[w->at]);
    return NULL;
}

static bool is_option(const char *word, const char *name)
{
    size_t size = strlen(name);

    return strncmp(word, name, size) == 0 && (!word[size] || word[size] == '=');
}

/* One of the command's own. 1: taken, 0: none of them, -1: wrong. */
static int take_own(struct words *w, struct command_call *c)
{
    const struct command_option *o = c->command->options;

    for (unsigned i = 0; o && o[i].name; i++) {
        if (!is_option(w->argv[w->at], o[i].name))
            continue;
        assert(i < COMMAND_OPTIONS);
        c->values[i] = o[i].argument ? take_value(w, c) : "";
        return c->values[i] ? 1 : -1;
    }
    return 0;
}

/* One of `bedrud run`: kept for config_load, which knows what may stand there. */
static int take_config(struct words *w, struct command_call *c)
{
    const char *flag, *argument, *help;

    for (unsigned i = 0; config_option(i, &flag, &argument, &help); i++) {
        if (!is_option(w->argv[w->at], flag) || c->config_argc + 2 > COMMAND_CONFIG_ARGS)
            continue;
        c->config_argv[c->config_argc++] = w->argv[w->at];
        if (argument && !strchr(w->argv[w->at], '=') && w->at + 1 < w->argc)
            c->config_argv[c->config_argc++] = w->argv[++w->at];
        return 1;
    }
    return 0;
}

static bool take_option(struct words *w, struct command_call *c)
{
    const char *word = w->argv[w->at];

    if (strcmp(word, "--json") == 0) {
        c->json = true;
        return true;
    }
    int taken = take_own(w, c);
    if (taken == 0)
        taken = take_config(w, c);
    if (taken > 0)
        return true;
    if (taken == 0) {
        print_name(stderr, c->command);
        fprintf(stderr, ": unknown option %s\n", word);
    }
    return false;
}

static bool parse(struct words *w, struct command_call *c)
{
    unsigned count = 0;

    for (; w->at < w->argc; w->at++) {
        const char *word = w->argv[w->at];
        if (word[0] == '-' && word[1]) {
            if (!take_option(w, c))
                return false;
        } else if (count < c->command->most) {
            c->args[count++] = word;
        } else {
            print_name(stderr, c->command);
            fprintf(stderr, ": %s is too much\n", word);
            return false;
        }
    }
    if (count < c->command->least) {
        print_name(stderr, c->command);
        fprintf(stderr, ": %s is missing\n", c->command->args);
    }
    return count >= c->command->least;
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct command_call c = {.command = command, .config_argv = {argv[0]}, .config_argc = 1};
    struct words w = {argv, argc, command->group ? 2 : 1};

    if (wants_help(argc, argv)) {
        print_command_help(stdout, command);
        return 0;
    }
    if (parse(&w, &c))
        return command->run(&c);
    fputs("usage: ", stderr);
    print_line(stderr, command);
    return EXIT_USAGE;
}

int command_main(const struct command *table, int argc, char **argv)
{
    if (!table->group)
        return run(table, argc, argv);
    for (const struct command *c = table; argc >= 2 && c->name; c++)
        if (strcmp(c->name, argv[1]) == 0)
            return run(c, argc, argv);
    if (wants_help(argc, argv)) {
        print_group_help(stdout, table);
        return 0;
    }
    if (argc >= 2)
        fprintf(stderr, "bedrud %s: unknown command %s\n", table->group, argv[1]);
    print_group_help(stderr, table);
    return EXIT_USAGE;
}
