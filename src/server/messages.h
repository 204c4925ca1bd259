/* SPDX-License-Identifier: Apache-2.0 */
/* The mail between the control thread and the workers. Posting gives a message away; the receiver
 * frees it. */
#ifndef SERVER_MESSAGES_H
#define SERVER_MESSAGES_H

#include "net/mailbox.h"
#include "room/engine.h"

enum message_kind {
    /* control -> worker */
    MESSAGE_OPEN,     /* id: session; grant */
    MESSAGE_SIGNAL,   /* id: session; bytes */
    MESSAGE_CLOSE,    /* id: session */
    MESSAGE_REQUEST,  /* id: call; request; bytes */
    MESSAGE_SHUTDOWN, /* tell everybody to reconnect */
    MESSAGE_STOP,     /* end the thread */
    /* anybody -> worker */
    MESSAGE_SCTP, /* id: transport; bytes */
    /* worker -> control */
    MESSAGE_ITEM,   /* worker; item: of the engine's outbox */
    MESSAGE_PLACED, /* worker; room: an OPEN or CREATE for it was handled */
    MESSAGE_DONE,   /* worker: SHUTDOWN was handled, all its items came before */
    /* tasks -> control */
    MESSAGE_STORED /* id: how many events are */
};

struct message {
    struct mail mail;
    enum message_kind kind;
    unsigned worker;
    uint64_t id;
    enum engine_request request;
    struct grant *grant;
    struct outbox_item *item;
    size_t size;
    uint8_t bytes[]; /* with a zero behind them */
};

struct message *message_new(enum message_kind kind, uint64_t id, struct span bytes);
/* With everything it still holds. */
void message_free(struct message *m);
void message_post(struct mailbox *to, struct message *m);
/* The oldest of a chain that mailbox_take gave; moves the chain on. NULL at the end. */
struct message *message_next(struct mail **chain);

#endif
