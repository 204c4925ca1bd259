/* SPDX-License-Identifier: Apache-2.0 */
/* The only way threads speak: a mailbox of messages, many writers, one reader. Posting gives the
 * message away; the reader frees it. A wake-up descriptor (eventfd) becomes readable when mail
 * comes into an empty box. */
#ifndef NET_MAILBOX_H
#define NET_MAILBOX_H

#include "base/list.h"

/* First member of every message struct. */
struct mail {
    struct mail *next;
};

struct mailbox;

struct mailbox *mailbox_new(void);
/* What is still inside is handed to dispose. */
void mailbox_free(struct mailbox *m, void (*dispose)(struct mail *));
int mailbox_fd(const struct mailbox *m);
void mailbox_post(struct mailbox *m, struct mail *mail);
/* Takes all mail, oldest first, as a chain by next; NULL when empty. Clears the wake-up. */
struct mail *mailbox_take(struct mailbox *m);

#endif
