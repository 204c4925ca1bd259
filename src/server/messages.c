/* SPDX-License-Identifier: Apache-2.0 */
/* Making and freeing of mail. */
#include "server/messages.h"

#include <stdlib.h>

#include "base/mem.h"

struct message *message_new(enum message_kind kind, uint64_t id, struct span bytes)
{
    struct message *m = xcalloc(1, sizeof *m + bytes.size + 1);

    m->kind = kind;
    m->id = id;
    m->size = bytes.size;
    if (bytes.size)
        memcpy(m->bytes, bytes.data, bytes.size);
    return m;
}

void message_free(struct message *m)
{
    if (!m)
        return;
    grant_free(m->grant);
    outbox_item_free(m->item);
    free(m);
}

void message_post(struct mailbox *to, struct message *m)
{
    mailbox_post(to, &m->mail);
}

struct message *message_next(struct mail **chain)
{
    struct mail *first = *chain;

    if (!first)
        return NULL;
    *chain = first->next;
    return (struct message *)(void *)first; /* mail is the first member */
}
