/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that speak to the API. */
#include "cli/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/cli.h"

#define PASSWORD_LINE 256

int ask_run(struct command_call *c, int (*work)(struct ask *a))
{
    struct ask a = {.call = c};

    str_init(&a.answer);
    str_init(&a.message);
    arena_init(&a.arena);
    log_set_level(LOG_ERROR);
    int code = remote_api_open(&a.remote, c->config_argc, c->config_argv, &a.message);
    if (code == 0)
        code = work(&a);
    if (a.message.size)
        command_fail(c, code, a.message.text);
    remote_api_close(&a.remote);
    str_fini(&a.answer);
    str_fini(&a.message);
    arena_fini(&a.arena);
    return code;
}

int ask_api(struct ask *a, const char *method, const char *target, const char *body)
{
    str_clear(&a->answer);
    return remote_api_ask(&a->remote, &(struct api_local){method, target, span_of_str(body)},
                          &a->answer, &a->message);
}

int ask_fail(struct ask *a, int code, const char *text)
{
    str_clear(&a->message);
    str_append(&a->message, text);
    return code;
}

const char *ask_escape(struct ask *a, const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    struct str out;

    str_init(&out);
    str_append(&out, "");
    for (; *text; text++) {
        if (strchr(plain, *text))
            str_append_char(&out, *text);
        else
            str_printf(&out, "%%%02X", (unsigned char)*text);
    }
    const char *copy = arena_strdup(&a->arena, str_span(&out));
    str_fini(&out);
    return copy;
}

const char *ask_quote(struct ask *a, const char *text)
{
    struct str out;

    str_init(&out);
    show_quote(&out, text);
    const char *copy = arena_strdup(&a->arena, str_span(&out));
    mem_wipe(out.text, out.size);
    str_fini(&out);
    return copy;
}

int ask_show(struct ask *a, const char *list, const struct show_column *columns, unsigned count)
{
    bool good = true;

    if (a->call->json)
        show_json(&a->answer);
    else if (list)
        good = show_table(&a->answer, list, columns, count);
    else
        good = show_object(&a->answer, columns, count);
    return good ? 0
                : ask_fail(a, 1,
                           "the answer cannot be read: the server may be of another "
                           "version");
}

int ask_say(struct ask *a, const char *text)
{
    if (a->call->json)
        show_json(&a->answer);
    else
        puts(text);
    return 0;
}

bool ask_number(struct ask *a, const char *option, long least, long most, long absent, long *out)
{
    const char *text = command_value(a->call, option);
    char *end = NULL;

    *out = text ? strtol(text, &end, 10) : absent;
    if (!text || (text[0] && !*end && *out >= least && *out <= most))
        return true;
    str_printf(&a->message, "%s: expected a number from %ld to %ld", option, least, most);
    return false;
}

/* ---- passwords ---- */

static bool read_line(FILE *f, char line[PASSWORD_LINE])
{
    bool got = fgets(line, PASSWORD_LINE, f) != NULL;

    line[got ? strcspn(line, "\r\n") : 0] = 0;
    return got && line[0];
}

static bool read_hidden(FILE *terminal, const char *prompt, char line[PASSWORD_LINE])
{
    struct termios before, hidden;
    int fd = fileno(terminal);

    if (tcgetattr(fd, &before) != 0)
        return false;
    hidden = before;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    fputs(prompt, terminal);
    fflush(terminal);
    (void)tcsetattr(fd, TCSAFLUSH, &hidden);
    bool got = read_line(terminal, line);
    (void)tcsetattr(fd, TCSAFLUSH, &before);
    fputs("\n", terminal);
    return got;
}

static const char *ask_twice(struct ask *a, FILE *terminal)
{
    char first[PASSWORD_LINE], again[PASSWORD_LINE];
    const char *copy = NULL;

    if (!read_hidden(terminal, "Password: ", first) || !read_hidden(terminal, "Once more: ", again))
        ask_fail(a, 1, "no password was given");
    else if (strcmp(first, again) != 0)
        ask_fail(a, 1, "the two passwords differ");
    else
        copy = arena_strdup(&a->arena, span_of_str(first));
    mem_wipe(first, sizeof first);
    mem_wipe(again, sizeof again);
    return copy;
}

const char *ask_password(struct ask *a)
{
    char line[PASSWORD_LINE];
    const char *copy = NULL;

    if (isatty(STDIN_FILENO)) {
        FILE *terminal = fopen("/dev/tty", "r+e");
        if (terminal) {
            copy = ask_twice(a, terminal);
            fclose(terminal);
            return copy;
        }
    }
    if (read_line(stdin, line))
        copy = arena_strdup(&a->arena, span_of_str(line));
    else
        ask_fail(a, 1, "no password came: write one to standard input");
    mem_wipe(line, sizeof line);
    return copy;
}
