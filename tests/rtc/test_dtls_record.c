/* SPDX-License-Identifier: Apache-2.0 */
/* DTLS records: splitting datagrams, sealing and opening, the replay window. What another
 * implementation makes of our records is tested in test_dtls. */
#include "rtc/dtls_record.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CLEAR_MAX 1400

struct pair {
    struct dtls_record_layer a, b;
};

static void pair_init(struct pair *p, size_t key_size, uint64_t next_seq)
{
    struct dtls_record_keys ka = {.key_size = key_size, .next_seq = next_seq, .next_nonce = 77};
    memset(ka.write_key, 1, key_size);
    memset(ka.read_key, 2, key_size);
    memset(ka.write_salt, 3, 4);
    memset(ka.read_salt, 4, 4);
    struct dtls_record_keys kb = ka;
    memcpy(kb.write_key, ka.read_key, key_size);
    memcpy(kb.read_key, ka.write_key, key_size);
    memcpy(kb.write_salt, ka.read_salt, 4);
    memcpy(kb.read_salt, ka.write_salt, 4);
    dtls_record_init(&p->a, cipher_best(), &ka);
    dtls_record_init(&p->b, cipher_best(), &kb);
}

static void pair_fini(struct pair *p)
{
    dtls_record_fini(&p->a);
    dtls_record_fini(&p->b);
}

static bool open_datagram(struct dtls_record_layer *l, struct span datagram, uint8_t *clear,
                          size_t *size)
{
    struct dtls_record r;
    return dtls_record_next(&datagram, &r) && dtls_record_open(l, &r, clear, size);
}

static void test_round_trip(void **state)
{
    (void)state;
    static const size_t key_sizes[] = {16, 32}, sizes[] = {0, 1, 15, 16, 17, 1200, CLEAR_MAX};
    for (size_t k = 0; k < 2; k++) {
        struct pair p;
        pair_init(&p, key_sizes[k], 5);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            uint8_t data[CLEAR_MAX], wire[CLEAR_MAX + DTLS_RECORD_OVERHEAD], clear[sizeof wire];
            for (size_t n = 0; n < sizes[i]; n++)
                data[n] = (uint8_t)(n * 7 + i);
            size_t size =
                dtls_record_seal(&p.a, DTLS_APPLICATION_DATA, span_of(data, sizes[i]), wire);
            assert_int_equal(size, sizes[i] + DTLS_RECORD_OVERHEAD);
            struct span rest = span_of(wire, size);
            struct dtls_record r;
            assert_true(dtls_record_next(&rest, &r));
            assert_int_equal(rest.size, 0);
            assert_int_equal(r.type, DTLS_APPLICATION_DATA);
            assert_int_equal(r.epoch, 1);
            assert_int_equal(r.seq, 5 + i);
            size_t clear_size = 0;
            assert_true(dtls_record_open(&p.b, &r, clear, &clear_size));
            assert_int_equal(clear_size, sizes[i]);
            assert_memory_equal(clear, data, clear_size);
        }
        pair_fini(&p);
    }
}

static void test_every_changed_byte_is_refused(void **state)
{
    (void)state;
    struct pair p;
    pair_init(&p, 16, 0);
    uint8_t wire[64], clear[64];
    size_t clear_size, size = dtls_record_seal(&p.a, DTLS_ALERT, SPAN_LITERAL("\1\0"), wire);
    for (size_t i = 0; i < size; i++) {
        wire[i] ^= 1;
        assert_false(open_datagram(&p.b, span_of(wire, size), clear, &clear_size));
        wire[i] ^= 1;
    }
    for (size_t shorter = 0; shorter < size; shorter++)
        assert_false(open_datagram(&p.b, span_of(wire, shorter), clear, &clear_size));
    /* None of that moved the window. */
    assert_true(open_datagram(&p.b, span_of(wire, size), clear, &clear_size));
    assert_false(open_datagram(&p.b, span_of(wire, size), clear, &clear_size));
    pair_fini(&p);
}

