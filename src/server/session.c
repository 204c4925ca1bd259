/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions: a session's id is that of its WebSocket, which is never used twice. */
#include "server/session.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "server/calls.h"
#include "server/http.h"
#include "wire/signal.h"

/* livekit-wire.md 2: a refreshed token lives at least this long. */
#define REFRESH_LIFE_S 600
#define CLOSE_NORMAL 1000

struct session {
    web_id id;
    unsigned worker;
    bool room_admin, room_create, room_list; /* go into refreshed tokens, as does what follows */
    int64_t entry;
    char room_id[RANDOM_UUID_SIZE];
};

static struct span id_key(const web_id *id)
{
    return span_of(id, sizeof *id);
}

static struct mailbox *box(const struct sessions *s, unsigned worker)
{
    return worker_mailbox(s->workers->workers[worker]);
}

void sessions_init(struct sessions *s)
{
    map_init(&s->by_id);
}

void sessions_fini(struct sessions *s)
{
    size_t cursor = 0;
    struct session *one;

    while ((one = map_next(&s->by_id, &cursor, NULL)) != NULL)
        free(one);
    map_fini(&s->by_id);
}

size_t sessions_count(const struct sessions *s)
{
    return s->by_id.count;
}

/* ---- coming in ---- */

static void open_session(struct sessions *s, web_id id, struct claims *claims)
{
    struct session *one = xcalloc(1, sizeof *one);

    *one = (struct session){.id = id,
                            .worker = directory_place(s->directory, claims->grant->room),
                            .room_admin = claims->room_admin,
                            .room_create = claims->room_create,
                            .room_list = claims->room_list,
                            .entry = claims->entry};
    memcpy(one->room_id, claims->room_id, sizeof one->room_id);
    map_put(&s->by_id, id_key(&id), one);
    struct message *m = message_new(MESSAGE_OPEN, id, span_of(NULL, 0));
    m->grant = claims->grant;
    claims->grant = NULL;
    message_post(box(s, one->worker), m);
}

static void refuse(struct sessions *s, const struct admission *q)
{
    unsigned status = q->result == ADMISSION_UNKNOWN  ? 503
                      : q->result == ADMISSION_CLOSED ? 410
                                                      : 403;

    log_limited(LOG_WARN, 10, "join_refused", LOG_NUM("status", status),
                LOG_STR("reason", admission_text(q->result)), LOG_STR("room", q->room));
    http_text(s->web, q->web, status, admission_text(q->result));
}

/* Whoever was inside, and whose room is still live under the settings that it has, can come back
 * while the store is away. */
static bool may_resume(const struct sessions *s, const struct admission *q)
{
    return q->result == ADMISSION_UNKNOWN && q->claims.grant->reconnect &&
           directory_find(s->directory, q->room) >= 0;
}

/* What the store says of them goes over what their token says. */
static void apply_standing(struct admission *q)
{
    if (!q->metadata)
        return;
    q->claims.grant->permission = q->permission;
    str_set(&q->claims.grant->metadata, q->metadata);
}

static void admitted(struct admission *q, void *arg)
{
    struct sessions *s = arg;

    if (s->closing) {
        http_text(s->web, q->web, 503, "the server is shutting down");
    } else if (q->result != ADMISSION_GRANTED && !may_resume(s, q)) {
        refuse(s, q);
    } else if (q->look_only) {
        http_text(s->web, q->web, 200, "success");
    } else if (web_accept(s->web, q->web)) {
        if (q->open.size && !q->claims.grant->reconnect)
            call_open_room(s->directory, s->workers, q->room, str_span(&q->open));
        apply_standing(q);
        open_session(s, q->web, &q->claims);
    }
}

void session_ask(struct sessions *s, web_id id, struct claims *claims, bool look_only)
{
    struct admission q = {.room = xstrdup(claims->grant->room),
                          .identity = xstrdup(claims->grant->identity),
                          .entry = claims->entry,
                          .then = admitted,
                          .arg = s,
                          .web = id,
                          .claims = *claims,
                          .look_only = look_only};

    memcpy(q.room_id, claims->room_id, sizeof q.room_id);
    *claims = (struct claims){0};
    admission_ask(s->admissions, &q);
}

void session_message(struct sessions *s, web_id id, struct span bytes)
{
    const struct session *one = map_get(&s->by_id, id_key(&id));

    if (one)
        message_post(box(s, one->worker), message_new(MESSAGE_SIGNAL, id, bytes));
}

void session_closed(struct sessions *s, web_id id)
{
    struct session *one = map_remove(&s->by_id, id_key(&id));

    if (!one)
        return;
    message_post(box(s, one->worker), message_new(MESSAGE_CLOSE, id, span_of(NULL, 0)));
    free(one);
}

static void refresh(struct sessions *s, const struct session *one, struct grant *grant,
                    int64_t unix_s)
{
    struct claims claims = {.grant = grant,
                            .room_join = true,
                            .room_admin = one->room_admin,
                            .room_create = one->room_create,
                            .room_list = one->room_list,
                            .entry = one->entry};
    Livekit__SignalResponse response;
    struct arena a;

    memcpy(claims.room_id, one->room_id, sizeof claims.room_id);
    if (grant->expires_unix_s < unix_s + REFRESH_LIFE_S)
        grant->expires_unix_s = unix_s + REFRESH_LIFE_S;
    char *token = token_sign(s->keys, &claims);
    if (!token)
        return;
    arena_init(&a);
    livekit__signal_response__init(&response);
    response.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REFRESH_TOKEN;
    response.refresh_token = token;
    web_send(s->web, one->id, signal_pack(&response.base, &a));
    arena_fini(&a);
    mem_wipe(token, strlen(token));
    free(token);
}

void session_on_item(struct sessions *s, const struct outbox_item *item, int64_t unix_s)
{
    const struct session *one = map_get(&s->by_id, id_key(&item->session));

    if (!one)
        return;
    switch (item->kind) {
    case OUTBOX_SIGNAL:
        web_send(s->web, item->session, span_of(item->bytes, item->size));
        break;
    case OUTBOX_CLOSE:
        web_close(s->web, item->session, CLOSE_NORMAL);
        break;
    case OUTBOX_REFRESH:
        refresh(s, one, item->grant, unix_s);
        break;
    case OUTBOX_REPLY:
    case OUTBOX_EVENT:
        break; /* control.c's */
    }
}
