/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.1 heads, chunked bodies and replies. */
#include "net/web_http.h"

#include "base/mem.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define H "Host: x\r\n"
#define END "\r\n"

struct head_case {
    const char *text;
    unsigned status;
};

static const struct head_case head_cases[] = {
    {"GET / HTTP/1.1\r\n" H END, 0},
    {"GET / HTTP/1.0\r\n" END, 0},
    {"OPTIONS * HTTP/1.1\r\n" H END, 0},
    {"GET http://x/a HTTP/1.1\r\n" H END, 0},
    {"GET / HTTP/1.9\r\n" H END, 0},
    {"PATCH /a HTTP/1.1\r\n" H "Content-Length: 0\r\n" END, 0},
    {"POST /a HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n" END, 0},
    {"GET / HTTP/1.1\r\n" H "X:\r\n" END, 0},
    {"GET / HTTP/1.1\r\n" H "X: caf\xc3\xa9\tb\r\n" END, 0},
    {"GET / HTTP/1.1\r\n" END, 400}, /* no Host */
    {"GET / HTTP/1.1\r\n" H H END, 400},
    {"GET / HTTP/1.1\n" H END, 400},
    {"GET / HTTP/1.1\r\nHost: x\n" END, 400},
    {"GET / HTTP/1.1\r\n" H "\n", 400},
    {"GET / HTTP/1.1\r\n" H "A: b\rc\r\n" END, 400},
    {"GET / HTTP/1.1\r\n" H " folded: a\r\n" END, 400},
    {"GET / HTTP/1.1\r\n" H "A : b\r\n" END, 400},
    {"GET / HTTP/1.1\r\n" H ": b\r\n" END, 400},
    {"GET / HTTP/1.1\r\n" H "no colon\r\n" END, 400},
    {"GET / HTTP/1.1\r\n" H "A: \x01\r\n" END, 400},
    {"GET  / HTTP/1.1\r\n" H END, 400},
    {"GET / HTTP/1.1 \r\n" H END, 400},
    {"GET /\r\n" H END, 400},
    {"GET\r\n" H END, 400},
    {" GET / HTTP/1.1\r\n" H END, 400},
    {"GET /\xc3\xa9 HTTP/1.1\r\n" H END, 400},
    {"GET a HTTP/1.1\r\n" H END, 400},
    {"GET * HTTP/1.1\r\n" H END, 400},
    {"GET http://x HTTP/1.1\r\n" H END, 400},
    {"GET / HTTP/11\r\n" H END, 400},
    {"GET / http/1.1\r\n" H END, 400},
    {"GET / HTTP/2.0\r\n" H END, 505},
    {"GET / HTTP/0.9\r\n" H END, 505},
    {"PRI * HTTP/2.0\r\n" END, 505},
    {"CONNECT x:1 HTTP/1.1\r\n" H END, 501},
    {"TRACE / HTTP/1.1\r\n" H END, 501},
    {"get / HTTP/1.1\r\n" H END, 501},
    {"G@T / HTTP/1.1\r\n" H END, 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 1\r\n" END, 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 1, 1\r\n" END, 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: -1\r\n" END, 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: +1\r\n" END, 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 0x1\r\n" END, 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: \r\n" END, 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 9999999999999999\r\n" END, 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n" END, 400},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" END,
     400},
    {"POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n" END, 400},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n" END, 501},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n" END, 501},
};

static void test_heads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(head_cases) / sizeof(head_cases[0]); i++) {
        char *text = xstrdup(head_cases[i].text);
        size_t size = strlen(text);
        assert_int_equal(web_http_head_end(span_of(text, size), 0), size);
        struct web_http_head head;
        unsigned status = web_http_head_parse(text, size, &head);
        if (status != head_cases[i].status)
            fail_msg("case %zu: %u instead of %u", i, status, head_cases[i].status);
        free(text);
    }
}

