/* SPDX-License-Identifier: Apache-2.0 */
/* The tasks' thread. Events come by mail and are written into the table of jobs before anything is
 * sent; sending goes from lane to lane, one job of each at a time. A receiver who does not answer
 * holds the others up for one request, and then waits for longer and longer. */
#include "server/tasks.h"

#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "net/loop.h"
#include "net/thread.h"
#include "room/outbox.h"
#include "server/fetch.h"
#include "server/messages.h"

#define AT_ONCE 16 /* jobs that are read from the table together */

struct note {
    struct mail mail;
    struct outbox_item *item; /* NULL: to wake up, or to end */
    bool end;
};

struct tasks {
    struct tasks_config config;
    struct mailbox *mailbox;
    struct thread *thread;
    unsigned waiting; /* the control thread's: events that are not yet stored */
    /* the thread's own */
    struct db *db;
    struct fetch *fetch;
    struct mail *first, **last; /* events to be stored */
    bool ending;
};

/* ---- mail ---- */

static void take_mail(struct tasks *t)
{
    struct mail *chain = mailbox_take(t->mailbox);

    while (chain) {
        struct note *n = (struct note *)(void *)chain; /* the first member */
        chain = chain->next;
        t->ending |= n->end;
        if (!n->item) {
            free(n);
            continue;
        }
        n->mail.next = NULL;
        *t->last = &n->mail;
        t->last = &n->mail.next;
    }
}

static void note_free(struct mail *m)
{
    struct note *n = (struct note *)(void *)m;

    outbox_item_free(n->item);
    free(n);
}

static int store_all(struct db *db, void *arg)
{
    const struct tasks *t = arg;
    int64_t now_ms = clock_unix_ms();
    int error = 0;

    for (struct mail *m = t->first; m && !error; m = m->next) {
        const struct outbox_item *i = ((struct note *)(void *)m)->item;
        error = webhook_store(db, &t->config.webhooks, span_of(i->bytes, i->size), now_ms);
    }
    return error;
}

/* When to try again; INT64_MAX: all are stored. */
static int64_t store(struct tasks *t)
{
    uint64_t count = 0;

    if (!t->first)
        return INT64_MAX;
    if (webhook_is_wanted(t->db, &t->config.webhooks) && db_transact(t->db, store_all, t) != 0)
        return clock_now_us() + LIMIT_DB_RECONNECT_US;
    while (t->first) {
        struct mail *m = t->first;
        t->first = m->next;
        note_free(m);
        count++;
    }
    t->last = &t->first;
    message_post(t->config.control, message_new(MESSAGE_STORED, count, span_of(NULL, 0)));
    return INT64_MAX;
}

/* ---- sending ---- */

static bool is_over(void *arg)
{
    struct tasks *t = arg;

    take_mail(t);
    return t->ending;
}

static bool may_reach(void *arg, const struct addr *a)
{
    struct tasks *t = arg;

    return webhook_may_reach(&t->config.webhooks, a);
}

/* Whether it was taken. */
static bool send(struct tasks *t, const struct job_row *job, const struct webhook_letter *letter)
{
    struct fetch_answer answer;
    char shown[WEBHOOK_SHOWN];

    fetch_ask(t->fetch,
              &(struct fetch_request){.url = letter->url,
                                      .headers = letter->headers,
                                      .header_count = letter->header_count,
                                      .body = letter->body,
                                      .may_reach = letter->anywhere ? NULL : may_reach,
                                      .is_over = is_over,
                                      .arg = t},
              &answer);
    bool taken = answer.status >= 200 && answer.status < 300;
    if (!taken && !t->ending)
        log_limited(LOG_WARN, 5, "webhook_not_taken", LOG_STR("to", webhook_show(job->lane, shown)),
                    LOG_STR("event", job->subject), LOG_NUM("status", answer.status),
                    LOG_STR("reason", answer.error), LOG_NUM("attempt", job->attempts + 1));
    fetch_answer_fini(&answer);
    return taken;
}

static int64_t backoff_ms(int64_t attempts)
{
    int64_t ms = LIMIT_JOB_BACKOFF_MS;

    for (int64_t i = 0; i < attempts && ms < LIMIT_JOB_BACKOFF_MOST_MS; i++)
        ms *= 2;
    return ms < LIMIT_JOB_BACKOFF_MOST_MS ? ms : LIMIT_JOB_BACKOFF_MOST_MS;
}

