/* SPDX-License-Identifier: Apache-2.0 */
/* What goes on in the rooms of the server that runs on this machine, by its server API. */
#include "cli/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "cli/remote.h"
#include "cli/show.h"
#include "wire/signal.h"

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

static const char *plain(const char *text, struct str *out)
{
    str_clear(out);
    show_plain(out, text);
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

static void json_member(struct str *out, const char *name, const char *text)
{
    str_printf(out, "\"%s\":", name);
    show_quote(out, text);
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

static void write_json(struct str *out, const Bedrud__RoomsResponse *all, bool one)
{
    str_append(out, one ? "" : "{\"rooms\":[");
    for (size_t i = 0; i < all->n_rooms; i++) {
        str_append(out, i ? "," : "");
        json_room(out, all->rooms[i], one);
    }
    str_append(out, one ? "" : "]}");
}

/* ---- the call ---- */

static int show_answer(const struct live *q, const struct str *answer, struct str *message)
{
    struct arena a;

    arena_init(&a);
    const Bedrud__RoomsResponse *all = (const Bedrud__RoomsResponse *)(const void *)signal_parse(
        &bedrud__rooms_response__descriptor, span_of(answer->text, answer->size), &a);
    int code = all && (!q->room || all->n_rooms == 1) ? 0 : 1;
    if (code)
        str_append(message, "the answer cannot be read: the server may be of another version");
    else if (q->json)
        write_json(q->json, all, q->room != NULL);
    else if (q->room)
        print_info(all->rooms[0]);
    else
        print_list(all);
    arena_fini(&a);
    return code;
}

static int ask(const struct remote *remote, const struct live *q, struct str *message)
{
    char identity[] = "bedrud room";
    struct grant grant = {.room = (char *)(uintptr_t)q->room, .identity = identity};
    struct claims claims = {.grant = &grant, .room_list = !q->room, .room_admin = q->room != NULL};
    Bedrud__RoomsRequest request;
    struct str answer;
    struct arena a;

    bedrud__rooms_request__init(&request);
    arena_init(&a);
    str_init(&answer);
    if (q->room)
        request.room = arena_strdup(&a, span_of_str(q->room));
    int code = remote_call(remote, &claims, q->room ? "bedrud.Rooms/Info" : "bedrud.Rooms/List",
                           signal_pack(&request.base, &a), &answer, message);
    if (code == 0)
        code = show_answer(q, &answer, message);
    str_fini(&answer);
    arena_fini(&a);
    return code;
}

int live_show(const struct live *q, int argc, char **argv, struct str *message)
{
    struct remote remote;
    int code = remote_open(&remote, argc, argv, message);

    if (code == 0)
        code = ask(&remote, q, message);
    remote_close(&remote);
    return code;
}
