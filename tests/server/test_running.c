/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the server of a data directory: while it lives, and not a moment longer. */
#include "../temp.h"
#include "server/running.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[TEMP_SIZE], file[96];

static int setup(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(temp_path(folder, "running")));
    snprintf(file, sizeof file, "%s/running", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(file);
    return rmdir(folder);
}

static void expect(bool runs, const char *url, const char *cert)
{
    struct str got_url, got_cert;

    str_init(&got_url);
    str_init(&got_cert);
    assert_int_equal(running_find(folder, &got_url, &got_cert), runs);
    assert_string_equal(got_url.text, url);
    assert_string_equal(got_cert.text, cert);
    str_fini(&got_url);
    str_fini(&got_cert);
}

static void is_found_while_it_runs(void **state)
{
    (void)state;
    struct stat st;

    expect(false, "", "");
    int fd = running_begin(folder, "https://127.0.0.1:8443", "/a/cert.pem");
    assert_true(fd >= 0);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    expect(true, "https://127.0.0.1:8443", "/a/cert.pem");
    assert_int_equal(running_begin(folder, "http://127.0.0.1:1", NULL), -EWOULDBLOCK);
    expect(true, "https://127.0.0.1:8443", "/a/cert.pem");
    running_end(fd);
    expect(false, "", "");
    fd = running_begin(folder, "http://127.0.0.1:1", NULL);
    assert_true(fd >= 0);
    expect(true, "http://127.0.0.1:1", "");
    running_end(fd);
    assert_int_equal(running_begin("/nowhere", "x", NULL), -ENOENT);
    running_end(-ENOENT);
}

/* A server that was killed leaves its address, and nobody believes it. */
static void is_not_found_after_a_kill(void **state)
{
    (void)state;
    int told[2];
    char byte;

    assert_int_equal(pipe(told), 0);
    pid_t child = fork();
    if (child == 0) {
        if (running_begin(folder, "http://127.0.0.1:5", NULL) >= 0 && write(told[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    assert_int_equal(read(told[0], &byte, 1), 1);
    expect(true, "http://127.0.0.1:5", "");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    expect(false, "", "");
    close(told[0]);
    close(told[1]);
}

/* What the file says while its server has not written it whole. */
static void takes_no_half_address(void **state)
{
    (void)state;
    int fd = running_begin(folder, "http://127.0.0.1:5", NULL);

    assert_int_equal(ftruncate(fd, 5), 0);
    expect(true, "", "");
    running_end(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_found_while_it_runs, setup, teardown),
        cmocka_unit_test_setup_teardown(is_not_found_after_a_kill, setup, teardown),
        cmocka_unit_test_setup_teardown(takes_no_half_address, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
