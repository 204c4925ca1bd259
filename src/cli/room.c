/* SPDX-License-Identifier: Apache-2.0 */
/* `bedrud room`: rooms that the store knows, and a look into those that are live, whoever made
 * them. */
#include "cli/room.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/live.h"
#include "cli/remote.h"

/* ---- which room ---- */

static int look_for(struct ask *a, const char *state)
{
    return ask_api(a, "GET",
                   arena_printf(&a->arena, "/admin/rooms?limit=100&status=%s&q=%s", state,
                                ask_escape(a, a->call->args[0])),
                   NULL);
}

static const char *keep(struct ask *a, char *text)
{
    const char *copy = text ? arena_strdup(&a->arena, span_of_str(text)) : NULL;

    free(text);
    return copy;
}

/* The id of the room of that name: of the active one, else of one that is suspended. */
static int find(struct ask *a, const char **id)
{
    static const char *const states[] = {"active", "suspended"};
    int code = 0;

    *id = NULL;
    for (size_t i = 0; i < 2 && !*id && code == 0; i++) {
        code = look_for(a, states[i]);
        if (code == 0)
            *id = keep(a, show_find(&a->answer, "rooms", "name", a->call->args[0], "id"));
    }
    return code;
}

static int must_find(struct ask *a, const char **id)
{
    int code = find(a, id);

    if (code == 0 && !*id) {
        str_printf(&a->message, "there is no room %s", a->call->args[0]);
        return 1;
    }
    return code;
}

/* ---- list ---- */

static int list(struct ask *a)
{
    static const struct show_column columns[] = {{"NAME", "name"},
                                                 {"MODE", "mode"},
                                                 {"PUBLIC", "isPublic"},
                                                 {"E2EE", "settings.e2ee"},
                                                 {"INSIDE", "participantsCount"},
                                                 {"OWNER", "ownerEmail"},
                                                 {"EXPIRES", "expiresAt"}};
    const char *state = command_value(a->call, "--state");
    long page;

    if (!ask_number(a, "--page", 1, 1000000, 1, &page))
        return EXIT_USAGE;
    int code = ask_api(a, "GET",
                       arena_printf(&a->arena, "/admin/rooms?limit=100&page=%ld&status=%s", page,
                                    ask_escape(a, state ? state : "active")),
                       NULL);
    return code ? code : ask_show(a, "rooms", columns, sizeof columns / sizeof columns[0]);
}

/* Whatever somebody is in, also what only holders of the API key know. */
static int list_live(struct command_call *c)
{
    struct str json, message;

    str_init(&json);
    str_init(&message);
    int code = live_show(&(struct live){.json = c->json ? &json : NULL}, c->config_argc,
                         c->config_argv, &message);
    if (code)
        command_fail(c, code, message.text);
    else if (c->json)
        show_json(&json);
    str_fini(&json);
    str_fini(&message);
    return code;
}

/* ---- info ---- */

static const struct show_column stored_lines[] = {
    {"room", "name"},
    {"id", "id"},
    {"mode", "mode"},
    {"active", "isActive"},
    {"public", "isPublic"},
    {"most people", "maxParticipants"},
    {"created by", "createdBy"},
    {"created", "createdAt"},
    {"expires", "expiresAt"},
    {"E2EE", "settings.e2ee"},
    {"chat", "settings.allowChat"},
    {"video", "settings.allowVideo"},
    {"audio", "settings.allowAudio"},
    {"approval", "settings.requireApproval"},
    {"persistent", "settings.isPersistent"},
};

/* What the store says of it, as an object of JSON; "null" when it does not know it. */
static int read_stored(struct ask *a, struct str *out)
{
    const char *id;
    int code = find(a, &id);

    str_clear(out);
    if (code == 0 && id)
        show_pick(&a->answer, "rooms", "id", id, out);
    else
        str_append(out, "null");
    return code;
}

/* The live part: text is printed at once. *there says whether it is live. */
static int read_live(struct ask *a, struct str *json, bool *there)
{
    const struct command_call *c = a->call;

    str_append(json, "");
    *there = false;
    if (!a->remote.running && !a->remote.config.listen_given) {
        str_append(json, "null");
        return 0;
    }
    int code = live_show(&(struct live){.room = c->args[0], .json = c->json ? json : NULL},
                         c->config_argc, (char **)(uintptr_t)c->config_argv, &a->message);
    *there = code == 0;
    if (code == REMOTE_ABSENT) {
        str_clear(&a->message);
        str_append(json, "null");
        code = 0;
    }
    return code;
}

static int print_info(struct ask *a, const struct str *stored, struct str *live)
{
    bool known = strcmp(stored->text, "null") != 0, there;

    if (known && !a->call->json)
        show_object(stored, stored_lines, sizeof stored_lines / sizeof stored_lines[0]);
    if (known && !a->call->json)
        puts("");
    int code = read_live(a, live, &there);
    if (code)
        return code;
    if (!known && !there) {
        str_printf(&a->message, "there is no room %s", a->call->args[0]);
        return 1;
    }
    if (a->call->json)
        printf("{\"stored\":%s,\"live\":%s}\n", stored->text, live->text);
    else if (!there)
        puts("Nobody is inside.");
    return 0;
}

static int info(struct ask *a)
{
    struct str stored, live;

    str_init(&stored);
    str_init(&live);
    int code = read_stored(a, &stored);
    if (code == 0)
        code = print_info(a, &stored, &live);
    str_fini(&stored);
    str_fini(&live);
    return code;
}

/* ---- create and set ---- */

/* The switches of both: option, member of "settings". */
static const struct {
    const char *option, *member;
} switches[] = {{"--chat", "allowChat"},
                {"--video", "allowVideo"},
                {"--audio", "allowAudio"},
                {"--approval", "requireApproval"},
                {"--persistent", "isPersistent"}};

