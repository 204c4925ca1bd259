/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the store: every test runs on a new database of each kind. `*state` is a struct kit.
 */
#ifndef TESTS_STORE_KIT_H
#define TESTS_STORE_KIT_H

#include "cluster.h"

#include "../temp.h"
#include "base/log.h"
#include "store/migrate.h"

#include <errno.h>
#include <pthread.h>

#define KIT_TESTS_MAX 40
#define KIT_THREADS 6
#define KIT_NOW 1800000000000

struct kit {
    bool postgres;
    char folder[TEMP_SIZE]; /* of the SQLite file, and for what the test makes */
    char *where;
    struct db *db;
    struct arena arena;
};

static struct cluster kit_cluster;
static bool kit_on_postgres;
static bool kit_bare; /* without the schema */

/* A further connection to the test's database. */
static inline struct db *kit_connect(const struct kit *k)
{
    struct str message;
    struct db *db = NULL;

    str_init(&message);
    if (db_open(k->where, &db, &message) != 0)
        fail_msg("%s", message.text);
    str_fini(&message);
    return db;
}

static inline int kit_setup(void **state)
{
    struct kit *k = xcalloc(1, sizeof *k);
    struct str message;

    log_set_level(LOG_ERROR + 1);
    k->postgres = kit_on_postgres;
    assert_non_null(mkdtemp(temp_path(k->folder, "store")));
    if (k->postgres) {
        k->where = cluster_database(&kit_cluster);
    } else {
        k->where = xcalloc(1, 96);
        snprintf(k->where, 96, "%s/bedrud.db", k->folder);
    }
    k->db = kit_connect(k);
    arena_init(&k->arena);
    str_init(&message);
    if (!kit_bare && migrate_up(k->db, &schema, NULL, &message) != 0)
        fail_msg("%s", message.text);
    str_fini(&message);
    *state = k;
    return 0;
}

static inline int kit_teardown(void **state)
{
    struct kit *k = *state;

    db_close(k->db);
    arena_fini(&k->arena);
    nftw(k->folder, cluster_unlink, 16, FTW_DEPTH | FTW_PHYS);
    free(k->where);
    free(k);
    return 0;
}

/* ---- threads that do the same at the same time, each with its own connection ---- */

struct kit_racer {
    struct db *db;
    unsigned index;
    pthread_barrier_t *start;
    void (*run)(struct kit_racer *r);
    void *arg;
    int error, result;
};

static inline void *kit_race_main(void *arg)
{
    struct kit_racer *r = arg;

    pthread_barrier_wait(r->start);
    r->run(r);
    return NULL;
}

/* How many racers had this result; none may have an error. */
static inline unsigned kit_count(const struct kit_racer *racers, int result)
{
    unsigned n = 0;

    for (unsigned i = 0; i < KIT_THREADS; i++)
        n += racers[i].result == result;
    return n;
}

static inline void kit_race(const struct kit *k, void (*run)(struct kit_racer *r), void *arg,
                            struct kit_racer racers[KIT_THREADS])
{
    pthread_t threads[KIT_THREADS];
    pthread_barrier_t start;

    pthread_barrier_init(&start, NULL, KIT_THREADS);
    for (unsigned i = 0; i < KIT_THREADS; i++) {
        racers[i] = (struct kit_racer){
            .db = kit_connect(k), .index = i, .start = &start, .run = run, .arg = arg};
        assert_int_equal(pthread_create(&threads[i], NULL, kit_race_main, &racers[i]), 0);
    }
    for (unsigned i = 0; i < KIT_THREADS; i++) {
        pthread_join(threads[i], NULL);
        db_close(racers[i].db);
    }
    pthread_barrier_destroy(&start);
    for (unsigned i = 0; i < KIT_THREADS; i++)
        assert_int_equal(racers[i].error, 0);
}

/* ---- the two rounds ---- */

static inline int kit_cluster_setup(void **state)
{
    (void)state;
    cluster_start(&kit_cluster);
    return 0;
}

static inline int kit_cluster_teardown(void **state)
{
    (void)state;
    cluster_stop(&kit_cluster);
    return 0;
}

static inline void postgres_is_not_installed(void **state)
{
    (void)state;
    skip();
}

static inline int kit_round(const struct CMUnitTest *tests, size_t count, bool postgres)
{
    struct CMUnitTest round[KIT_TESTS_MAX];
    char names[KIT_TESTS_MAX][80];

    assert_true(count <= KIT_TESTS_MAX);
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "%s, %s", tests[i].name,
                 postgres ? "PostgreSQL" : "SQLite");
        round[i] = (struct CMUnitTest){.name = names[i],
                                       .test_func = tests[i].test_func,
                                       .setup_func = kit_setup,
                                       .teardown_func = kit_teardown};
    }
    kit_on_postgres = postgres;
    return _cmocka_run_group_tests(postgres ? "postgres" : "sqlite", round, count,
                                   postgres ? kit_cluster_setup : NULL,
                                   postgres ? kit_cluster_teardown : NULL);
}

/* Runs the tests on SQLite and, where it is installed, on PostgreSQL. */
static inline int kit_main(const struct CMUnitTest *tests, size_t count)
{
    const struct CMUnitTest missing[] = {cmocka_unit_test(postgres_is_not_installed)};
    int failed = kit_round(tests, count, false);

    cluster_find(&kit_cluster);
    if (kit_cluster.bin[0])
        return failed + kit_round(tests, count, true);
    return failed + _cmocka_run_group_tests("postgres", missing, 1, NULL, NULL);
}

#define KIT_MAIN(tests) kit_main((tests), sizeof(tests) / sizeof((tests)[0]))

#endif
