/* SPDX-License-Identifier: Apache-2.0 */
/* Pending calls. Replies of several workers are joined by concatenation: protobuf's repeated fields
 * add up. */
#include "server/calls.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "server/http.h"
#include "server/messages.h"
#include "server/twirp.h"

struct call {
    uint64_t id;
    web_id web;
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

static void finish(struct calls *c, struct call *one)
{
    struct str body;

    map_remove(&c->pending, id_key(&one->id));
    str_init(&body);
    if (one->error.code) {
        answer_error(c, one->web, &one->error);
    } else {
        twirp_write_response(&body, &one->twirp, str_span(&one->answer));
        http_reply(c->web, one->web, 200,
                   one->twirp.json ? "application/json" : "application/protobuf", str_span(&body));
    }
    str_fini(&body);
    call_free(one);
}

static void post(struct calls *c, struct call *one, unsigned worker, struct grant *placed)
{
    struct message *m =
        message_new(MESSAGE_REQUEST, one->id, span_of(one->twirp.body, one->twirp.body_size));

    m->request = one->twirp.request;
    m->grant = placed;
    one->waiting++;
    message_post(worker_mailbox(c->workers->workers[worker]), m);
}

/* CREATE makes the room where it is placed, and is counted there as an OPEN is. */
static void place_and_post(struct calls *c, struct call *one)
{
    struct grant *placed = xcalloc(1, sizeof *placed);

    placed->room = xstrdup(one->twirp.room);
    post(c, one, directory_place(c->directory, one->twirp.room), placed);
}

void call_begin(struct calls *c, const struct web_request *r, struct span path, int64_t unix_s)
{
    struct twirp_error error;
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
    int worker = twirp.room ? directory_find(c->directory, twirp.room) : -1;
    if (twirp.room && worker < 0 && twirp.request != ENGINE_CREATE_ROOM) {
        bool refused = twirp.request == ENGINE_REFUSE_SERVICE;
        twirp_call_fini(&twirp);
        answer_error(c, r->id,
                     refused
                         ? &(struct twirp_error){.code = "unimplemented", .text = TWIRP_NO_SERVICE}
                         : &(struct twirp_error){.code = "not_found",
                                                 .text = "requested room does not exist"});
        return;
    }
    if (c->pending.count >= LIMIT_CALLS_PENDING) {
        twirp_call_fini(&twirp);
        answer_error(
            c, r->id,
            &(struct twirp_error){.code = "unavailable", .text = "too many calls at once"});
        return;
    }
    struct call *one = xcalloc(1, sizeof *one);
    *one = (struct call){.id = ++c->next_id, .web = r->id, .twirp = twirp};
    str_init(&one->answer);
    map_put(&c->pending, id_key(&one->id), one);
    if (twirp.request == ENGINE_CREATE_ROOM)
        place_and_post(c, one);
    else if (twirp.room)
        post(c, one, (unsigned)worker, NULL);
    else
        for (unsigned i = 0; i < c->workers->count; i++)
            post(c, one, i, NULL);
}

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