/* 1: on, 0: off, -1: not given, -2: neither, with a message. */
static int read_switch(struct ask *a, const char *option)
{
    const char *text = command_value(a->call, option);

    if (!text)
        return -1;
    if (strcmp(text, "on") == 0 || strcmp(text, "off") == 0)
        return text[1] == 'n';
    str_printf(&a->message, "%s: expected on or off", option);
    return -2;
}

/* The body's members; false with a message. */
static bool write_body(struct ask *a, struct str *out)
{
    int e2ee = read_switch(a, "--e2ee"), open = read_switch(a, "--public");
    const char *comma = "";
    long most;

    if (e2ee == -2 || open == -2 || !ask_number(a, "--max", 0, 100000, -1, &most))
        return false;
    if (open >= 0)
        str_printf(out, "\"isPublic\":%s,", open ? "true" : "false");
    if (most >= 0)
        str_printf(out, "\"maxParticipants\":%ld,", most);
    if (e2ee == 0)
        str_append(out, "\"disableE2ee\":true,");
    str_append(out, "\"settings\":{");
    if (e2ee == 1) {
        str_append(out, "\"e2ee\":true");
        comma = ",";
    }
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
        int on = read_switch(a, switches[i].option);
        if (on == -2)
            return false;
        if (on == -1)
            continue;
        str_printf(out, "%s\"%s\":%s", comma, switches[i].member, on ? "true" : "false");
        comma = ",";
    }
    str_append(out, "}");
    return true;
}

/* Asks with that body, and shows the room that comes back. */
static int send_body(struct ask *a, const char *method, const char *target, const char *first)
{
    struct str body;
    int code = EXIT_USAGE;

    str_init(&body);
    str_printf(&body, "{%s", first);
    if (write_body(a, &body)) {
        str_append(&body, "}");
        code = ask_api(a, method, target, body.text);
        if (code == 0)
            code = ask_show(a, NULL, stored_lines, sizeof stored_lines / sizeof stored_lines[0]);
    }
    str_fini(&body);
    return code;
}

static int create(struct ask *a)
{
    const char *name = a->call->args[0], *mode = command_value(a->call, "--mode"), *first = "";

    if (name)
        first = arena_printf(&a->arena, "\"name\":%s,", ask_quote(a, name));
    if (mode)
        first = arena_printf(&a->arena, "%s\"mode\":%s,", first, ask_quote(a, mode));
    return send_body(a, "POST", "/room/create", first);
}

static int set(struct ask *a)
{
    const char *id;
    int code = must_find(a, &id);

    return code ? code : send_body(a, "PUT", arena_printf(&a->arena, "/room/%s/settings", id), "");
}

/* ---- the end of a meeting, and of a room ---- */

static int end(struct ask *a)
{
    const char *id;
    int code = must_find(a, &id);

    if (code == 0)
        code = ask_api(a, "POST", arena_printf(&a->arena, "/room/%s/end", id), NULL);
    return code ? code : ask_say(a, "The meeting has ended for all.");
}

static int archive(struct ask *a)
{
    const char *id;
    int code = must_find(a, &id);

    if (code == 0)
        code = ask_api(a, "DELETE", arena_printf(&a->arena, "/room/%s", id), NULL);
    return code ? code : ask_say(a, "The room was archived.");
}

static int run_list(struct command_call *c)
{
    return command_value(c, "--live") ? list_live(c) : ask_run(c, list);
}

#define RUN(name)                                                                                  \
    static int run_##name(struct command_call *c)                                                  \
    {                                                                                              \
        return ask_run(c, name);                                                                   \
    }

RUN(info)
RUN(create)
RUN(set)
RUN(end)
RUN(archive)

static const struct command_option list_options[] = {
    {"--live", NULL, "the rooms in which somebody is now, also those that others made by API key"},
    {"--state", "STATE", "active (default), suspended or archived"},
    {"--page", "N", "which page of 100; 1"},
    {.name = NULL},
};

#define SETTINGS                                                                                   \
    {"--e2ee", "on|off", "end-to-end encryption; off ends a meeting that goes on"},                \
        {"--public", "on|off", "whether all may come, or only those who were let in"},             \
        {"--max", "N", "people at a time; 0: no bound"},                                           \
        {"--chat", "on|off", "messages of participants"},                                          \
        {"--video", "on|off", "cameras of participants"},                                          \
        {"--audio", "on|off", "microphones of participants"},                                      \
        {"--approval", "on|off", "a moderator lets people in"},                                    \
    {                                                                                              \
        "--persistent", "on|off", "never archived for lack of use"                                 \
    }

static const struct command_option create_options[] = {
    {"--mode", "MODE", "standard (default), webinar or broadcast"}, SETTINGS, {.name = NULL}};

static const struct command_option set_options[] = {SETTINGS, {.name = NULL}};

const struct command room_commands[] = {
    {"room", "list", NULL, 0, 0, "list rooms", list_options, run_list},
    {"room", "info", "ROOM", 1, 1,
     "look into a room\n\nIts settings, who is inside, what they send and how it is encrypted, and "
     "what an encrypted\nroom did not take.",
     NULL, run_info},
    {"room", "create", "[NAME]", 0, 1, "make a room", create_options, run_create},
    {"room", "set", "ROOM", 1, 1, "change a room's settings, also for those inside", set_options,
     run_set},
    {"room", "end", "ROOM", 1, 1, "end the meeting for all; the room stays", NULL, run_end},
    {"room", "archive", "ROOM", 1, 1, "end the meeting and archive the room", NULL, run_archive},
    {.name = NULL},
};

int cli_room(int argc, char **argv)
{
    return command_main(room_commands, argc, argv);
}
