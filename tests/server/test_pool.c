/* SPDX-License-Identifier: Apache-2.0 */
/* API threads: jobs come back, heavy ones leave room for others, and what is too much is refused.
 */
#include "server/pool.h"

#include "../temp.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/loop.h"
#include "net/thread.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define WAIT_US 20000000

/* A job that waits for a gate, so that a test decides what runs when. */
struct task {
    struct job job;
    sem_t *gate; /* NULL: none */
    int id;
    int64_t read;
};

static char folder[TEMP_SIZE], database[TEMP_SIZE + 16];

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(temp_path(folder, "pool")))
        return -1;
    snprintf(database, sizeof database, "%s/bedrud.db", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(database);
    return rmdir(folder);
}

static atomic_int working, most_working;
static int finished[64], finished_count, abandoned;
static unsigned most;

static void work(struct job *j, struct db *db)
{
    struct task *t = (struct task *)(void *)j;
    int now = atomic_fetch_add(&working, 1) + 1;

    if (now > atomic_load(&most_working))
        atomic_store(&most_working, now);
    if (t->gate)
        sem_wait(t->gate);
    struct db_query *q = db_query(db, "SELECT $1 + 1", db_int(t->id));
    t->read = db_step(q) ? db_column_int(q, 0) : -1;
    assert_int_equal(db_end(q), 0);
    atomic_fetch_sub(&working, 1);
}

static void finish(struct job *j)
{
    struct task *t = (struct task *)(void *)j;

    assert_int_equal(t->read, t->id + 1);
    finished[finished_count++] = t->id;
    free(t);
}

static void abandon(struct job *j)
{
    abandoned++;
    free(j);
}

static bool post(struct pool *p, int id, bool heavy, sem_t *gate)
{
    struct task *t = xcalloc(1, sizeof *t);

    t->job = (struct job){
        .heavy = heavy, .most_before = most, .work = work, .finish = finish, .abandon = abandon};
    t->id = id;
    t->gate = gate;
    if (pool_post(p, &t->job))
        return true;
    free(t);
    return false;
}

/* Turns the pool until so many jobs have come back. */
static void await(struct pool *p, int count)
{
    int64_t end_us = clock_now_us() + WAIT_US;
    int fd = pool_fd(p);

    while (finished_count < count) {
        assert_true(clock_now_us() < end_us);
        thread_wait(&fd, 1, end_us);
        pool_on_mail(p);
    }
}

static void await_working(int count)
{
    int64_t end_us = clock_now_us() + WAIT_US;

    while (atomic_load(&working) < count) {
        assert_true(clock_now_us() < end_us);
        usleep(1000);
    }
}

static struct pool *new_pool(unsigned threads, unsigned most_before)
{
    struct pool_config c = {database, threads};
    struct str message;

    most = most_before;
    finished_count = abandoned = 0;
    atomic_store(&most_working, 0);
    str_init(&message);
    struct pool *p = pool_new(&c, &message);
    if (!p)
        fail_msg("%s", message.text);
    str_fini(&message);
    return p;
}

static void brings_jobs_back(void **state)
{
    (void)state;
    struct pool *p = new_pool(3, 64);

    for (int i = 0; i < 40; i++)
        assert_true(post(p, i, i % 3 == 0, NULL));
    await(p, 40);
    int sum = 0;
    for (int i = 0; i < 40; i++)
        sum += finished[i];
    assert_int_equal(sum, 39 * 40 / 2);
    pool_free(p);
    assert_int_equal(abandoned, 0);
}

/* Two of four threads hash; the others serve whoever comes after. */
static void keeps_threads_for_light_jobs(void **state)
{
    (void)state;
    struct pool *p = new_pool(4, 64);
    sem_t gate;

    sem_init(&gate, 0, 0);
    for (int i = 0; i < 5; i++)
        assert_true(post(p, i, true, &gate));
    await_working(2);
    for (int i = 10; i < 20; i++)
        assert_true(post(p, i, false, NULL));
    await(p, 10);
    for (int i = 0; i < 10; i++)
        assert_true(finished[i] >= 10);
    assert_int_equal(atomic_load(&working), 2);
    for (int i = 0; i < 5; i++)
        sem_post(&gate);
    await(p, 15);
    pool_free(p);
    sem_destroy(&gate);
}

static void keeps_the_order_of_a_single_thread(void **state)
{
    (void)state;
    struct pool *p = new_pool(1, 64);
    sem_t gate;

    sem_init(&gate, 0, 0);
    post(p, 0, false, &gate);
    for (int i = 1; i < 10; i++)
        post(p, i, i % 2 == 0, NULL);
    sem_post(&gate);
    await(p, 10);
    for (int i = 0; i < 10; i++)
        assert_int_equal(finished[i], i);
    pool_free(p);
    sem_destroy(&gate);
}

static void refuses_too_many(void **state)
{
    (void)state;
    struct pool *p = new_pool(1, 3);
    sem_t gate;

    sem_init(&gate, 0, 0);
    assert_true(post(p, 0, false, &gate)); /* runs */
    for (int i = 1; i < 4; i++)
        assert_true(post(p, i, false, NULL)); /* wait */
    assert_false(post(p, 4, false, NULL));
    assert_false(post(p, 5, true, NULL));
    sem_post(&gate);
    await(p, 4);
    assert_true(post(p, 6, true, NULL));
    await(p, 5);
    pool_free(p);
    sem_destroy(&gate);
}

static void abandons_what_is_left(void **state)
{
    (void)state;
    struct pool *p = new_pool(1, 10);
    sem_t gate;

    sem_init(&gate, 0, 0);
    for (int i = 0; i < 5; i++)
        post(p, i, i == 3, i == 0 ? &gate : NULL);
    await_working(1);
    pool_end(p);
    assert_false(pool_ended(p));
    assert_false(post(p, 5, false, NULL));
    sem_post(&gate);
    for (int fd = pool_fd(p); !pool_ended(p);)
        thread_wait(&fd, 1, clock_now_us() + WAIT_US);
    assert_int_equal(abandoned, 1);
    pool_free(p);
    assert_int_equal(finished_count, 0);
    assert_int_equal(abandoned, 5);
    sem_destroy(&gate);
}

static void says_that_there_is_no_database(void **state)
{
    (void)state;
    struct pool_config c = {"/nowhere/bedrud.db", 2};
    struct str message;

    str_init(&message);
    assert_null(pool_new(&c, &message));
    assert_non_null(strstr(message.text, "/nowhere/bedrud.db"));
    str_fini(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(brings_jobs_back),
        cmocka_unit_test(keeps_threads_for_light_jobs),
        cmocka_unit_test(keeps_the_order_of_a_single_thread),
        cmocka_unit_test(refuses_too_many),
        cmocka_unit_test(abandons_what_is_left),
        cmocka_unit_test(says_that_there_is_no_database),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
