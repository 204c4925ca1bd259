/* SPDX-License-Identifier: Apache-2.0 */
/* Pending calls. Replies of several workers are joined by concatenation: protobuf's repeated fields
 * add up. */
#include "server/calls.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "room/rules.h"
#include "server/http.h"
#include "server/media_engine.h"
#include "server/messages.h"
#include "server/twirp.h"
#include "wire/signal.h"

/* The id of requests whose reply nobody waits for. */
#define NOBODYS 0

struct call {
    uint64_t id;
    web_id web;               /* who gets the answer: a connection, */
    struct media_call *media; /* or a thread of the API */
    struct twirp_call twirp;
    unsigned waiting; /* replies to come */
    struct str answer;
    struct twirp_error error;
};

static struct span id_key(const uint64_t *id)
{
    return span_of(id, sizeof *id);
}

void calls_init(struct calls *c)
{
    map_init(&c->pending);
}

static void call_free(struct call *one)
{
    twirp_call_fini(&one->twirp);
    str_fini(&one->answer);
    free(one);
}

void calls_fini(struct calls *c)
{
    size_t cursor = 0;
    struct call *one;

    while ((one = map_next(&c->pending, &cursor, NULL)) != NULL)
        call_free(one);
    map_fini(&c->pending);
}

static void answer_error(struct calls *c, web_id web, const struct twirp_error *error)
{
    struct str body;

    str_init(&body);
    twirp_write_error(&body, error);
    http_reply(c->web, web, twirp_status(error->code), "application/json", str_span(&body));
    str_fini(&body);
}

static void finish_media(struct call *one)
{
    if (!one->error.code)
        str_append_span(one->media->reply, str_span(&one->answer));
    media_engine_answer(one->media, one->error.code);
}

static void finish_web(struct calls *c, struct call *one)
{
    struct str body;

    str_init(&body);
    if (one->error.code) {
        answer_error(c, one->web, &one->error);
    } else {
        twirp_write_response(&body, &one->twirp, str_span(&one->answer));
        http_reply(c->web, one->web, 200,
                   one->twirp.json ? "application/json" : "application/protobuf", str_span(&body));
    }
    str_fini(&body);
}

static void finish(struct calls *c, struct call *one)
{
    map_remove(&c->pending, id_key(&one->id));
    if (one->media)
        finish_media(one);
    else if (one->web)
        finish_web(c, one);
    call_free(one);
}

/* ---- to the workers ---- */

static void post(struct calls *c, struct call *one, unsigned worker, struct grant *placed)
{
    struct message *m =
        message_new(MESSAGE_REQUEST, one->id, span_of(one->twirp.body, one->twirp.body_size));

    m->request = one->twirp.request;
    m->grant = placed;
    one->waiting++;
    message_post(worker_mailbox(c->workers->workers[worker]), m);
}

static struct grant *placed_in(const char *room)
{
    struct grant *placed = xcalloc(1, sizeof *placed);

    placed->room = xstrdup(room);
    return placed;
}

/* CREATE makes the room where it is placed, and is counted there as an OPEN is. */
static void place_and_post(struct calls *c, struct call *one)
{
    post(c, one, directory_place(c->directory, one->twirp.room), placed_in(one->twirp.room));
}

void call_open_room(struct directory *d, struct worker_table *w, const char *room,
                    struct span request)
{
    struct message *m = message_new(MESSAGE_REQUEST, NOBODYS, request);

    m->request = ENGINE_CREATE_ROOM;
    m->grant = placed_in(room);
    message_post(worker_mailbox(w->workers[directory_place(d, room)]), m);
}

/* Whom it concerns: the room's worker, or all. */
static void post_where_it_lives(struct calls *c, struct call *one)
{
    if (one->twirp.room)
        post(c, one, (unsigned)directory_find(c->directory, one->twirp.room), NULL);
    else
        for (unsigned i = 0; i < c->workers->count; i++)
            post(c, one, i, NULL);
}

static struct call *begin(struct calls *c)
{
    struct call *one = xcalloc(1, sizeof *one);

    one->id = ++c->next_id;
    str_init(&one->answer);
    map_put(&c->pending, id_key(&one->id), one);
    return one;
}

/* ---- calls by HTTP ---- */

/* Before a room is created by others, it opens as it is for the store that knows it; what they ask
 * for comes on top, and cannot take the encryption away. */
static void creation_admitted(struct admission *q, void *arg)
{
    struct calls *c = arg;
    struct call *one = map_get(&c->pending, id_key(&q->call));

    if (!one)
        return;
    if (q->result != ADMISSION_GRANTED) {
        one->error.code = q->result == ADMISSION_UNKNOWN ? "unavailable" : "failed_precondition";
        snprintf(one->error.text, sizeof one->error.text, "%s", admission_text(q->result));
        finish(c, one);
        return;
    }
    if (q->open.size)
        call_open_room(c->directory, c->workers, q->room, str_span(&q->open));
    place_and_post(c, one);
}

/* A service that is not there is refused by the room's worker, who knows whether it is encrypted.
 * Of a room that is not live the store knows. */
