/* SPDX-License-Identifier: Apache-2.0 */
/* What takes long and nobody waits for: a thread with a connection to the database, which sends
 * what waits in the table of jobs, again and again until it is taken. */
#ifndef SERVER_TASKS_H
#define SERVER_TASKS_H

#include "net/mailbox.h"
#include "server/webhook.h"

struct outbox_item;
struct tasks;

struct tasks_config {
    const char *database; /* as in db_open */
    struct webhook_config webhooks;
    struct mailbox *control; /* gets MESSAGE_STORED */
};

/* NULL with a message when the database cannot be opened. */
struct tasks *tasks_new(const struct tasks_config *config, struct str *message);
/* Ends the thread at once; what is not sent is when it runs again. */
void tasks_free(struct tasks *t);
/* Control thread: an event of the media plane, which is taken. False, and the item still the
 * caller's, when too many wait to be stored. */
bool tasks_event(struct tasks *t, struct outbox_item *item);
/* Control thread: MESSAGE_STORED says that this many are. */
void tasks_stored(struct tasks *t, uint64_t count);
/* Any thread: there is a new job in the table. */
void tasks_wake(struct tasks *t);

#endif
