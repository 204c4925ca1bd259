/* SPDX-License-Identifier: Apache-2.0 */
/* The API threads: each has a connection to the database and may wait for it. Jobs come from the
 * control thread, one at a time for each thread, and go back there when they are done. All calls
 * on the control thread. */
#ifndef SERVER_POOL_H
#define SERVER_POOL_H

#include "base/str.h"
#include "net/mailbox.h"
#include "store/db.h"

struct pool;

/* The first member of what is to be done. */
struct job {
    struct mail mail;
    bool heavy; /* hashes a password: only some of the threads do that at a time */
    /* On an API thread. */
    void (*work)(struct job *j, struct db *db);
    /* Back on the control thread; frees the job. */
    void (*finish)(struct job *j);
    /* The pool ends before its turn came; frees the job. */
    void (*abandon)(struct job *j);
    unsigned thread; /* the pool's own */
    uint64_t number;
};

struct pool_config {
    const char *database; /* as in db_open */
    unsigned threads;
    unsigned max_queued; /* jobs that wait for a thread */
};

/* NULL with a message when the database cannot be opened. */
struct pool *pool_new(const struct pool_config *config, struct str *message);
/* Waits for jobs that are being worked on; all that are left are abandoned. */
void pool_free(struct pool *p);
/* False, with the job still the caller's, when too many wait. */
bool pool_post(struct pool *p, struct job *j);
/* Readable when jobs are done; then pool_on_mail finishes them and hands out others. */
int pool_fd(const struct pool *p);
void pool_on_mail(struct pool *p);

#endif