static void set_refusal(struct twirp_error *error, const struct admission *q)
{
    struct arena a;

    arena_init(&a);
    const Livekit__CreateRoomRequest *open = (const void *)signal_parse(
        &livekit__create_room_request__descriptor, str_span(&q->open), &a);
    const char *text = TWIRP_NO_SERVICE;
    error->code = "unimplemented";
    if (q->result == ADMISSION_UNKNOWN) {
        error->code = "unavailable";
        text = admission_text(q->result);
    } else if (open && rules_metadata_is_e2ee(span_of_str(open->metadata))) {
        error->code = "permission_denied";
        error->meta = "e2ee_room";
        text = "the room is end-to-end encrypted: nothing at the server hears or sees it";
    }
    snprintf(error->text, sizeof error->text, "%s", text);
    arena_fini(&a);
}

static void refusal_admitted(struct admission *q, void *arg)
{
    struct calls *c = arg;
    struct call *one = map_get(&c->pending, id_key(&q->call));

    if (!one)
        return;
    set_refusal(&one->error, q);
    finish(c, one);
}

/* Whether the store is asked before the call is made. */
static bool asks_store(const struct calls *c, const struct twirp_call *t)
{
    return t->request == ENGINE_CREATE_ROOM || (t->request == ENGINE_REFUSE_SERVICE && t->room &&
                                                directory_find(c->directory, t->room) < 0);
}

/* Why the call cannot be made now; a code of NULL: it can. */
static struct twirp_error obstacle(const struct calls *c, const struct twirp_call *t)
{
    if (c->pending.count >= LIMIT_CALLS_PENDING)
        return (struct twirp_error){.code = "unavailable", .text = "too many calls at once"};
    if (!t->room || asks_store(c, t) || directory_find(c->directory, t->room) >= 0)
        return (struct twirp_error){.code = NULL};
    return (struct twirp_error){.code = "not_found", .text = "requested room does not exist"};
}

void call_begin(struct calls *c, const struct web_request *r, struct span path, int64_t unix_s)
{
    struct twirp_error error = {.code = NULL};
    struct twirp_call twirp;

    if (strcmp(r->method, "POST") != 0) {
        answer_error(c, r->id,
                     &(struct twirp_error){.code = "bad_route", .text = "only POST is allowed"});
        return;
    }
    struct twirp_request request = {.path = path,
                                    .content_type = r->header(r, "content-type"),
                                    .authorization = r->header(r, "authorization"),
                                    .body = r->body};
    if (!twirp_read(c->keys, unix_s, &request, &twirp, &error)) {
        answer_error(c, r->id, &error);
        return;
    }
    error = obstacle(c, &twirp);
    if (error.code) {
        twirp_call_fini(&twirp);
        answer_error(c, r->id, &error);
        return;
    }
    struct call *one = begin(c);
    one->web = r->id;
    one->twirp = twirp;
    if (asks_store(c, &twirp))
        admission_ask(c->admissions, &(struct admission){.room = xstrdup(twirp.room),
                                                         .then = twirp.request == ENGINE_CREATE_ROOM
                                                                     ? creation_admitted
                                                                     : refusal_admitted,
                                                         .arg = c,
                                                         .call = one->id});
    else
        post_where_it_lives(c, one);
}

/* ---- calls of the API ---- */

void call_begin_media(struct calls *c, struct media_call *m)
{
    bool live = m->room && directory_find(c->directory, m->room) >= 0;

    if (m->room)
        admission_renew(c->admissions, m->room);
    if ((m->room && !live) || c->pending.count >= LIMIT_CALLS_PENDING) {
        media_engine_answer(m, m->room && !live ? "not_found" : "unavailable");
        return;
    }
    struct call *one = begin(c);
    one->media = m;
    one->twirp.request = m->what;
    one->twirp.room = m->room ? xstrdup(m->room) : NULL;
    one->twirp.body = xmalloc(m->request.size + 1);
    one->twirp.body_size = m->request.size;
    if (m->request.size)
        memcpy(one->twirp.body, m->request.data, m->request.size);
    if (m->what == ENGINE_CREATE_ROOM)
        place_and_post(c, one);
    else
        post_where_it_lives(c, one);
}

void calls_refuse_media(struct calls *c)
{
    size_t cursor = 0;
    struct call *one;

    while ((one = map_next(&c->pending, &cursor, NULL)) != NULL) {
        if (one->media)
            media_engine_answer(one->media, "unavailable");
        one->media = NULL;
    }
}

/* ---- replies ---- */

void call_on_reply(struct calls *c, const struct outbox_item *item)
{
    struct call *one = map_get(&c->pending, id_key(&item->session));

    if (!one)
        return;
    if (item->error) {
        one->error.code = item->error;
        one->error.meta = item->error_meta;
        snprintf(one->error.text, sizeof one->error.text, "%.*s", (int)item->size,
                 (const char *)item->bytes);
    } else {
        str_append_span(&one->answer, span_of(item->bytes, item->size));
    }
    if (--one->waiting == 0)
        finish(c, one);
}
