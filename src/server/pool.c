/* SPDX-License-Identifier: Apache-2.0 */
/* The API threads. The queue is kept on the control thread and a thread is given a job only when it
 * has none, so a slow job holds nobody up but itself. */
#include "server/pool.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "net/thread.h"

struct worker_thread {
    struct pool *pool;
    struct thread *thread;
    struct mailbox *mailbox;
    struct db *db;
    bool busy, ended;   /* the control thread's knowledge */
    struct job parting; /* the last mail it gets */
    bool parted;
};

struct queue {
    struct mail *first, **last;
};

struct pool {
    struct worker_thread *threads;
    unsigned count, queued, heavy_running;
    bool ending;
    struct queue light, heavy;
    uint64_t posted;
    struct mailbox *done;
};

static struct job *job_of(struct mail *m)
{
    return (struct job *)(void *)m; /* the first member */
}

/* ---- an API thread ---- */

static void run(void *arg)
{
    struct worker_thread *t = arg;
    int fd = mailbox_fd(t->mailbox);

    while (!t->parted) {
        struct mail *chain = mailbox_take(t->mailbox);
        if (!chain)
            thread_wait(&fd, 1, INT64_MAX);
        while (chain) {
            struct job *j = job_of(chain);
            chain = chain->next;
            if (j == &t->parting)
                t->parted = true;
            else
                j->work(j, t->db);
            mailbox_post(t->pool->done, &j->mail);
        }
    }
}

/* ---- the queue ---- */

static void queue_init(struct queue *q)
{
    q->first = NULL;
    q->last = &q->first;
}

static void queue_append(struct queue *q, struct job *j)
{
    j->mail.next = NULL;
    *q->last = &j->mail;
    q->last = &j->mail.next;
}

static struct job *queue_take(struct queue *q)
{
    struct mail *first = q->first;

    if (first)
        q->first = first->next;
    if (!q->first)
        q->last = &q->first;
    return job_of(first);
}

/* The oldest that may run now: half of the threads, at least one, are kept from heavy jobs where
 * there is more than one. */
static struct job *next_job(struct pool *p)
{
    unsigned most_heavy = p->count > 1 ? p->count / 2 : 1;
    bool heavy = p->heavy.first && p->heavy_running < most_heavy;

    if (heavy && p->light.first && job_of(p->light.first)->number < job_of(p->heavy.first)->number)
        heavy = false;
    p->heavy_running += heavy;
    return queue_take(heavy ? &p->heavy : &p->light);
}

static void hand_out(struct pool *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        struct job *j = p->threads[i].busy ? NULL : next_job(p);
        if (!j)
            continue;
        p->queued--;
        p->threads[i].busy = true;
        j->thread = i;
        mailbox_post(p->threads[i].mailbox, &j->mail);
    }
}

bool pool_post(struct pool *p, struct job *j)
{
    if (p->queued >= j->most_before || p->ending)
        return false;
    j->number = ++p->posted;
    queue_append(j->heavy ? &p->heavy : &p->light, j);
    p->queued++;
    hand_out(p);
    return true;
}

int pool_fd(const struct pool *p)
{
    return mailbox_fd(p->done);
}

/* What came back: jobs that are done, and at the end the threads' last mail. */
static void take_back(struct pool *p, void (*finished)(struct job *j))
{
    struct mail *chain = mailbox_take(p->done);

    while (chain) {
        struct job *j = job_of(chain);
        chain = chain->next;
        struct worker_thread *t = &p->threads[j->thread];
        if (j == &t->parting) {
            t->ended = true;
            continue;
        }
        t->busy = false;
        p->heavy_running -= j->heavy;
        finished(j);
    }
}

static void finish(struct job *j)
{
    j->finish(j);
}

static void abandon(struct job *j)
{
    j->abandon(j);
}

void pool_on_mail(struct pool *p)
{
    take_back(p, finish);
    hand_out(p);
}

/* ---- beginning and end ---- */

static bool start_thread(struct pool *p, const char *database, unsigned index, struct str *message)
{
    struct worker_thread *t = &p->threads[index];
    char name[16];

    t->pool = p;
    if (db_open(database, &t->db, message) != 0)
        return false;
    t->mailbox = mailbox_new();
    snprintf(name, sizeof name, "api-%u", index);
    t->thread = thread_start(name, run, t);
    return true;
}

struct pool *pool_new(const struct pool_config *config, struct str *message)
{
    struct pool *p = xcalloc(1, sizeof *p);

    p->threads = xcalloc(config->threads, sizeof *p->threads);
    queue_init(&p->light);
    queue_init(&p->heavy);
    p->done = mailbox_new();
    for (unsigned i = 0; i < config->threads; i++) {
        if (!start_thread(p, config->database, i, message)) {
            pool_free(p);
            return NULL;
        }
        p->count++;
    }
    return p;
}

void pool_end(struct pool *p)
{
    p->ending = true;
    for (unsigned i = 0; i < p->count; i++) {
        p->threads[i].parting.thread = i;
        mailbox_post(p->threads[i].mailbox, &p->threads[i].parting.mail);
    }
}

bool pool_ended(struct pool *p)
{
    take_back(p, abandon);
    for (unsigned i = 0; i < p->count; i++)
        if (!p->threads[i].ended)
            return false;
    return true;
}

static void abandon_all(struct queue *q)
{
    struct job *j;

    while ((j = queue_take(q)) != NULL)
        j->abandon(j);
}

/* Threads take all mail before they part, so none is left in their boxes. */
static void nothing(struct mail *m)
{
    (void)m;
}

void pool_free(struct pool *p)
{
    int fd;

    if (!p)
        return;
    fd = mailbox_fd(p->done);
    if (!p->ending)
        pool_end(p);
    while (!pool_ended(p))
        thread_wait(&fd, 1, INT64_MAX);
    for (unsigned i = 0; i < p->count; i++) {
        thread_join(p->threads[i].thread);
        db_close(p->threads[i].db);
        mailbox_free(p->threads[i].mailbox, nothing);
    }
    mailbox_free(p->done, nothing);
    abandon_all(&p->light);
    abandon_all(&p->heavy);
    free(p->threads);
    free(p);
}