static void test_fields(void **state)
{
    (void)state;
    char text[] =
        "POST //api///room//join?a=%20b&c=//d?e HTTP/1.1\r\nHost: x\r\nX-Name:  a b \t\r\n"
        "CONTENT-LENGTH: 12\r\nExpect: 100-Continue\r\nX-Name: second\r\n\r\n";
    struct web_http_head h;
    assert_int_equal(web_http_head_parse(text, sizeof(text) - 1, &h), 0);
    assert_string_equal(h.method, "POST");
    assert_true(span_equal(h.path, SPAN_LITERAL("/api/room/join")));
    assert_true(span_equal(h.query, SPAN_LITERAL("a=%20b&c=//d?e")));
    assert_int_equal(h.content_length, 12);
    assert_true(h.http_1_1 && h.keep_alive && h.expects_continue);
    assert_false(h.chunked || h.upgrade);
    assert_string_equal(web_http_header(&h, "x-name"), "a b");
    assert_null(web_http_header(&h, "x-none"));
}

struct connection_case {
    const char *version, *headers;
    bool keep_alive, upgrade;
};

static const struct connection_case connection_cases[] = {
    {"1.1", "", true, false},
    {"1.1", "Connection: close\r\n", false, false},
    {"1.1", "Connection: foo, CLOSE ,bar\r\n", false, false},
    {"1.1", "Connection: keep-alive\r\nConnection: close\r\n", false, false},
    {"1.1", "Connection: closed\r\n", true, false},
    {"1.0", "", false, false},
    {"1.0", "Connection: Keep-Alive\r\n", true, false},
    {"1.1", "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n", true, true},
    {"1.1", "Connection: Upgrade\r\nUpgrade: h2c\r\n", true, false},
    {"1.1", "Upgrade: websocket\r\n", true, false},
    {"1.0", "Connection: Upgrade\r\nUpgrade: websocket\r\n", false, false},
};

static void test_connection(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(connection_cases) / sizeof(connection_cases[0]); i++) {
        const struct connection_case *c = &connection_cases[i];
        char text[512];
        int n = snprintf(text, sizeof(text), "GET / HTTP/%s\r\nHost: x\r\n%s\r\n", c->version,
                         c->headers);
        struct web_http_head h;
        assert_int_equal(web_http_head_parse(text, (size_t)n, &h), 0);
        assert_int_equal(h.keep_alive, c->keep_alive);
        assert_int_equal(h.upgrade, c->upgrade);
    }
}

static void test_too_many_headers(void **state)
{
    (void)state;
    for (unsigned extra = 0; extra < 2; extra++) {
        struct str s;
        str_init(&s);
        str_append(&s, "GET / HTTP/1.1\r\nHost: x\r\n");
        for (unsigned i = 1; i < LIMIT_HTTP_HEADERS + extra; i++)
            str_printf(&s, "X-%u: y\r\n", i);
        str_append(&s, "\r\n");
        struct web_http_head h;
        assert_int_equal(web_http_head_parse(s.text, s.size, &h), extra ? 431 : 0);
        str_fini(&s);
    }
}

