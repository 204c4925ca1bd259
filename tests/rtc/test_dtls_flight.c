/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of a flight, and when the peer is seen to repeat itself. */
#include "rtc/dtls_flight.h"

#include "base/writer.h"
#include "rtc/dtls_record.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* A datagram of one record: a handshake message in epoch 0, or anything with an explicit nonce in
 * epoch 1. */
static struct span record(uint8_t *buffer, uint16_t epoch, uint32_t seq, uint64_t content)
{
    struct writer w = writer_of(buffer, 64);
    writer_u8(&w, DTLS_HANDSHAKE_MESSAGE);
    writer_u16(&w, DTLS_VERSION_1_2);
    writer_u16(&w, epoch);
    writer_u16(&w, 0);
    writer_u32(&w, seq);
    writer_u16(&w, 8);
    if (epoch == 0) {
        writer_u32(&w, 0x01000000);
        writer_u16(&w, (uint16_t)content); /* message_seq */
        writer_u16(&w, 0);
    } else {
        writer_u64(&w, content);
    }
    return writer_span(&w);
}

static unsigned count(const struct dtls_flight *f)
{
    unsigned n = 0;
    struct span datagram;
    for (size_t cursor = 0; dtls_flight_next(f, &cursor, &datagram);)
        n++;
    return n;
}

static void test_a_new_flight_replaces_the_old(void **state)
{
    (void)state;
    struct dtls_flight *f = dtls_flight_new();
    struct span datagram;
    dtls_flight_add(f, SPAN_LITERAL("first"));
    dtls_flight_add(f, SPAN_LITERAL("second one"));
    assert_int_equal(count(f), 2);
    size_t cursor = 0;
    assert_true(dtls_flight_next(f, &cursor, &datagram));
    assert_true(span_equal(datagram, SPAN_LITERAL("first")));
    assert_true(dtls_flight_next(f, &cursor, &datagram));
    assert_true(span_equal(datagram, SPAN_LITERAL("second one")));
    assert_false(dtls_flight_next(f, &cursor, &datagram));
    f->over = true;
    assert_int_equal(count(f), 2);
    dtls_flight_add(f, SPAN_LITERAL("x"));
    assert_int_equal(count(f), 1);
    dtls_flight_free(f);
}

static void test_a_flight_is_bounded(void **state)
{
    (void)state;
    struct dtls_flight *f = dtls_flight_new();
    static uint8_t large[DTLS_DATAGRAM_MAX + 1];
    dtls_flight_add(f, span_of(large, sizeof large));
    assert_int_equal(count(f), 0);
    for (unsigned i = 0; i < 2 * DTLS_FLIGHT_DATAGRAMS; i++)
        dtls_flight_add(f, span_of(large, DTLS_DATAGRAM_MAX));
    assert_int_equal(count(f), DTLS_FLIGHT_DATAGRAMS);
    dtls_flight_free(f);
}

static void test_repetition(void **state)
{
    (void)state;
    uint8_t b[64];
    struct dtls_flight *f = dtls_flight_new();
    /* Two fragments of the peer's first message, our answer, then one of them again. */
    assert_false(dtls_flight_repeated(f, record(b, 0, 0, 0)));
    assert_false(dtls_flight_repeated(f, record(b, 0, 1, 0)));
    f->answered = true;
    f->answered_seq = f->seen_seq;
    assert_true(dtls_flight_repeated(f, record(b, 0, 2, 0)));
    /* The next flight, until it is answered, repeats nothing, in whatever order it comes. */
    assert_false(dtls_flight_repeated(f, record(b, 0, 4, 2)));
    assert_false(dtls_flight_repeated(f, record(b, 0, 3, 1)));
    f->answered_seq = f->seen_seq;
    assert_true(dtls_flight_repeated(f, record(b, 0, 5, 1)));
    assert_true(dtls_flight_repeated(f, record(b, 0, 6, 2)));
    assert_false(dtls_flight_repeated(f, record(b, 1, 7, 2)));
    assert_false(dtls_flight_repeated(f, SPAN_LITERAL("\x16")));
    dtls_flight_free(f);
}

static void test_epoch_1_goes_on(void **state)
{
    (void)state;
    uint8_t b[64];
    struct dtls_flight *f = dtls_flight_new();
    dtls_flight_add(f, record(b, 0, 9, 0));
    assert_int_equal(f->next_seq, 0);
    dtls_flight_add(f, record(b, 1, 0, 0x1122334455667788));
    assert_int_equal(f->next_seq, 1);
    assert_true(f->next_nonce == 0x1122334455667789);
    dtls_flight_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_flight_replaces_the_old),
        cmocka_unit_test(test_a_flight_is_bounded),
        cmocka_unit_test(test_repetition),
        cmocka_unit_test(test_epoch_1_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
