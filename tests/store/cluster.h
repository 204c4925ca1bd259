/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: a PostgreSQL server of the test's own, in a folder of its own, reachable by a socket
 * in that folder only, and gone with the test. */
#ifndef TESTS_STORE_CLUSTER_H
#define TESTS_STORE_CLUSTER_H

#include "../temp.h"
#include "base/mem.h"
#include "store/db.h"

#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define CLUSTER_START_TRIES 400
#define CLUSTER_START_PAUSE_US 50000

struct cluster {
    char folder[TEMP_SIZE], data[80];
    char bin[200]; /* where initdb and postgres are; "" when they are not installed */
    pid_t server;
    struct db *admin;
    unsigned databases;
};

/* Debian keeps them out of the PATH, a folder for each version; the newest is the last. */
static inline void cluster_find(struct cluster *c)
{
    glob_t found;

    c->bin[0] = 0;
    if (glob("/usr/lib/postgresql/*/bin", 0, NULL, &found) == 0 && found.gl_pathc > 0)
        snprintf(c->bin, sizeof c->bin, "%s", found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
}

/* The server refuses to run as root. */
static inline void cluster_become_user(void)
{
    const struct passwd *user = getuid() == 0 ? getpwnam("postgres") : NULL;

    if (user && (setgroups(0, NULL) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
        _exit(126);
    /* After setuid, which clears it. */
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
}

static inline pid_t cluster_spawn(const struct cluster *c, const char *const *args)
{
    char path[256];
    pid_t pid;

    snprintf(path, sizeof path, "%s/%s", c->bin, args[0]);
    pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        cluster_become_user();
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        if (chdir(c->folder) == 0)
            execv(path, (char *const *)(uintptr_t)args);
        _exit(127);
    }
    assert_true(pid > 0);
    return pid;
}

static inline char *cluster_url(const struct cluster *c, const char *database)
{
    struct str url;

    str_init(&url);
    str_printf(&url, "postgres://postgres@/%s?host=%s", database, c->folder);
    return str_take(&url);
}

/* Starts the server on the folder's data and connects to it. One that was killed leaves processes
 * that hold on to the data for a moment, in which a new one gives up. */
static inline void cluster_run(struct cluster *c)
{
    const char *const args[] = {"postgres", "-D", c->data, "-k", c->folder,
                                "-h",       "",   "-F",    "-c", "max_connections=40",
                                NULL};
    char *url = cluster_url(c, "postgres");
    int error = -1;

    c->server = cluster_spawn(c, args);
    for (unsigned i = 0; i < CLUSTER_START_TRIES && error; i++) {
        struct str message;
        str_init(&message);
        error = db_open(url, &c->admin, &message);
        str_fini(&message);
        if (error)
            usleep(CLUSTER_START_PAUSE_US);
        if (error && waitpid(c->server, NULL, WNOHANG) != 0)
            c->server = cluster_spawn(c, args);
    }
    assert_int_equal(error, 0);
    free(url);
}

static inline void cluster_start(struct cluster *c)
{
    const char *const args[] = {"initdb", "-D",       c->data, "-N",   "-A",         "trust",
                                "-U",     "postgres", "-E",    "UTF8", "--locale=C", NULL};
    int status = 0;

    assert_non_null(mkdtemp(temp_path(c->folder, "pg")));
    snprintf(c->data, sizeof c->data, "%s/data", c->folder);
    if (getuid() == 0) {
        const struct passwd *user = getpwnam("postgres");
        assert_non_null(user);
        assert_int_equal(chown(c->folder, user->pw_uid, user->pw_gid), 0);
    }
    assert_true(waitpid(cluster_spawn(c, args), &status, 0) > 0);
    assert_int_equal(status, 0);
    cluster_run(c);
}

/* As a machine that loses its power, as far as one can do it to a process. */
static inline void cluster_kill(struct cluster *c)
{
    int status;

    db_close(c->admin);
    c->admin = NULL;
    kill(c->server, SIGKILL);
    waitpid(c->server, &status, 0);
}

static inline int cluster_unlink(const char *path, const struct stat *st, int kind, struct FTW *w)
{
    (void)st;
    (void)kind;
    (void)w;
    return remove(path);
}

static inline void cluster_stop(struct cluster *c)
{
    int status;

    db_close(c->admin);
    kill(c->server, SIGQUIT);
    waitpid(c->server, &status, 0);
    nftw(c->folder, cluster_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

/* A new, empty database; the caller frees its URL. */
static inline char *cluster_database(struct cluster *c)
{
    char name[32], text[64];

    snprintf(name, sizeof name, "test%u", ++c->databases);
    snprintf(text, sizeof text, "CREATE DATABASE %s", name);
    assert_int_equal(db_script(c->admin, text), 0);
    return cluster_url(c, name);
}

#endif