static void test_replay_window(void **state)
{
    (void)state;
    /* In the order of arrival. */
    static const struct {
        unsigned seq;
        bool accepted;
    } arrivals[] = {{3, true},   {3, false},   {1, true},    {0, true},  {0, false},  {70, true},
                    {6, false},  {7, true},    {7, false},   {69, true}, {199, true}, {70, false},
                    {136, true}, {135, false}, {199, false}, {198, true}};
    struct pair p;
    pair_init(&p, 16, 0);
    uint8_t wire[200][64], clear[64];
    size_t clear_size, size = 0;
    for (size_t i = 0; i < 200; i++)
        size = dtls_record_seal(&p.a, DTLS_APPLICATION_DATA, SPAN_LITERAL("x"), wire[i]);
    for (size_t i = 0; i < sizeof arrivals / sizeof arrivals[0]; i++)
        assert_int_equal(
            open_datagram(&p.b, span_of(wire[arrivals[i].seq], size), clear, &clear_size),
            arrivals[i].accepted);
    pair_fini(&p);
}

static void test_sequence_numbers_end(void **state)
{
    (void)state;
    struct pair p;
    uint8_t wire[64];
    pair_init(&p, 16, (1ULL << 48) - 1);
    assert_int_not_equal(dtls_record_seal(&p.a, DTLS_ALERT, SPAN_LITERAL("\1\0"), wire), 0);
    assert_int_equal(dtls_record_seal(&p.a, DTLS_ALERT, SPAN_LITERAL("\1\0"), wire), 0);
    pair_fini(&p);
}

static void test_contexts_rest(void **state)
{
    (void)state;
    struct pair p;
    uint8_t wire[64], clear[64];
    size_t clear_size;
    pair_init(&p, 16, 0);
    assert_null(p.a.sealing);
    assert_false(dtls_record_rest(&p.a));
    for (int round = 0; round < 2; round++) {
        size_t size = dtls_record_seal(&p.a, DTLS_APPLICATION_DATA, SPAN_LITERAL("x"), wire);
        assert_true(open_datagram(&p.b, span_of(wire, size), clear, &clear_size));
        assert_true(dtls_record_rest(&p.a)); /* just used */
        assert_non_null(p.a.sealing);
        assert_false(dtls_record_rest(&p.a));
        assert_null(p.a.sealing);
    }
    pair_fini(&p);
}

static void test_datagram_of_records(void **state)
{
    (void)state;
    static const uint8_t datagram[] = {/* a clear handshake message: message_seq 0x0102 */
                                       22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 6, 1, 0, 0, 0, 1,
                                       2,
                                       /* change cipher spec */
                                       20, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 10, 0, 1, 1,
                                       /* epoch 1, sequence number of 48 bits */
                                       22, 0xfe, 0xfd, 0, 1, 1, 2, 3, 4, 5, 6, 0, 0,
                                       /* cut off */
                                       23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 9};
    struct span rest = span_of(datagram, sizeof datagram);
    struct dtls_record r;
    uint16_t seq;
    assert_true(dtls_record_next(&rest, &r));
    assert_int_equal(r.seq, 9);
    assert_true(dtls_record_message_seq(&r, &seq));
    assert_int_equal(seq, 0x0102);
    assert_true(dtls_record_next(&rest, &r));
    assert_int_equal(r.type, DTLS_CHANGE_CIPHER_SPEC);
    assert_false(dtls_record_message_seq(&r, &seq));
    assert_true(dtls_record_next(&rest, &r));
    assert_true(r.seq == 0x010203040506ULL);
    assert_false(dtls_record_message_seq(&r, &seq));
    assert_false(dtls_record_next(&rest, &r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),    cmocka_unit_test(test_every_changed_byte_is_refused),
        cmocka_unit_test(test_replay_window), cmocka_unit_test(test_sequence_numbers_end),
        cmocka_unit_test(test_contexts_rest), cmocka_unit_test(test_datagram_of_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
