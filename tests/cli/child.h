/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the subcommands: the binary as a child process, its output in files, every wait
 * bounded. The binary's path is the test's first argument. */
#ifndef TESTS_CLI_CHILD_H
#define TESTS_CLI_CHILD_H

#include "../temp.h"
#include "base/mem.h"
#include "base/str.h"
#include "net/loop.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define CHILD_WAIT_US 20000000
#define CHILD_LOOK_US 5000
#define CHILD_ARGS 24

static const char *child_binary;

struct child {
    pid_t pid;
    FILE *out, *err;
};

/* Takes the path from the test's own arguments. */
static inline bool child_take_path(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s BINARY\n", argv[0]);
        return false;
    }
    child_binary = argv[1];
    return true;
}

/* `args` ends with NULL and leaves the binary's own name out. */
static inline void child_start(struct child *c, const char *const *args)
{
    char *argv[CHILD_ARGS] = {(char *)(uintptr_t)child_binary};

    for (unsigned i = 0; args[i]; i++) {
        assert_true(i + 2 < CHILD_ARGS);
        argv[i + 1] = (char *)(uintptr_t)args[i];
    }
    c->out = tmpfile();
    c->err = tmpfile();
    assert_non_null(c->out);
    assert_non_null(c->err);
    c->pid = fork();
    if (c->pid == 0) {
        dup2(fileno(c->out), STDOUT_FILENO);
        dup2(fileno(c->err), STDERR_FILENO);
        execv(child_binary, argv);
        _exit(127);
    }
    assert_true(c->pid > 0);
}

/* All that the child has written to the file so far. */
static inline void child_text(FILE *f, struct str *out)
{
    char bytes[4096];
    ssize_t n;

    str_clear(out);
    str_append(out, "");
    while ((n = pread(fileno(f), bytes, sizeof bytes, (off_t)out->size)) > 0)
        str_append_span(out, span_of(bytes, (size_t)n));
}

static inline void child_free(struct child *c)
{
    fclose(c->out);
    fclose(c->err);
}

/* Its exit code, or 128 and the signal that ended it; one that does not end is killed. */
static inline int child_wait(struct child *c)
{
    int64_t end_us = clock_now_us() + CHILD_WAIT_US;
    int status = 0;

    while (waitpid(c->pid, &status, WNOHANG) == 0) {
        if (clock_now_us() > end_us) {
            kill(c->pid, SIGKILL);
            waitpid(c->pid, &status, 0);
            fail_msg("the child did not end");
        }
        usleep(CHILD_LOOK_US);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Waits until the child's output holds `what`. */
static inline void child_await(struct child *c, FILE *f, const char *what, struct str *out)
{
    int64_t end_us = clock_now_us() + CHILD_WAIT_US;

    for (child_text(f, out); !strstr(out->text, what); child_text(f, out)) {
        int status;
        if (clock_now_us() > end_us || waitpid(c->pid, &status, WNOHANG) != 0) {
            struct str err;
            str_init(&err);
            child_text(c->err, &err);
            kill(c->pid, SIGKILL);
            fail_msg("no %s in %s%s", what, out->text, err.text);
        }
        usleep(CHILD_LOOK_US);
    }
}

/* Runs it to its end; both outputs are the caller's. */
static inline int child_run(const char *const *args, struct str *out, struct str *err)
{
    struct child c;

    child_start(&c, args);
    int code = child_wait(&c);
    str_init(out);
    str_init(err);
    child_text(c.out, out);
    child_text(c.err, err);
    child_free(&c);
    return code;
}

struct child_case {
    const char *args[8];
    int code;
    const char *out, *err; /* what each must contain; NULL: it must be empty */
};

static inline void child_check(const struct child_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct str out, err;
        int code = child_run(cases[i].args, &out, &err);
        if (code != cases[i].code || (cases[i].out ? !strstr(out.text, cases[i].out) : out.size) ||
            (cases[i].err ? !strstr(err.text, cases[i].err) : err.size))
            fail_msg("case %zu: code %d\n%s\n%s", i, code, out.text, err.text);
        str_fini(&out);
        str_fini(&err);
    }
}

/* ---- a folder of the test's own ---- */

static inline char *child_folder(void)
{
    char *path = xmalloc(TEMP_SIZE);

    assert_non_null(mkdtemp(temp_path(path, "cli")));
    return path;
}

/* Removes it with what the server makes in it, and nothing else. */
static inline void child_folder_remove(char *path)
{
    static const char *const names[] = {"api-key",   "session-secret", "operator-token", "running",
                                        "bedrud.db", "bedrud.db-wal",  "bedrud.db-shm"};
    struct str file;

    str_init(&file);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        str_clear(&file);
        str_printf(&file, "%s/%s", path, names[i]);
        unlink(file.text);
    }
    assert_int_equal(rmdir(path), 0);
    str_fini(&file);
    free(path);
}

#endif
