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
    bool heavy;           /* hashes a password: only some of the threads do that at a time */
    unsigned most_before; /* refused when that many wait for a thread already */
    /* On an API thread. */
    void (*work)(struct job *j, struct db *db);
    /* Back on the control thread; frees the job. */
    void (*finish)(struct job *j);
    /* The pool ends before its turn came; frees the job. */
    void (*abandon)(struct job *j);
    unsigned thread; /* which one works on it, counted from 0 */
    uint64_t number; /* the pool's own */
};

struct pool_config {
    const char *database; /* as in db_open */
    unsigned threads;
};

/* NULL with a message when the database cannot be opened. */
struct pool *pool_new(const struct pool_config *config, struct str *message);
/* The end, in three steps, since a job that is being worked on may wait for the control thread: no
 * thread is given another job; whether all have ended (pool_fd becomes readable as they do); and
 * what is left is abandoned. */
void pool_end(struct pool *p);
bool pool_ended(struct pool *p);
void pool_free(struct pool *p);
/* False, with the job still the caller's, when too many wait. */
bool pool_post(struct pool *p, struct job *j);
/* Readable when jobs are done; then pool_on_mail finishes them and hands out others. */
int pool_fd(const struct pool *p);
void pool_on_mail(struct pool *p);

#endif
