/* SPDX-License-Identifier: Apache-2.0 */
/* RoomService's calls over HTTP. Which method a call is and what a token needs for it stands in
 * twirp.c's table, so that a new call needs nothing here. */
#include "server/media_livekit.h"

#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "net/loop.h"
#include "server/twirp.h"
#include "wire/signal.h"

#define TOKEN_LIFE_S 60

/* "Authorization: Bearer ..." for this call alone. */
static char *sign(const struct media_livekit *m, struct claims *claims)
{
    struct str line;

    claims->grant->expires_unix_s = clock_unix_ms() / 1000 + TOKEN_LIFE_S;
    char *token = token_sign(m->keys, claims);
    str_init(&line);
    str_printf(&line, "Authorization: Bearer %s", token ? token : "");
    free(token);
    return str_take(&line);
}

static void note_silence(struct media_livekit *m, const struct fetch_answer *answer)
{
    log_limited(LOG_WARN, 2, "media_server_does_not_answer", LOG_STR("url", m->url),
                LOG_STR("reason", answer->error));
    if (answer->timed_out)
        m->pause_until_us = clock_now_us() + LIMIT_LIVEKIT_PAUSE_US;
}

static int post(struct media_livekit *m, enum engine_request what, const char *room,
                struct span request, struct str *reply)
{
    struct grant grant = {.room = (char *)(uintptr_t)room};
    struct claims claims = {.grant = &grant};
    struct fetch_answer answer;
    struct str url;

    str_init(&url);
    str_printf(&url, "%s/twirp/%s", m->url, twirp_path(what, &claims));
    char *bearer = sign(m, &claims);
    const char *const headers[] = {"Content-Type: application/protobuf", bearer};
    fetch_ask(m->fetch,
              &(struct fetch_request){.url = url.text,
                                      .headers = headers,
                                      .header_count = 2,
                                      .body = request,
                                      .timeout_ms = m->timeout_ms,
                                      .answer_most = LIMIT_LIVEKIT_ANSWER},
              &answer);
    int error = 0;
    if (answer.status == 200)
        str_append_span(reply, str_span(&answer.body));
    else
        error = answer.status ? twirp_read_errno(str_span(&answer.body)) : -EBUSY;
    if (!answer.status)
        note_silence(m, &answer);
    fetch_answer_fini(&answer);
    mem_wipe(bearer, strlen(bearer));
    free(bearer);
    str_fini(&url);
    return error;
}

/* Whether the room is there now: 0, -ENOENT, or another error. */
static int find_room(struct media_livekit *m, const char *room)
{
    Livekit__ListRoomsRequest q = LIVEKIT__LIST_ROOMS_REQUEST__INIT;
    Livekit__ListRoomsResponse *all = NULL;
    char *name = (char *)(uintptr_t)room;
    struct str reply;
    struct arena a;

    arena_init(&a);
    str_init(&reply);
    q.names = &name;
    q.n_names = 1;
    int error = post(m, ENGINE_LIST_ROOMS, NULL, signal_pack(&q.base, &a), &reply);
    if (!error)
        all = (void *)signal_parse(&livekit__list_rooms_response__descriptor, str_span(&reply), &a);
    if (!error && !all)
        error = -EBUSY;
    else if (!error && all->n_rooms == 0)
        error = -ENOENT;
    str_fini(&reply);
    arena_fini(&a);
    return error;
}

/* LiveKit's CreateRoom leaves the metadata of a room that is there as they are. */
static int tell_metadata(struct media_livekit *m, const char *room, struct span request)
{
    Livekit__UpdateRoomMetadataRequest q = LIVEKIT__UPDATE_ROOM_METADATA_REQUEST__INIT;
    Livekit__CreateRoomRequest *create;
    struct str reply;
    struct arena a;

    arena_init(&a);
    str_init(&reply);
    create = (void *)signal_parse(&livekit__create_room_request__descriptor, request, &a);
    q.room = create->name;
    q.metadata = create->metadata;
    int error = post(m, ENGINE_UPDATE_ROOM_METADATA, room, signal_pack(&q.base, &a), &reply);
    str_fini(&reply);
    arena_fini(&a);
    return error;
}

static int call(struct media_plane *p, enum engine_request what, const char *room,
                struct span request, struct str *reply)
{
    struct media_livekit *m = (struct media_livekit *)(void *)p; /* the first member */
    int error = 0;

    if (clock_now_us() < m->pause_until_us)
        return -EBUSY;
    /* There, the first would make a room; here it tells one that is live its settings. And nobody
     * takes data for one that is not, for which LiveKit waits some seconds. */
    if (what == ENGINE_CREATE_ROOM || what == ENGINE_SEND_DATA)
        error = find_room(m, room);
    if (!error)
        error = post(m, what, room, request, reply);
    if (!error && what == ENGINE_CREATE_ROOM)
        error = tell_metadata(m, room, request);
    /* It says "unavailable" as well when nobody has the room. */
    if (error == -EBUSY && room && clock_now_us() >= m->pause_until_us &&
        find_room(m, room) == -ENOENT)
        error = -ENOENT;
    return error;
}

void media_livekit_init(struct media_livekit *m, const char *url, const struct token_keys *keys)
{
    *m = (struct media_livekit){
        .plane = {.call = call}, .url = url, .keys = keys, .fetch = fetch_new()};
}

void media_livekit_fini(struct media_livekit *m)
{
    fetch_free(m->fetch);
    m->fetch = NULL;
}
