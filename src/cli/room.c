/* SPDX-License-Identifier: Apache-2.0 */
/* `bedrud room list`, `bedrud room info`: the rooms of the server that runs on this machine. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/remote.h"
#include "wire/signal.h"

#define CONFIG_ARGS 16

static const char usage[] =
    "usage: bedrud room list [options]\n"
    "       bedrud room info ROOM [options]\n\n"
    "Rooms of the server that runs on this machine: who is there, what they send, whether it is\n"
    "encrypted, and what an encrypted room did not take.\n\n"
    "  --json             the same as JSON\n"
    "  --config FILE, --data-dir DIR, --listen ADDR:PORT, --tls-cert FILE, --tls-key FILE, --dev\n"
    "                     as given to `bedrud run`\n";

struct request {
    const char *room; /* NULL: all */
    bool json;
    char *config_args[CONFIG_ARGS]; /* what goes to config_load */
    int config_argc;
};

/* ---- words ---- */

static const char *word(const char *const *words, size_t count, int value)
{
    return value >= 0 && (size_t)value < count ? words[value] : "unknown";
}

#define WORD(value, ...)                                                                           \
    word((const char *const[]){__VA_ARGS__},                                                       \
         sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), (int)(value))

static const char *state_word(const Livekit__ParticipantInfo *p)
{
    return WORD(p->state, "joining", "joined", "active", "disconnected");
}

static const char *kind_word(const Livekit__TrackInfo *t)
{
    return WORD(t->type, "audio", "video", "data");
}

static const char *source_word(const Livekit__TrackInfo *t)
{
    return WORD(t->source, "unknown", "camera", "microphone", "screen_share", "screen_share_audio");
}

static const char *encryption_word(const Livekit__TrackInfo *t)
{
    return WORD(t->encryption, "none", "gcm", "custom");
}

/* ---- text ---- */