/* What was not taken for too long never will be: it goes, with what is as old behind it. */
static int failed(struct tasks *t, const struct job_row *job, int64_t now_ms)
{
    char shown[WEBHOOK_SHOWN];

    if (now_ms - job->created_ms < LIMIT_JOB_LIFE_MS)
        return jobs_again(t->db, job->id, now_ms + backoff_ms(job->attempts));
    int error = jobs_give_up(t->db, job->lane, now_ms - LIMIT_JOB_LIFE_MS + 1);
    if (!error)
        log_event(LOG_WARN, "webhook_given_up", LOG_STR("to", webhook_show(job->lane, shown)),
                  LOG_NUM("jobs", db_changed(t->db)));
    return error;
}

static int work(struct tasks *t, const struct job_row *job)
{
    struct webhook_letter letter;
    struct arena a;

    arena_init(&a);
    int error = webhook_write(t->db, &a, &t->config.webhooks, job, clock_unix_ms(), &letter);
    if (error == -EOPNOTSUPP) /* of a newer version */
        error = jobs_again(t->db, job->id, clock_unix_ms() + LIMIT_JOB_LIFE_MS);
    else if (error == -ENOENT || (!error && send(t, job, &letter)))
        error = jobs_done(t->db, job->id);
    else if (!error && !t->ending)
        error = failed(t, job, clock_unix_ms());
    arena_fini(&a);
    return error;
}

/* Does what is due. When something will be next. */
static int64_t run_due(struct tasks *t)
{
    struct job_row list[AT_ONCE];
    int64_t next_ms = INT64_MAX, now_ms = clock_unix_ms();
    unsigned count = 0;
    struct arena a;

    arena_init(&a);
    int error = jobs_due(t->db, &a, now_ms, AT_ONCE, list, &count);
    for (unsigned i = 0; i < count && !error && !t->ending; i++)
        error = work(t, &list[i]);
    arena_fini(&a);
    if (!error && !count)
        error = jobs_next(t->db, now_ms, &next_ms);
    if (error)
        return clock_now_us() + LIMIT_DB_RECONNECT_US;
    if (count)
        return 0; /* the next of these lanes */
    return next_ms == INT64_MAX ? INT64_MAX : clock_now_us() + (next_ms - now_ms) * 1000;
}

static void run(void *arg)
{
    struct tasks *t = arg;
    int fd = mailbox_fd(t->mailbox);

    while (!t->ending) {
        take_mail(t);
        int64_t store_us = t->ending ? INT64_MAX : store(t);
        int64_t run_us = t->ending ? INT64_MAX : run_due(t);
        if (!t->ending)
            thread_wait(&fd, 1, store_us < run_us ? store_us : run_us);
    }
    store(t); /* what happened while the server ended */
}

/* ---- beginning and end ---- */

struct tasks *tasks_new(const struct tasks_config *config, struct str *message)
{
    struct tasks *t = xcalloc(1, sizeof *t);

    t->config = *config;
    t->last = &t->first;
    if (db_open(config->database, &t->db, message) != 0) {
        free(t);
        return NULL;
    }
    t->fetch = fetch_new();
    t->mailbox = mailbox_new();
    t->thread = thread_start("tasks", run, t);
    return t;
}

static void post(struct tasks *t, struct note n)
{
    struct note *mine = xmalloc(sizeof *mine);

    *mine = n;
    mailbox_post(t->mailbox, &mine->mail);
}

void tasks_free(struct tasks *t)
{
    if (!t)
        return;
    post(t, (struct note){.end = true});
    thread_join(t->thread);
    while (t->first) {
        struct mail *m = t->first;
        t->first = m->next;
        note_free(m);
    }
    mailbox_free(t->mailbox, note_free);
    fetch_free(t->fetch);
    db_close(t->db);
    free(t);
}

bool tasks_event(struct tasks *t, struct outbox_item *item)
{
    if (t->waiting >= LIMIT_EVENTS_WAITING)
        return false;
    t->waiting++;
    post(t, (struct note){.item = item});
    return true;
}

void tasks_stored(struct tasks *t, uint64_t count)
{
    t->waiting -= (unsigned)count;
}

void tasks_wake(struct tasks *t)
{
    post(t, (struct note){.item = NULL});
}
