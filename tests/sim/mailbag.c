/* SPDX-License-Identifier: Apache-2.0 */
/* A queue of messages. Belongs to a world or a seat. */
#include "mailbag.h"

#include <stdlib.h>

#include "base/mem.h"

void mailbag_init(struct mailbag *b)
{
    b->first = NULL;
    b->last = &b->first;
}

void mailbag_fini(struct mailbag *b)
{
    while (b->first)
        free(mailbag_take(b));
}

void mailbag_put(struct mailbag *b, enum mail_kind kind, uint64_t id, struct span bytes)
{
    struct mail *m = xmalloc(sizeof *m + bytes.size);

    *m = (struct mail){.kind = kind, .id = id, .size = bytes.size};
    if (bytes.size)
        memcpy(m->bytes, bytes.data, bytes.size);
    *b->last = m;
    b->last = &m->next;
}

struct mail *mailbag_take(struct mailbag *b)
{
    struct mail *m = b->first;

    if (m)
        b->first = m->next;
    if (!b->first)
        b->last = &b->first;
    return m;
}
