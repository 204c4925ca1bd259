/* SPDX-License-Identifier: Apache-2.0 */
/* Calls to our own workers. The answer's mailbox belongs to the thread and not to the call: whoever
 * posts to it may still be ringing when the call is long over. */
#include "server/media_engine.h"

#include "net/thread.h"
#include "server/twirp.h"

static int call(struct media_plane *m, enum engine_request what, const char *room,
                struct span request, struct str *reply)
{
    const struct media_engine *e = (const struct media_engine *)(const void *)m;
    struct media_call c = {
        .what = what, .room = room, .request = request, .back = e->back, .reply = reply};
    int fd = mailbox_fd(e->back);

    mailbox_post(e->calls, &c.mail);
    while (!mailbox_take(e->back))
        thread_wait(&fd, 1, INT64_MAX);
    return c.error;
}

void media_engine_init(struct media_engine *m, struct mailbox *calls)
{
    *m = (struct media_engine){.plane = {.call = call}, .calls = calls, .back = mailbox_new()};
}

static void nothing(struct mail *m)
{
    (void)m;
}

void media_engine_fini(struct media_engine *m)
{
    if (m->back)
        mailbox_free(m->back, nothing);
    m->back = NULL;
}

struct media_call *media_engine_next(struct mail **chain)
{
    struct mail *first = *chain;

    if (first)
        *chain = first->next;
    return (struct media_call *)(void *)first; /* mail is the first member */
}

void media_engine_answer(struct media_call *c, const char *code)
{
    c->error = twirp_errno(code);
    mailbox_post(c->back, &c->mail);
}
