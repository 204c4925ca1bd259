/* SPDX-License-Identifier: Apache-2.0 */
/* `bedrud completion`: scripts for bash, zsh and fish, written from the tables of commands, so that
 * they know what this very program knows. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/catalog.h"
#include "cli/cli.h"
#include "server/config.h"

/* ---- words ---- */

static bool is_first_of_group(unsigned n)
{
    const struct command *c = catalog_nth(n), *before = n ? catalog_nth(n - 1) : NULL;

    return !c->group || !before || !before->group || strcmp(before->group, c->group) != 0;
}

static const char *first_word(const struct command *c)
{
    return c->group ? c->group : c->name;
}

/* Calls `each` with every option of a command, those of `bedrud run` among them. */
static void each_option(const struct command *c, struct str *out,
                        void (*each)(struct str *out, const struct command *c, const char *name,
                                     const char *argument, const char *help))
{
    const char *flag, *argument, *help;

    for (const struct command_option *o = c->options; o && o->name; o++)
        each(out, c, o->name, o->argument, o->help);
    each(out, c, "--json", NULL, "print JSON");
    each(out, c, "--help", NULL, "tell more");
    for (unsigned i = 0; config_option(i, &flag, &argument, &help); i++)
        each(out, c, flag, argument, help);
}

static void add_name(struct str *out, const struct command *c, const char *name,
                     const char *argument, const char *help)
{
    (void)c;
    (void)argument;
    (void)help;
    str_printf(out, " %s", name);
}

static bool is_file(const char *argument)
{
    return argument && (strncmp(argument, "FILE", 4) == 0 || strcmp(argument, "DIR") == 0);
}

/* ---- bash, and zsh by its own emulation of it ---- */

/* "db|tls) words='status migrate';;" for the second word, and the options for what follows. */
static void write_cases(struct str *out)
{
    const struct command *c;

    str_append(out, "  case \"$command $sub\" in\n");
    for (unsigned n = 0; (c = catalog_nth(n)) != NULL; n++) {
        str_printf(out, "    '%s %s') words='", first_word(c), c->group ? c->name : "");
        each_option(c, out, add_name);
        str_append(out, "';;\n");
    }
    str_append(out, "  esac\n");
}

static void write_first_words(struct str *out)
{
    const struct command *c;

    for (unsigned n = 0; (c = catalog_nth(n)) != NULL; n++)
        if (is_first_of_group(n))
            str_printf(out, " %s", first_word(c));
}

static void write_second_words(struct str *out)
{
    const struct command *c;

    str_append(out, "    case \"$command\" in\n");
    for (unsigned n = 0; (c = catalog_nth(n)) != NULL; n++) {
        if (!c->group)
            continue;
        if (is_first_of_group(n))
            str_printf(out, "      %s) words='", c->group);
        str_printf(out, " %s", c->name);
        const struct command *next = catalog_nth(n + 1);
        if (!next || is_first_of_group(n + 1))
            str_append(out, "';;\n");
    }
    str_append(out, "    esac\n");
}

static void write_bash(struct str *out)
{
    str_append(out, "_bedrud() {\n"
                    "  local command=\"${COMP_WORDS[1]}\" sub='' words='' at=2\n"
                    "  local now=\"${COMP_WORDS[COMP_CWORD]}\"\n"
                    "  case \"$command\" in\n    ");
    const struct command *c;
    const char *bar = "";
    for (unsigned n = 0; (c = catalog_nth(n)) != NULL; n++) {
        if (!c->group || !is_first_of_group(n))
            continue;
        str_printf(out, "%s%s", bar, c->group);
        bar = "|";
    }
    str_append(out, ") sub=\"${COMP_WORDS[2]}\"; at=3;;\n  esac\n"
                    "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    words='");
    write_first_words(out);
    str_append(out, "'\n  elif [ \"$COMP_CWORD\" -lt \"$at\" ]; then\n");
    write_second_words(out);
    str_append(out, "  else\n");
    write_cases(out);
    str_append(out, "  fi\n"
                    "  COMPREPLY=($(compgen -W \"$words\" -- \"$now\"))\n"
                    "}\n"
                    "complete -o default -F _bedrud bedrud\n");
}

static void write_zsh(struct str *out)
{
    str_append(out, "#compdef bedrud\n"
                    "autoload -Uz bashcompinit && bashcompinit\n");
    write_bash(out);
}

/* ---- fish ---- */

static void quote(struct str *out, const char *text)
{
    str_append_char(out, '\'');
    for (; *text && *text != '\n'; text++) {
        if (*text == '\'' || *text == '\\')
            str_append_char(out, '\\');
        str_append_char(out, *text);
    }
    str_append_char(out, '\'');
}

static void write_fish_option(struct str *out, const struct command *c, const char *name,
                              const char *argument, const char *help)
{
    str_printf(out, "complete -c bedrud -n '__fish_seen_subcommand_from %s", first_word(c));
    if (c->group)
        str_printf(out, "; and __fish_seen_subcommand_from %s", c->name);
    str_printf(out, "' -l %s%s -d ", name + 2,
               is_file(argument) ? " -r -F"
               : argument        ? " -x"
                                 : "");
    quote(out, help);
    str_append_char(out, '\n');
}

static void write_fish(struct str *out)
{
    const struct command *c;

    str_append(out, "complete -c bedrud -f\n");
    for (unsigned n = 0; (c = catalog_nth(n)) != NULL; n++) {
        if (is_first_of_group(n)) {
            str_printf(out, "complete -c bedrud -n __fish_use_subcommand -a %s -d ", first_word(c));
            quote(out, c->group ? "" : c->help);
            str_append_char(out, '\n');
        }
        if (c->group) {
            str_printf(out, "complete -c bedrud -n '__fish_seen_subcommand_from %s' -a %s -d ",
                       c->group, c->name);
            quote(out, c->help);
            str_append_char(out, '\n');
        }
        each_option(c, out, write_fish_option);
    }
}

/* ---- the command ---- */

static int run_completion(struct command_call *c)
{
    static const struct {
        const char *shell;
        void (*write)(struct str *out);
    } shells[] = {{"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}};
    struct str out;

    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shells[i].shell, c->args[0]) != 0)
            continue;
        str_init(&out);
        shells[i].write(&out);
        fputs(out.text, stdout);
        str_fini(&out);
        return 0;
    }
    return command_fail(c, EXIT_USAGE, "expected bash, zsh or fish");
}

const struct command completion_commands[] = {
    {NULL, "completion", "bash|zsh|fish", 1, 1,
     "write a script that completes commands and options\n\n"
     "bash:  source <(bedrud completion bash)\n"
     "zsh:   source <(bedrud completion zsh)\n"
     "fish:  bedrud completion fish > ~/.config/fish/completions/bedrud.fish",
     NULL, run_completion},
    {.name = NULL},
};

int cli_completion(int argc, char **argv)
{
    return command_main(completion_commands, argc, argv);
}
