/* SPDX-License-Identifier: Apache-2.0 */
/* What commands that speak to the API have in common: a call from beginning to end, bodies and
 * paths put together, and a password asked for. */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include "cli/command.h"
#include "cli/remote_api.h"
#include "cli/show.h"

/* One command's work. `answer` holds what the API said last, `message` what went wrong. */
struct ask {
    struct command_call *call;
    struct remote_api remote;
    struct str answer, message;
    struct arena arena;
};

/* Opens, works, says what went wrong, closes. The exit code. */
int ask_run(struct command_call *c, int (*work)(struct ask *a));
/* 0, or an exit code with a->message. */
int ask_api(struct ask *a, const char *method, const char *target, const char *body);
/* Keeps the message and returns the code. */
int ask_fail(struct ask *a, int code, const char *text);
/* Percent-encoded, in the arena. */
const char *ask_escape(struct ask *a, const char *text);
/* As a JSON string with its quotes, in the arena. */
const char *ask_quote(struct ask *a, const char *text);
/* The answer as it is, or as a table of its member `list` (NULL: as an object). */
int ask_show(struct ask *a, const char *list, const struct show_column *columns, unsigned count);
/* "Done." for people; the answer for scripts. */
int ask_say(struct ask *a, const char *text);
/* A number option; `absent` when it is not given. False, with a message, when it is none from
 * `least` to `most`. */
bool ask_number(struct ask *a, const char *option, long least, long most, long absent, long *out);
/* Asked for twice on a terminal, without showing it; else the first line of standard input. In the
 * arena; NULL with a message. */
const char *ask_password(struct ask *a);

#endif
