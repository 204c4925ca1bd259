/* SPDX-License-Identifier: Apache-2.0 */
/* The media plane within this process: calls go by mail to the control thread, which passes them to
 * the room's worker, and come back by mail. */
#ifndef SERVER_MEDIA_ENGINE_H
#define SERVER_MEDIA_ENGINE_H

#include "net/mailbox.h"
#include "server/media.h"

/* A call on its way; it is the caller's and lies on its stack, since the caller waits. */
struct media_call {
    struct mail mail;
    enum engine_request what;
    const char *room; /* NULL: none */
    struct span request;
    struct mailbox *back;
    /* the answer */
    int error;
    struct str *reply;
};

/* One for each API thread. */
struct media_engine {
    struct media_plane plane; /* the first member */
    struct mailbox *calls;    /* of the control thread, the same for all */
    struct mailbox *back;     /* the thread's own */
};

void media_engine_init(struct media_engine *m, struct mailbox *calls);
/* The thread has ended, and nobody answers it any more. */
void media_engine_fini(struct media_engine *m);
/* On the control thread: the oldest of a chain that mailbox_take gave; NULL at the end. */
struct media_call *media_engine_next(struct mail **chain);
/* Gives a call back with this error; `code` is of Twirp, NULL: it went well. */
void media_engine_answer(struct media_call *c, const char *code);

#endif
