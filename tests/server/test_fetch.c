/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to others: what is sent and what comes back, and what is not reached. */
#include "server/fetch.h"

#include "base/limits.h"

#include "sink.h"

static struct sink sink;
static struct fetch *fetch;

static int setup(void **state)
{
    (void)state;
    sink_start(&sink);
    fetch = fetch_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fetch_free(fetch);
    sink_stop(&sink);
    return 0;
}

static bool none_but_public(void *arg, const struct addr *a)
{
    struct addr *asked = arg;

    *asked = *a;
    return addr_is_public(a);
}

static bool all(void *arg, const struct addr *a)
{
    *(struct addr *)arg = *a;
    return true;
}

/* The status. */
static unsigned ask(struct fetch_request r, struct fetch_answer *out)
{
    if (!r.url)
        r.url = sink.url;
    if (!r.answer_most)
        r.answer_most = 1000;
    fetch_ask(fetch, &r, out);
    return out->status;
}

static void sends_and_brings_back(void **state)
{
    (void)state;
    static const char *const headers[] = {"Authorization: secret", "Content-Type: a/b"};
    char url[128];
    struct fetch_answer answer;

    snprintf(url, sizeof url, "%s/a/b", sink.url);
    sink_answer(&sink, 404, span_of_str("the answer"));
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(ask((struct fetch_request){.url = url,
                                                    .headers = headers,
                                                    .header_count = 2,
                                                    .body = span_of_str("the question")},
                             &answer),
                         404);
        assert_string_equal(answer.body.text, "the answer");
        fetch_answer_fini(&answer);
        const struct sink_request *q = sink_await(&sink, i);
        assert_string_equal(q->method, "POST");
        assert_string_equal(q->path, "/a/b");
        assert_string_equal(q->authorization, "secret");
        assert_string_equal(q->content_type, "a/b");
        assert_string_equal((const char *)q->body, "the question");
    }
    assert_int_equal(ask((struct fetch_request){.url = url}, &answer), 404);
    assert_int_equal(sink_await(&sink, 2)->body_size, 0);
    assert_string_equal(sink_await(&sink, 2)->authorization, "");
    fetch_answer_fini(&answer);
}

static void bounds_the_answer(void **state)
{
    (void)state;
    struct fetch_answer answer;

    sink_answer(&sink, 200, span_of_str("12345"));
    assert_int_equal(ask((struct fetch_request){.answer_most = 5}, &answer), 200);
    fetch_answer_fini(&answer);
    assert_int_equal(ask((struct fetch_request){.answer_most = 4}, &answer), 0);
    assert_string_equal(answer.error, "its answer is too long");
    fetch_answer_fini(&answer);
}

/* Also under a name that leads there, and on a connection that was made for somebody else. */
static void asks_before_it_connects(void **state)
{
    (void)state;
    struct fetch_answer answer;
    struct addr asked = {.port = 0};
    char named[64];

    snprintf(named, sizeof named, "http://localhost:%u", sink.port);
    assert_int_equal(ask((struct fetch_request){.url = named}, &answer), 200);
    fetch_answer_fini(&answer);
    const char *const urls[] = {sink.url, named};
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(
            ask((struct fetch_request){.url = urls[i], .may_reach = none_but_public, .arg = &asked},
                &answer),
            0);
        assert_string_equal(answer.error, "its address is not to be reached from here");
        assert_true(addr_is_loopback(&asked));
        assert_int_equal(asked.port, sink.port);
        fetch_answer_fini(&answer);
    }
    assert_int_equal(sink_count(&sink), 1);
    assert_int_equal(ask((struct fetch_request){.may_reach = all, .arg = &asked}, &answer), 200);
    fetch_answer_fini(&answer);
    /* What is not http is not even looked at. */
    assert_int_equal(ask((struct fetch_request){.url = "file:///etc/passwd"}, &answer), 0);
    assert_int_equal(answer.body.size, 0);
    fetch_answer_fini(&answer);
}

static void follows_nobody(void **state)
{
    (void)state;
    struct sink other;
    struct fetch_answer answer;

    sink_start(&other);
    sink_redirect(&sink, other.url);
    assert_int_equal(ask((struct fetch_request){.url = NULL}, &answer), 307);
    fetch_answer_fini(&answer);
    assert_int_equal(sink_count(&other), 0);
    sink_stop(&other);
}

static bool at_once(void *arg)
{
    (void)arg;
    return true;
}

static void ends(void **state)
{
    (void)state;
    struct fetch_answer answer;
    char nobody[64];

    sink_answer(&sink, 0, span_of(NULL, 0));
    assert_int_equal(ask((struct fetch_request){.timeout_ms = 50}, &answer), 0);
    assert_true(answer.timed_out);
    fetch_answer_fini(&answer);
    assert_int_equal(ask((struct fetch_request){.is_over = at_once}, &answer), 0);
    assert_false(answer.timed_out);
    fetch_answer_fini(&answer);
    snprintf(nobody, sizeof nobody, "http://127.0.0.1:1");
    assert_int_equal(ask((struct fetch_request){.url = nobody}, &answer), 0);
    assert_true(strlen(answer.error) > 0);
    fetch_answer_fini(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sends_and_brings_back, setup, teardown),
        cmocka_unit_test_setup_teardown(bounds_the_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(asks_before_it_connects, setup, teardown),
        cmocka_unit_test_setup_teardown(follows_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(ends, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
