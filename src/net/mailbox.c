/* SPDX-License-Identifier: Apache-2.0 */
/* A mailbox: a stack that writers push on with one atomic exchange of its head and that the reader
 * takes as a whole and turns round. Owns its eventfd and the mail inside. Any thread posts, one
 * thread takes. */
#include "net/mailbox.h"

#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct mailbox {
    _Atomic(struct mail *) head;
    int fd;
    /* Of the reader: wake-ups that were written, or are about to be, for mail that it has taken
     * already. Not zero when it came by before the writer rang; that ring must be cleared later or
     * the reader would wake for ever. */
    int64_t rings_due;
};

struct mailbox *mailbox_new(void)
{
    struct mailbox *m = xcalloc(1, sizeof(*m));
    m->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (m->fd < 0) {
        free(m);
        return NULL;
    }
    atomic_init(&m->head, NULL);
    return m;
}

void mailbox_free(struct mailbox *m, void (*dispose)(struct mail *))
{
    if (!m)
        return;
    struct mail *mail = mailbox_take(m);
    while (mail) {
        struct mail *next = mail->next;
        dispose(mail);
        mail = next;
    }
    close(m->fd);
    free(m);
}

int mailbox_fd(const struct mailbox *m)
{
    return m->fd;
}

void mailbox_post(struct mailbox *m, struct mail *mail)
{
    struct mail *old = atomic_load_explicit(&m->head, memory_order_relaxed);
    do {
        mail->next = old;
    } while (!atomic_compare_exchange_weak_explicit(&m->head, &old, mail, memory_order_release,
                                                    memory_order_relaxed));
    if (old)
        return; /* whoever found the box empty rings */
    const uint64_t one = 1;
    ssize_t n;
    do {
        n = write(m->fd, &one, sizeof(one));
    } while (n < 0 && errno == EINTR);
    assert(n == (ssize_t)sizeof(one));
}

struct mail *mailbox_take(struct mailbox *m)
{
    if (m->rings_due == 0 && !atomic_load_explicit(&m->head, memory_order_relaxed))
        return NULL;
    /* The rings are cleared before the mail is taken: a ring read here is for mail that the
     * exchange below finds. */
    uint64_t rings = 0;
    if (read(m->fd, &rings, sizeof(rings)) == (ssize_t)sizeof(rings))
        m->rings_due -= (int64_t)rings;
    struct mail *mail = atomic_exchange_explicit(&m->head, NULL, memory_order_acquire);
    if (!mail)
        return NULL;
    m->rings_due++;
    struct mail *oldest = NULL;
    while (mail) {
        struct mail *next = mail->next;
        mail->next = oldest;
        oldest = mail;
        mail = next;
    }
    return oldest;
}
