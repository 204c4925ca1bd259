/* SPDX-License-Identifier: Apache-2.0 */
/* Lines as they leave the process, caught from standard error. */
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int saved_stderr, pipe_read;

static int setup(void **state)
{
    int ends[2];
    (void)state;
    saved_stderr = dup(STDERR_FILENO);
    if (saved_stderr < 0 || pipe(ends) != 0 || dup2(ends[1], STDERR_FILENO) < 0)
        return -1;
    close(ends[1]);
    pipe_read = ends[0];
    log_set_level(LOG_INFO);
    log_set_json(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    close(pipe_read);
    return 0;
}

/* All lines since the last call. A mark ends them, so that the read cannot block. */
static char *caught(void)
{
    static char text[16384];
    size_t n = 0;
    assert_int_equal(write(STDERR_FILENO, "\1", 1), 1);
    do {
        ssize_t got = read(pipe_read, text + n, sizeof(text) - 1 - n);
        assert_true(got > 0);
        n += (size_t)got;
    } while (text[n - 1] != '\1');
    text[n - 1] = '\0';
    return text;
}

/* The time is checked for its form and cut out. */
static const char *after_time(const char *text)
{
    static const char form[] = "0000-00-00T00:00:00.000Z";
    for (size_t i = 0; form[i]; i++)
        assert_true(form[i] == '0' ? text[i] >= '0' && text[i] <= '9' : text[i] == form[i]);
    return text + sizeof(form) - 1;
}

static void test_text(void **state)
{
    (void)state;
    log_event(LOG_INFO, "room_opened", LOG_STR("room", "daily"), LOG_NUM("people", -3));
    assert_string_equal(after_time(caught()), " info  room_opened room=daily people=-3\n");
    log_write(LOG_ERROR, "stopped", NULL, 0);
    assert_string_equal(after_time(caught()), " error stopped\n");
    log_event(LOG_WARN, "x", LOG_STR("none", NULL));
    assert_string_equal(after_time(caught()), " warn  x none=\"\"\n");
}

/* What strangers choose: never a second line, never out of the quotes, never a command to the
 * terminal. */
static void test_hostile_text(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"two words", "\"two words\""},
        {"a=b", "\"a=b\""},
        {"\"", "\"\\\"\""},
        {"\\", "\"\\\\\""},
        {"a\nb error=1", "\"a\\nb error=1\""},
        {"\r\t\x1b[2J\x7f", "\"\\u000d\\u0009\\u001b[2J\\u007f\""},
        {"\xc2\x9b"
         "2J",
         "\"\\u009b2J\""}, /* a C1 control: CSI */
        {"\xc3\xa4\xc2\xa0", "\"\xc3\xa4\xc2\xa0\""},
        {"\xff\xc3", "\"\\ufffd\\ufffd\""},
        {"a\xc2", "\"a\\ufffd\""},
    };
    for (int json = 0; json < 2; json++) {
        log_set_json(json);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            char want[256];
            log_event(LOG_INFO, "e", LOG_STR("k", cases[i].text));
            snprintf(want, sizeof(want), json ? ",\"k\":%s}\n" : " info  e k=%s\n", cases[i].want);
            const char *line = caught();
            const char *rest = json ? strstr(line, ",\"k\"") : after_time(line);
            assert_non_null(rest);
            assert_string_equal(rest, want);
        }
    }
}

static void test_json(void **state)
{
    (void)state;
    log_set_json(1);
    log_event(LOG_INFO, "room_opened", LOG_STR("room", "daily"), LOG_NUM("people", 3));
    const char *line = caught();
    assert_memory_equal(line, "{\"time\":\"", 9);
    assert_string_equal(after_time(line + 9), "\",\"level\":\"info\",\"event\":\"room_opened\","
                                              "\"room\":\"daily\",\"people\":3}\n");
    log_set_json(-1); /* a pipe is no terminal */
    log_write(LOG_INFO, "e", NULL, 0);
    assert_int_equal(caught()[0], '{');
}

static void test_long_text(void **state)
{
    (void)state;
    char text[2001];
    /* Two bytes a sign, once even and once odd: none may be cut in half. */
    for (size_t shift = 0; shift < 2; shift++) {
        for (size_t i = 0; i < 2000; i++)
            text[i] = (i + shift) % 2 ? '\xa4' : '\xc3';
        text[2000] = '\0';
        text[0] = shift ? 'x' : text[0];
        text[1999] = shift ? 'x' : text[1999];
        log_event(LOG_INFO, "e", LOG_STR("k", text));
        const char *line = caught();
        assert_true(strlen(line) > 512 && strlen(line) < 600);
        assert_null(strstr(line, "ufffd"));
    }
}

static void test_levels(void **state)
{
    (void)state;
    static const char *const names[] = {"debug", "info", "warn", "error"};
    enum log_level level = LOG_DEBUG;
    for (int set = LOG_DEBUG; set <= LOG_ERROR; set++) {
        assert_true(log_level_parse(names[set], &level));
        assert_int_equal(level, set);
        log_set_level(level);
        assert_int_equal(log_level(), set);
        for (int l = LOG_DEBUG; l <= LOG_ERROR; l++) {
            log_write((enum log_level)l, "e", NULL, 0);
            assert_int_equal(strlen(caught()) > 0, l >= set);
        }
    }
    assert_false(log_level_parse("INFO", &level));
    assert_false(log_level_parse("", &level));
}

static unsigned lines(const char *text)
{
    unsigned n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void say(enum log_level level)
{
    log_limited(level, 3, "noise", LOG_NUM("n", 1));
}

static void test_limited(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++)
        say(LOG_DEBUG); /* not shown, so it does not count */
    for (unsigned i = 0; i < 10; i++)
        say(LOG_INFO);
    assert_int_equal(lines(caught()), 3);
}

/* The window's end is brought about by moving its start back. */
static void test_window(void **state)
{
    (void)state;
    struct log_limiter l = {0};
    assert_true(log_allow(&l, 2, "noise"));
    assert_true(log_allow(&l, 2, "noise"));
    for (unsigned i = 0; i < 5; i++)
        assert_false(log_allow(&l, 2, "noise"));
    assert_string_equal(caught(), "");
    l.window_start_us -= 10 * 1000000LL;
    assert_true(log_allow(&l, 2, "noise"));
    assert_string_equal(after_time(caught()), " warn  log_suppressed of=noise lines=5\n");
    l.window_start_us -= 10 * 1000000LL;
    assert_true(log_allow(&l, 2, "noise"));
    assert_string_equal(caught(), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_json, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_levels, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limited, setup, teardown),
        cmocka_unit_test_setup_teardown(test_window, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
