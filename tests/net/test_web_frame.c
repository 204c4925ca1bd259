/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket frames: headers good and bad, masks, sizes, and RFC 6455's own example of the accept
 * key. */
#include "net/web_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct header_case {
    const char *bytes;
    size_t size;
    enum web_frame_result result;
    enum web_opcode opcode;
    bool final;
    uint64_t payload;
};

#define HEADER(s) s, sizeof(s) - 1

static const struct header_case header_cases[] = {
    {HEADER("\x81\x85\x01\x02\x03\x04"), WEB_FRAME_OK, WEB_OPCODE_TEXT, true, 5},
    {HEADER("\x02\x80\x01\x02\x03\x04"), WEB_FRAME_OK, WEB_OPCODE_BINARY, false, 0},
    {HEADER("\x80\xfd\x01\x02\x03\x04"), WEB_FRAME_OK, WEB_OPCODE_CONTINUATION, true, 125},
    {HEADER("\x82\xfe\x00\x7e\x01\x02\x03\x04"), WEB_FRAME_OK, WEB_OPCODE_BINARY, true, 126},
    {HEADER("\x82\xfe\xff\xff\x01\x02\x03\x04"), WEB_FRAME_OK, WEB_OPCODE_BINARY, true, 65535},
    {HEADER("\x82\xff\0\0\0\0\0\1\0\0mask"), WEB_FRAME_OK, WEB_OPCODE_BINARY, true, 65536},
    {HEADER("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xffmask"), WEB_FRAME_OK, WEB_OPCODE_BINARY, true,
     INT64_MAX},
    {HEADER("\x88\x80mask"), WEB_FRAME_OK, WEB_OPCODE_CLOSE, true, 0},
    {HEADER("\x89\xfdmask"), WEB_FRAME_OK, WEB_OPCODE_PING, true, 125},
    {HEADER("\x8a\x80mask"), WEB_FRAME_OK, WEB_OPCODE_PONG, true, 0},
    {HEADER(""), WEB_FRAME_MORE, 0, false, 0},
    {HEADER("\x81"), WEB_FRAME_MORE, 0, false, 0},
    {HEADER("\x81\x85\x01\x02\x03"), WEB_FRAME_MORE, 0, false, 0},
    {HEADER("\x82\xfe\x00"), WEB_FRAME_MORE, 0, false, 0},
    {HEADER("\x82\xff\0\0\0\0\0\1\0\0mas"), WEB_FRAME_MORE, 0, false, 0},
    {HEADER("\x81\x05"), WEB_FRAME_BAD, 0, false, 0}, /* no mask */
    {HEADER("\xc1\x85"), WEB_FRAME_BAD, 0, false, 0}, /* RSV1: compression */
    {HEADER("\xa1\x85"), WEB_FRAME_BAD, 0, false, 0}, /* RSV2 */
    {HEADER("\x91\x85"), WEB_FRAME_BAD, 0, false, 0}, /* RSV3 */
    {HEADER("\x83\x85"), WEB_FRAME_BAD, 0, false, 0}, /* reserved opcodes */
    {HEADER("\x87\x85"), WEB_FRAME_BAD, 0, false, 0},
    {HEADER("\x8b\x85"), WEB_FRAME_BAD, 0, false, 0},
    {HEADER("\x8f\x85"), WEB_FRAME_BAD, 0, false, 0},
    {HEADER("\x09\x80"), WEB_FRAME_BAD, 0, false, 0},             /* fragmented ping */
    {HEADER("\x89\xfe"), WEB_FRAME_BAD, 0, false, 0},             /* long ping */
    {HEADER("\x82\xfe\x00\x7dmask"), WEB_FRAME_BAD, 0, false, 0}, /* not the shortest form */
    {HEADER("\x82\xff\0\0\0\0\0\0\xff\xffmask"), WEB_FRAME_BAD, 0, false, 0},
    {HEADER("\x82\xff\x80\0\0\0\0\0\0\0mask"), WEB_FRAME_BAD, 0, false, 0},
};

static void test_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(header_cases) / sizeof(header_cases[0]); i++) {
        const struct header_case *c = &header_cases[i];
        struct web_frame f;
        assert_int_equal(web_frame_parse(span_of(c->bytes, c->size), &f), c->result);
        if (c->result != WEB_FRAME_OK)
            continue;
        assert_int_equal(f.opcode, c->opcode);
        assert_int_equal(f.final, c->final);
        assert_int_equal(f.size_bytes, c->payload);
        assert_int_equal(f.header_bytes, c->size);
        assert_memory_equal(f.mask, c->bytes + c->size - 4, 4);
    }
}

/* What we write, a client's parser would read; with a mask bit and mask ours does. */
static void test_write_reads_back(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 125, 126, 65535, 65536, 1 << 20};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint8_t bytes[WEB_FRAME_HEADER_MAX + 4] = {0};
        size_t n = web_frame_write(WEB_OPCODE_BINARY, sizes[i], bytes);
        assert_int_equal(bytes[1] & 0x80, 0);
        bytes[1] |= 0x80;
        struct web_frame f;
        assert_int_equal(web_frame_parse(span_of(bytes, n + 4), &f), WEB_FRAME_OK);
        assert_int_equal(f.size_bytes, sizes[i]);
        assert_int_equal(f.header_bytes, n + 4);
        assert_true(f.final);
    }
}

static void test_mask(void **state)
{
    (void)state;
    /* RFC 6455 5.7: "Hello". */
    uint8_t bytes[] = {0x7f, 0x9f, 0x4d, 0x51, 0x58};
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    web_frame_mask(bytes, sizeof(bytes), mask);
    assert_memory_equal(bytes, "Hello", 5);
}

static void test_close_codes(void **state)
{
    (void)state;
    static const uint16_t good[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 3000, 4999};
    static const uint16_t bad[] = {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(web_frame_close_code_valid(good[i]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(web_frame_close_code_valid(bad[i]));
}

static void test_accept(void **state)
{
    (void)state;
    char accept[WEB_FRAME_ACCEPT_SIZE];
    assert_true(web_frame_accept("dGhlIHNhbXBsZSBub25jZQ==", accept));
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    static const char *const bad[] = {
        "",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25j",
        "dGhlIHNhbXBsZSBub25jZWFh",
        "dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ==",
        "!!!!!!!!!!!!!!!!!!!!!!==",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(web_frame_accept(bad[i], accept));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers), cmocka_unit_test(test_write_reads_back),
        cmocka_unit_test(test_mask),    cmocka_unit_test(test_close_codes),
        cmocka_unit_test(test_accept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
