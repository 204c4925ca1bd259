/* SPDX-License-Identifier: Apache-2.0 */
/* `bedrud run` as an operator sees it: start, address, log, signals, exit codes, and what is still
 * there after a kill -9. */
#include "serving.h"

#define LATEST_END_US 7000000

static unsigned validate(uint16_t port, const char *token)
{
    struct str target;
    struct peer *p;

    str_init(&target);
    str_printf(&target, "/rtc/validate?access_token=%s", token);
    unsigned status = site_ask(port, &(struct ask){.method = "GET", .target = target.text}, &p);
    str_fini(&target);
    peer_free(p);
    return status;
}

static void starts_and_stops(void **state)
{
    (void)state;
    struct server s;

    serve(&s, NULL);
    assert_int_equal(validate(s.port, s.token), 200);
    assert_int_equal(validate(s.port, "eyJhbGciOiJub25lIn0.e30."), 401);
    assert_int_equal(end(&s, SIGTERM), 0);
    assert_non_null(strstr(s.err.text, "\"listening\""));
    assert_non_null(strstr(s.err.text, "\"shutting_down\""));
    assert_non_null(strstr(s.err.text, "\"stopped\""));
    server_fini(&s);
    serve(&s, NULL);
    assert_int_equal(end(&s, SIGINT), 0);
    server_fini(&s);
}

/* Neither good tokens nor refused ones, nor anything of a query. */
static void keeps_tokens_out_of_the_log(void **state)
{
    (void)state;
    struct server s;
    struct str target;
    struct peer *p;

    serve(&s, NULL);
    str_init(&target);
    str_printf(&target, "/rtc?access_token=%s&sdk=query-mark", s.token);
    assert_int_equal(site_open(s.port, target.text, &p), 101);
    str_fini(&target);
    assert_int_equal(validate(s.port, "eyJhbGciOiJIUzI1NiJ9.e30.query-mark"), 401);
    assert_int_equal(validate(s.port, s.token + 1), 401);
    assert_int_equal(end(&s, SIGTERM), 0);
    assert_non_null(strstr(s.err.text, "join_refused"));
    assert_null(strstr(s.err.text, "eyJ"));
    assert_null(strstr(s.err.text, s.token + 3));
    assert_null(strstr(s.err.text, "query-mark"));
    assert_null(strstr(s.err.text, "access_token="));
    server_fini(&s);
    peer_free(p);
}

static void tells_clients_to_come_back(void **state)
{
    (void)state;
    struct server s;
    struct str target;
    struct arena a;
    struct peer *p;

    serve(&s, NULL);
    str_init(&target);
    str_printf(&target, "/rtc?access_token=%s", s.token);
    assert_int_equal(site_open(s.port, target.text, &p), 101);
    str_fini(&target);
    arena_init(&a);
    assert_non_null(site_await(p, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN));
    int64_t began_us = clock_now_us();
    kill(s.child.pid, SIGTERM);
    const Livekit__SignalResponse *r = site_await(p, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE);
    assert_non_null(r);
    assert_int_equal(r->leave->action, LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);
    arena_fini(&a);
    assert_int_equal(end(&s, SIGTERM), 0);
    assert_true(clock_now_us() - began_us < LATEST_END_US);
    server_fini(&s);
    peer_free(p);
}

static void keeps_its_key_over_a_kill(void **state)
{
    (void)state;
    struct server first, second;

    serve(&first, NULL);
    assert_int_equal(end(&first, SIGKILL), 128 + SIGKILL);
    serve(&second, NULL);
    assert_int_equal(validate(second.port, first.token), 200);
    assert_int_equal(end(&second, SIGTERM), 0);
    server_fini(&first);
    server_fini(&second);
}

static void takes_the_customary_key_in_dev_only(void **state)
{
    (void)state;
    static const char *const modes[] = {NULL, "--dev"};
    struct token_keys keys = {0};

    token_keys_add(&keys, "devkey", "secret");
    char *token = kit_token(&keys, "r", "i", false, clock_unix_ms() / 1000 + 600);
    for (unsigned i = 0; i < 2; i++) {
        struct server s;
        serve(&s, modes[i]);
        assert_int_equal(validate(s.port, token), i == 0 ? 401 : 200);
        assert_int_equal(end(&s, SIGTERM), 0);
        server_fini(&s);
    }
    free(token);
    token_keys_fini(&keys);
}

static void names_a_busy_port(void **state)
{
    (void)state;
    struct server s;
    char address[32];
    struct addr held = addr_v4(127, 0, 0, 1, 0);
    struct str out, err;
    unsigned failed;
    int error;

    serve(&s, NULL);
    snprintf(address, sizeof address, "127.0.0.1:%u", s.port);
    assert_int_equal(
        child_run((const char *[]){"run", "--listen", address, "--data-dir", folder, NULL}, &out,
                  &err),
        1);
    assert_non_null(strstr(err.text, "listen: "));
    assert_non_null(strstr(err.text, address));
    assert_int_equal(end(&s, SIGTERM), 0);
    server_fini(&s);
    str_fini(&out);
    str_fini(&err);
    struct udp *u = udp_new(&held, 1, &error, &failed);
    assert_non_null(u);
    snprintf(address, sizeof address, "%u", udp_port(u));
    assert_int_equal(child_run((const char *[]){"run", "--listen", "127.0.0.1:0", "--media-port",
                                                address, "--data-dir", folder, NULL},
                               &out, &err),
                     1);
    assert_non_null(strstr(err.text, "media_port: "));
    assert_non_null(strstr(err.text, address));
    udp_free(u);
    str_fini(&out);
    str_fini(&err);
}

static void has_exit_codes(void **state)
{
    (void)state;
    static const struct child_case cases[] = {
        {{"run", "--help"}, 0, "--media-port PORT", NULL},
        {{"run", "--print-config"}, 0, "listen: \"127.0.0.1:8090\" # default", NULL},
        {{"run", "--print-config", "--workers=3"}, 0, "workers: \"3\" # flag", NULL},
        {{"run", "--workers=0"}, 2, NULL, "workers: \"0\""},
        {{"run", "--listen", "nowhere"}, 2, NULL, "listen: \"nowhere\""},
        {{"run", "--listen"}, 2, NULL, "--listen"},
        {{"run", "--frobnicate"}, 2, NULL, "--frobnicate"},
        {{"run", "--dev", "--listen", "0.0.0.0:0"}, 2, NULL, "--dev"},
        {{"run", "--config", "/proc/none.yaml"}, 2, NULL, "/proc/none.yaml"},
        {{"run", "--listen=127.0.0.1:0", "--data-dir=/proc/none"}, 1, NULL, "/proc/none"},
    };

    child_check(cases, sizeof cases / sizeof cases[0]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_and_stops),
        cmocka_unit_test(keeps_tokens_out_of_the_log),
        cmocka_unit_test(tells_clients_to_come_back),
        cmocka_unit_test(keeps_its_key_over_a_kill),
        cmocka_unit_test(takes_the_customary_key_in_dev_only),
        cmocka_unit_test(names_a_busy_port),
        cmocka_unit_test(has_exit_codes),
    };
    if (!child_take_path(argc, argv))
        return 2;
    return cmocka_run_group_tests(tests, setup, teardown);
}