static void test_head_end_bytewise(void **state)
{
    (void)state;
    static const char text[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\nrest";
    size_t whole = sizeof(text) - 1 - 4, searched = 0;
    for (size_t n = 0; n < whole; n++) {
        assert_int_equal(web_http_head_end(span_of(text, n), searched), 0);
        searched = n;
    }
    assert_int_equal(web_http_head_end(span_of(text, sizeof(text) - 1), searched), whole);
}

struct chunk_case {
    const char *text;
    unsigned status;
    const char *body; /* NULL: not complete */
};

static const struct chunk_case chunk_cases[] = {
    {"0\r\n\r\n", 0, ""},
    {"5\r\nhello\r\n0\r\n\r\n", 0, "hello"},
    {"1\r\na\r\n002\r\nbc\r\n0\r\n\r\n", 0, "abc"},
    {"A\r\n0123456789\r\n0\r\n\r\n", 0, "0123456789"},
    {"3;name=\"v\"\r\nabc\r\n0;x\r\nTrailer: y\r\nZ: z\r\n\r\n", 0, "abc"},
    {"5\r\nhel", 0, NULL},
    {"5\r\nhello\r\n0\r\n", 0, NULL},
    {"", 0, NULL},
    {"\r\n", 400, NULL},
    {"g\r\n", 400, NULL},
    {"-1\r\n", 400, NULL},
    {"5\nhello", 400, NULL},
    {"5 \r\nhello", 400, NULL},
    {"5\r\r\nhello", 400, NULL},
    {"5\r\nhello0\r\n\r\n", 400, NULL},
    {"5\r\nhello\n0\r\n\r\n", 400, NULL},
    {";x\r\n", 400, NULL},
    {"0000000000000001\r\n", 400, NULL},
    {"0\r\nTrailer: y\n\r\n", 400, NULL},
    {"21\r\n", 413, NULL}, /* the limit is 32 */
    {"20\r\n01234567890123456789012345678901\r\n1\r\n", 413, NULL},
    {"fffffffffffffff\r\n", 413, NULL},
};

/* The whole at once, then byte by byte: the same. */
static void test_chunks(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(chunk_cases) / sizeof(chunk_cases[0]); i++) {
        const struct chunk_case *c = &chunk_cases[i / 2];
        struct span in = span_of_str(c->text);
        size_t step = i % 2 ? 1 : in.size + 1;
        struct web_http_chunks chunks = {0};
        struct web_buffer body = {0};
        unsigned status = 0;
        while (in.size > 0 && status == 0 && chunks.state != WEB_CHUNK_DONE) {
            size_t used;
            status = web_http_chunks_read(&chunks, span_first(in, step), 32, &body, &used);
            in = span_from(in, used);
        }
        if (status != c->status)
            fail_msg("case %zu: %u instead of %u", i / 2, status, c->status);
        assert_int_equal(status == 0 && chunks.state == WEB_CHUNK_DONE, c->body != NULL);
        if (c->body)
            assert_true(span_equal(web_buffer_span(&body), span_of_str(c->body)));
        web_buffer_clear(&body);
    }
}

static void test_chunk_extras_are_bounded(void **state)
{
    (void)state;
    struct web_http_chunks chunks = {0};
    struct web_buffer body = {0};
    unsigned status = 0;
    size_t used, fed = 0;
    for (; fed < 100000 && status == 0; fed += 16)
        status = web_http_chunks_read(&chunks, SPAN_LITERAL("1;extension=a\r\nx\r\n"), 100000,
                                      &body, &used);
    assert_int_equal(status, 400);
    web_buffer_clear(&body);
}

static void expect_reply(struct web_reply reply, struct web_http_form form, const char *expected)
{
    struct web_buffer out = {0};
    web_http_reply_write(&reply, form, &out);
    struct span got = web_buffer_span(&out);
    if (!span_equal(got, span_of_str(expected)))
        fail_msg("got: %.*s", (int)got.size, (const char *)got.data);
    web_buffer_clear(&out);
}

static void test_replies(void **state)
{
    (void)state;
    static const struct web_header headers[] = {
        {"Access-Control-Allow-Origin", "*"},
        {"X-Bad", "a\r\nSet-Cookie: b"},
        {"X Bad", "a"},
    };
    struct web_reply r = {200, "text/plain", headers, 3, SPAN_LITERAL("hello")};
    expect_reply(r, (struct web_http_form){.keep_alive = true, .http_1_1 = true},
                 "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nAccess-Control-Allow-Origin: *\r\n"
                 "Content-Length: 5\r\n\r\nhello");
    r.header_count = 0;
    expect_reply(r, (struct web_http_form){.head_only = true, .http_1_1 = true},
                 "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n"
                 "Connection: close\r\n\r\n");
    r.status = 204;
    expect_reply(r, (struct web_http_form){.keep_alive = true},
                 "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n");
    assert_string_equal(web_http_reason(599), "Status");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_connection),
        cmocka_unit_test(test_too_many_headers),
        cmocka_unit_test(test_head_end_bytewise),
        cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_chunk_extras_are_bounded),
        cmocka_unit_test(test_replies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