/* Names come from people: what could move a terminal's cursor does not reach it. */
static const char *plain(const char *text, struct str *out)
{
    str_clear(out);
    str_append(out, "");
    for (; *text; text++)
        str_append_char(out, (unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
    return out->text;
}

static uint64_t refusals(const Bedrud__RoomState *s)
{
    return s->refused_clear_tracks + s->refused_clear_data + s->refused_short_frames;
}

static void print_list(const Bedrud__RoomsResponse *all)
{
    struct str name;

    str_init(&name);
    if (all->n_rooms == 0)
        puts("There are no rooms.");
    else
        printf("%-32s %6s %10s %-10s %7s\n", "ROOM", "PEOPLE", "PUBLISHERS", "ENCRYPTION",
               "REFUSED");
    for (size_t i = 0; i < all->n_rooms; i++) {
        const Bedrud__RoomState *s = all->rooms[i];
        printf("%-32s %6u %10u %-10s %7llu\n", plain(s->room->name, &name),
               s->room->num_participants, s->room->num_publishers, s->e2ee ? "on" : "off",
               (unsigned long long)refusals(s));
    }
    str_fini(&name);
}

static void print_people(const Bedrud__RoomState *s)
{
    struct str name;

    str_init(&name);
    for (size_t i = 0; i < s->n_participants; i++) {
        const Livekit__ParticipantInfo *p = s->participants[i];
        printf("\n%s, %s", plain(p->identity, &name), state_word(p));
        if (p->permission && p->permission->hidden)
            printf(", hidden");
        putchar('\n');
        for (size_t k = 0; k < p->n_tracks; k++) {
            const Livekit__TrackInfo *t = p->tracks[k];
            printf("  %-16s %-5s %-18s %-10s encryption %s%s\n", t->sid, kind_word(t),
                   source_word(t), t->mime_type, encryption_word(t), t->muted ? ", muted" : "");
        }
    }
    str_fini(&name);
}

static void print_info(const Bedrud__RoomState *s)
{
    char since[32] = "";
    time_t at = (time_t)s->room->creation_time;
    struct tm tm;
    struct str name;

    str_init(&name);
    if (gmtime_r(&at, &tm))
        strftime(since, sizeof since, "%Y-%m-%dT%H:%M:%SZ", &tm);
    printf("room         %s\nsid          %s\nsince        %s\nencryption   %s\n",
           plain(s->room->name, &name), s->room->sid, since, s->e2ee ? "on" : "off");
    printf("refused      %llu clear tracks, %llu clear packets, %llu short frames\n",
           (unsigned long long)s->refused_clear_tracks, (unsigned long long)s->refused_clear_data,
           (unsigned long long)s->refused_short_frames);
    printf("people       %zu\n", s->n_participants);
    print_people(s);
    str_fini(&name);
}

/* ---- JSON ---- */

static void json_text(struct str *out, const char *text)
{
    str_append_char(out, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            str_printf(out, "\\%c", c);
        else if (c < 0x20)
            str_printf(out, "\\u%04x", c);
        else
            str_append_char(out, (char)c);
    }
    str_append_char(out, '"');
}

static void json_member(struct str *out, const char *name, const char *text)
{
    str_printf(out, "\"%s\":", name);
    json_text(out, text);
    str_append_char(out, ',');
}

static void json_track(struct str *out, const Livekit__TrackInfo *t)
{
    str_append_char(out, '{');
    json_member(out, "sid", t->sid);
    json_member(out, "name", t->name);
    json_member(out, "kind", kind_word(t));
    json_member(out, "source", source_word(t));
    json_member(out, "codec", t->mime_type);
    json_member(out, "encryption", encryption_word(t));
    str_printf(out, "\"muted\":%s}", t->muted ? "true" : "false");
}

static void json_person(struct str *out, const Livekit__ParticipantInfo *p)
{
    str_append_char(out, '{');
    json_member(out, "identity", p->identity);
    json_member(out, "name", p->name);
    json_member(out, "sid", p->sid);
    json_member(out, "state", state_word(p));
    str_printf(out, "\"hidden\":%s,\"joined\":%lld,\"tracks\":[",
               p->permission && p->permission->hidden ? "true" : "false", (long long)p->joined_at);
    for (size_t i = 0; i < p->n_tracks; i++) {
        str_append(out, i ? "," : "");
        json_track(out, p->tracks[i]);
    }
    str_append(out, "]}");
}

static void json_room(struct str *out, const Bedrud__RoomState *s, bool people)
{
    str_append_char(out, '{');
    json_member(out, "name", s->room->name);
    json_member(out, "sid", s->room->sid);
    str_printf(
        out,
        "\"created\":%lld,\"people\":%u,\"publishers\":%u,\"e2ee\":%s,\"refused\":{"
        "\"clear_tracks\":%llu,\"clear_data\":%llu,\"short_frames\":%llu}",
        (long long)s->room->creation_time, s->room->num_participants, s->room->num_publishers,
        s->e2ee ? "true" : "false", (unsigned long long)s->refused_clear_tracks,
        (unsigned long long)s->refused_clear_data, (unsigned long long)s->refused_short_frames);
    if (people)
        str_append(out, ",\"participants\":[");
    for (size_t i = 0; people && i < s->n_participants; i++) {
        str_append(out, i ? "," : "");
        json_person(out, s->participants[i]);
    }
    str_append(out, people ? "]}" : "}");
}

static void print_json(const Bedrud__RoomsResponse *all, bool one)
{
    struct str out;

    str_init(&out);
    str_append(&out, one ? "" : "{\"rooms\":[");
    for (size_t i = 0; i < all->n_rooms; i++) {
        str_append(&out, i ? "," : "");
        json_room(&out, all->rooms[i], one);
    }
    str_append(&out, one ? "" : "]}");
    puts(out.text);
    str_fini(&out);
}

/* ---- the call ---- */

static int print_answer(const struct request *r, const struct str *answer, struct str *message)
{
    struct arena a;

    arena_init(&a);
    const Bedrud__RoomsResponse *all = (const Bedrud__RoomsResponse *)(const void *)signal_parse(
        &bedrud__rooms_response__descriptor, span_of(answer->text, answer->size), &a);
    int code = all && (!r->room || all->n_rooms == 1) ? 0 : 1;
    if (code)
        str_append(message, "the answer cannot be read: the server may be of another version");
    else if (r->json)
        print_json(all, r->room != NULL);
    else if (r->room)
        print_info(all->rooms[0]);
    else
        print_list(all);
    arena_fini(&a);
    return code;
}

static int ask(const struct remote *remote, const struct request *r, struct str *message)
{
    char identity[] = "bedrud room";
    struct grant grant = {.room = (char *)(uintptr_t)r->room, .identity = identity};
    struct claims claims = {.grant = &grant, .room_list = !r->room, .room_admin = r->room != NULL};
    Bedrud__RoomsRequest q;
    struct str answer;
    struct arena a;

    bedrud__rooms_request__init(&q);
    arena_init(&a);
    str_init(&answer);
    if (r->room)
        q.room = arena_strdup(&a, span_of_str(r->room));
    int code = remote_call(remote, &claims, r->room ? "bedrud.Rooms/Info" : "bedrud.Rooms/List",
                           signal_pack(&q.base, &a), &answer, message);
    if (code == 0)
        code = print_answer(r, &answer, message);
    str_fini(&answer);
    arena_fini(&a);
    return code;
}

/* ---- the command line ---- */

/* True when the arguments after "list" or "info ROOM" are understood; those of `bedrud run` are
 * looked at later. */
static bool read_options(int argc, char **argv, int first, struct request *r)
{
    for (int i = first; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            r->json = true;
        else if (r->config_argc < CONFIG_ARGS)
            r->config_args[r->config_argc++] = argv[i];
        else
            return false;
    }
    return true;
}

static bool read_request(int argc, char **argv, struct request *r)
{
    bool list = argc >= 2 && strcmp(argv[1], "list") == 0;
    bool info = argc >= 3 && strcmp(argv[1], "info") == 0 && argv[2][0] && argv[2][0] != '-';

    r->config_args[r->config_argc++] = argv[0];
    r->room = info ? argv[2] : NULL;
    return (list || info) && read_options(argc, argv, info ? 3 : 2, r);
}

int cli_room(int argc, char **argv)
{
    struct request r = {0};
    struct remote remote;
    struct str message;

    if (argc >= 2 && (strcmp(argv[argc - 1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(usage, stdout);
        return 0;
    }
    if (!read_request(argc, argv, &r)) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    str_init(&message);
    int code = remote_open(&remote, r.config_argc, r.config_args, &message);
    if (code == 0)
        code = ask(&remote, &r, &message);
    if (message.size)
        fprintf(stderr, "bedrud room: %s\n", message.text);
    remote_close(&remote);
    str_fini(&message);
    return code;
}
