/* SPDX-License-Identifier: Apache-2.0 */
/* SRTP and SRTCP: published vectors, replay, rollover, forgeries. test_srtp_oracle.c has the other
 * implementation. */
#include "rtc/srtp.h"

#include "srtp_kit.h"

/* Vectors. RFC 7714 gives session keys; a table whose key derivation yields just those leads to
 * them. */

static struct {
    uint8_t key[32], salt[12];
} given;

static void given_keys(struct cipher *c, const uint8_t iv[16], struct span in, uint8_t *out)
{
    (void)c;
    static const uint8_t labels[] = {0, 2, 3,
                                     5}; /* RFC 3711 4.3.2; the master salt is all zeroes */
    memset(out, 0, in.size);
    if (iv[7] == labels[0] || iv[7] == labels[2])
        memcpy(out, given.key, in.size);
    if (iv[7] == labels[1] || iv[7] == labels[3])
        memcpy(out, given.salt, in.size);
}

static struct srtp *with_session_keys(const struct gcm_vector *v, struct cipher_ops *rigged)
{
    static const struct srtp_keys zero;
    struct span key = unhex(v->key, given.key, sizeof given.key);
    unhex("517569642070726f2071756f", given.salt, sizeof given.salt);
    *rigged = *cipher_best();
    rigged->ctr_xor = given_keys;
    return srtp_new(key.size == 16 ? SRTP_AEAD_AES_128_GCM : SRTP_AEAD_AES_256_GCM, &zero, &zero,
                    rigged);
}

static void rtp_meets_rfc_7714_16(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct gcm_vector *v = &gcm_vectors[i];
        struct cipher_ops rigged;
        struct srtp *s = with_session_keys(v, &rigged);
        uint8_t packet[128], expected[128], text[64];
        size_t header_size = unhex(v->aad, packet, sizeof packet).size;
        struct span t = unhex(v->text, text, sizeof text);
        size_t size = srtp_seal_rtp(s, packet, header_size, t, 0xf17b);
        struct span sealed = unhex(v->sealed, expected, sizeof expected);
        assert_int_equal(size, header_size + sealed.size);
        assert_memory_equal(packet + header_size, sealed.data, sealed.size);
        int64_t index;
        assert_int_equal(srtp_open_rtp(s, packet, &size, &index), SRTP_OK);
        assert_int_equal(index, 65536 + 0xf17b);
        assert_int_equal(size, header_size + t.size);
        assert_memory_equal(packet + header_size, t.data, t.size);
        srtp_free(s);
    }
}

static void rtcp_meets_rfc_7714_17(void **state)
{
    (void)state;
    for (size_t i = 2; i < 4; i++) {
        const struct gcm_vector *v = &gcm_vectors[i];
        struct cipher_ops rigged;
        struct srtp *s = with_session_keys(v, &rigged);
        uint8_t packet[128], expected[128], text[64];
        struct span t = unhex(v->text, text, sizeof text);
        struct span sealed = unhex(v->sealed, expected, sizeof expected);
        size_t size = 0;
        for (int index = 0; index <= 0x5d4; index++) {
            unhex("81c8000d4d617273", packet, 8);
            memcpy(packet + 8, t.data, t.size);
            size = srtp_seal_rtcp(s, packet, 8 + t.size);
        }
        assert_int_equal(size, 8 + sealed.size + 4);
        assert_memory_equal(packet + 8, sealed.data, sealed.size);
        assert_memory_equal(packet + 8 + sealed.size, "\x80\x00\x05\xd4", 4);
        assert_int_equal(srtp_open_rtcp(s, packet, &size), SRTP_OK);
        assert_int_equal(size, 8 + t.size);
        assert_memory_equal(packet + 8, t.data, t.size);
        srtp_free(s);
    }
}

/* A packet under the master key of RFC 3711 B.3, made by hand from the session keys printed there.
 */
static void keys_meet_rfc_3711_b3(void **state)
{
    (void)state;
    const struct cipher_ops *ops = cipher_best();
    struct srtp_keys master = {{0}, {0}};
    unhex("e1f97a0d3e018be0d64fa32c06de4139", master.key, sizeof master.key);
    unhex("0ec675ad498afeebb6960b3aabe6", master.salt, sizeof master.salt);
    uint8_t key[16], auth[20], iv[16] = {0}, mac[20], expected[64] = {0}, packet[64];
    struct cipher *ctr = ops->ctr_new(unhex("c61e7a93744f39ee10734afe3ff7a087", key, 16));
    struct cipher *hmac =
        ops->hmac_new(unhex("cebe321f6ff7716b6fd4ab49af256a156d38baa4", auth, 20));
    unhex("30cbbc08863d8c85d49db34a9ae1", iv, sizeof iv);
    for (int i = 0; i < 4; i++)
        iv[4 + i] ^= (uint8_t)(0xca + i);           /* SSRC cacbcccd */
    iv[11] ^= 0x02, iv[12] ^= 0x12, iv[13] ^= 0x34; /* rollover counter 2, seq 1234 */
    put_header(expected, 0xcacbcccd, 0x21234, 0);
    ops->ctr_xor(ctr, iv, SPAN_LITERAL("twenty bytes of text"), expected + 12);
    ops->hmac(hmac, span_of(expected, 32), span_of("\0\0\0\2", 4), mac);
    memcpy(expected + 32, mac, 10);

    struct srtp *s = srtp_new(SRTP_AES128_CM_SHA1_80, &master, &master, ops);
    put_header(packet, 0xcacbcccd, 0x21234, 0);
    size_t size = srtp_seal_rtp(s, packet, 12, SPAN_LITERAL("twenty bytes of text"), 0x21234);
    assert_int_equal(size, 42);
    assert_memory_equal(packet, expected, size);
    srtp_free(s);
    ops->free(ctr);
    ops->free(hmac);
}

/* Properties under every profile and table */

static void sizes_of_profiles(void **state)
{
    (void)state;
    static const struct {
        enum srtp_profile profile;
        size_t key, salt, overhead;
    } cases[] = {
        {SRTP_AES128_CM_SHA1_80, 16, 14, 10},
        {SRTP_AEAD_AES_128_GCM, 16, 12, 16},
        {SRTP_AEAD_AES_256_GCM, 32, 12, 16},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(srtp_key_size(cases[i].profile), cases[i].key);
        assert_int_equal(srtp_salt_size(cases[i].profile), cases[i].salt);
        struct ends e = ends_new(cases[i].profile, cipher_best());
        assert_int_equal(srtp_rtp_overhead(e.here), cases[i].overhead);
        ends_free(e);
    }
    assert_int_equal(srtp_key_size(SRTP_NONE), 0);
    assert_int_equal(srtp_salt_size(SRTP_NONE), 0);
    srtp_free(NULL);
}

static void shared_plaintext(enum srtp_profile profile, const struct cipher_ops *ops)
{
    struct ends e = ends_new(profile, ops);
    uint8_t apart[ROOM], inplace[ROOM], text[ROOM];
    size_t header_size, size = put_rtp(text, 7, 65539, &header_size);
    put_header(apart, 7, 65539, 65539 & 3);
    size_t a = srtp_seal_rtp(e.here, apart, header_size,
                             span_of(text + header_size, size - header_size), 65539);
    size_t b = sealed_rtp(e.here, inplace, 7, 65539);
    assert_int_equal(a, size + srtp_rtp_overhead(e.here));
    assert_int_equal(a, b);
    assert_memory_equal(apart, inplace, a);
    ends_free(e);
}

static void sealing_apart_equals_sealing_in_place(void **state)
{
    (void)state;
    each_variant(shared_plaintext);
}

/* In this order of indices, every packet opens once and only once, with the index it was sealed
 * with. */
static void rollover(enum srtp_profile profile, const struct cipher_ops *ops)
{
    static const int64_t order[] = {65533, 65536, 65534,  65538,  65535,  65537,  80000,
                                    79500, 98300, 131000, 131072, 131071, 163000, 195000};
    struct ends e = ends_new(profile, ops);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        uint8_t packet[ROOM];
        int64_t index = 0;
        size_t size = sealed_rtp(e.here, packet, 9, order[i]);
        assert_int_equal(opened(e.there, packet, size, &index), SRTP_OK);
        assert_int_equal(index, 65536 + order[i]);
        assert_int_equal(opened(e.there, packet, size, &index), SRTP_REPLAY);
    }
    ends_free(e);
}

static void rollover_with_reordering(void **state)
{
    (void)state;
    each_variant(rollover);
}

static void start(enum srtp_profile profile, const struct cipher_ops *ops)
{
    struct ends e = ends_new(profile, ops);
    uint8_t packet[ROOM];
    int64_t index = 0;
    for (int64_t i = 5; i >= 0; i--) { /* the first packet arrives last */
        size_t size = sealed_rtp(e.here, packet, 9, i);
        assert_int_equal(opened(e.there, packet, size, &index), SRTP_OK);
        assert_int_equal(index, 65536 + i);
    }
    /* There is nothing below 0: a far sequence number is ahead. */
    size_t size = sealed_rtp(e.here, packet, 9, 65530);
    assert_int_equal(opened(e.there, packet, size, &index), SRTP_OK);
    assert_int_equal(index, 65536 + 65530);
    ends_free(e);
}

static void reordering_at_the_start(void **state)
{
    (void)state;
    each_variant(start);
}

static void window(enum srtp_profile profile, const struct cipher_ops *ops)
{
    static const struct {
        int64_t index;
        enum srtp_verdict verdict;
    } cases[] = {
        {5000, SRTP_OK},
        {5000 - 1023, SRTP_OK},
        {5000 - 1023, SRTP_REPLAY},
        {3976, SRTP_REPLAY},
        {4500, SRTP_OK},
        {5001, SRTP_OK},
        {3977, SRTP_REPLAY},
        {3978, SRTP_OK},
        {4500, SRTP_REPLAY},
        {6024, SRTP_OK},
        {5001, SRTP_REPLAY},
        {5002, SRTP_OK},
        {9000, SRTP_OK},
        {9000 - 1024, SRTP_REPLAY},
        {9000 - 1023, SRTP_OK},
        {8500, SRTP_OK},
        {9000, SRTP_REPLAY},
        {8500, SRTP_REPLAY},
    };
    struct ends e = ends_new(profile, ops);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t packet[ROOM];
        int64_t index = 0;
        size_t size = sealed_rtp(e.here, packet, 3, cases[i].index);
        assert_int_equal(opened(e.there, packet, size, &index), cases[i].verdict);
    }
    ends_free(e);
}

static void replay_window_of_rtp(void **state)
{
    (void)state;
    each_variant(window);
}

static void rtcp_window(enum srtp_profile profile, const struct cipher_ops *ops)
{
    static uint8_t packets[400][128];
    size_t sizes[400];
    struct ends e = ends_new(profile, ops);
    for (size_t i = 0; i < 400; i++)
        sizes[i] = srtp_seal_rtcp(e.here, packets[i], put_rtcp(packets[i], 5, i % 20));
    static const struct {
        size_t index;
        enum srtp_verdict verdict;
    } cases[] = {
        {200, SRTP_OK},           {200, SRTP_REPLAY},       {200 - 127, SRTP_OK},
        {200 - 127, SRTP_REPLAY}, {200 - 128, SRTP_REPLAY}, {0, SRTP_REPLAY},
        {201, SRTP_OK},           {150, SRTP_OK},           {399, SRTP_OK},
        {201, SRTP_REPLAY},       {272, SRTP_OK},           {398, SRTP_OK},
        {272, SRTP_REPLAY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t at = cases[i].index;
        assert_int_equal(opened_rtcp(e.there, packets[at], sizes[at]), cases[i].verdict);
    }
    ends_free(e);
}

static void replay_window_of_rtcp(void **state)
{
    (void)state;
    each_variant(rtcp_window);
}

/* Forgeries: each bit, each length; then the true packet still opens and the forged SSRCs have left
 * nothing behind. */
static void forged_rtp(enum srtp_profile profile, const struct cipher_ops *ops)
{
    struct ends e = ends_new(profile, ops);
    uint8_t packet[ROOM], copy[ROOM];
    int64_t index = 0;
    size_t size = sealed_rtp(e.here, copy, 77, 2), first = size;
    assert_int_equal(opened(e.there, copy, first, &index), SRTP_OK);
    size = sealed_rtp(e.here, packet, 77, 3); /* CSRCs and an extension */
    for (size_t bit = 0; bit < size * 8; bit++) {
        packet[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_not_equal(opened(e.there, packet, size, &index), SRTP_OK);
        packet[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    for (size_t cut = 0; cut < size; cut++)
        assert_int_not_equal(opened(e.there, packet, cut, &index), SRTP_OK);
    assert_int_equal(opened(e.there, packet, size, &index), SRTP_OK);
    assert_int_equal(index, 65536 + 3);

    for (uint32_t ssrc = 1000; ssrc < 1000 + LIMIT_SSRCS_PER_TRANSPORT; ssrc++) {
        bool room = ssrc < 1000 + LIMIT_SSRCS_PER_TRANSPORT - 1; /* 77 has a place */
        size = sealed_rtp(e.here, packet, ssrc, 1);
        assert_int_equal(opened(e.there, packet, size, &index),
                         room ? SRTP_OK : SRTP_TOO_MANY_STREAMS);
    }
    size = sealed_rtp(e.here, packet, 77, 4); /* known ones go on */
    assert_int_equal(opened(e.there, packet, size, &index), SRTP_OK);
    size = sealed_rtp(e.here, packet, 1190, 1);
    assert_int_equal(opened(e.there, packet, size, &index), SRTP_REPLAY);
    ends_free(e);
}

static void forged_rtp_changes_nothing(void **state)
{
    (void)state;
    each_variant(forged_rtp);
}

static void forged_rtcp(enum srtp_profile profile, const struct cipher_ops *ops)
{
    struct ends e = ends_new(profile, ops);
    uint8_t packet[256];
    size_t size = srtp_seal_rtcp(e.here, packet, put_rtcp(packet, 88, 6));
    for (size_t bit = 0; bit < size * 8; bit++) {
        packet[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_not_equal(opened_rtcp(e.there, packet, size), SRTP_OK);
        packet[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    for (size_t cut = 0; cut < size; cut++)
        assert_int_not_equal(opened_rtcp(e.there, packet, cut), SRTP_OK);
    assert_int_equal(opened_rtcp(e.there, packet, size), SRTP_OK);

    for (uint32_t ssrc = 1; ssrc <= LIMIT_SSRCS_PER_TRANSPORT; ssrc++) {
        size = srtp_seal_rtcp(e.here, packet, put_rtcp(packet, 2000 + ssrc, 0));
        assert_int_equal(opened_rtcp(e.there, packet, size),
                         ssrc < LIMIT_SSRCS_PER_TRANSPORT ? SRTP_OK : SRTP_TOO_MANY_STREAMS);
    }
    ends_free(e);
}

static void forged_rtcp_changes_nothing(void **state)
{
    (void)state;
    each_variant(forged_rtcp);
}

static void malformed(enum srtp_profile profile, const struct cipher_ops *ops)
{
    struct ends e = ends_new(profile, ops);
    uint8_t packet[ROOM];
    int64_t index = 0;
    size_t size = sealed_rtp(e.here, packet, 1, 4);
    packet[0] = 0x40; /* version 1 */
    assert_int_equal(opened(e.there, packet, size, &index), SRTP_MALFORMED);
    size = sealed_rtp(e.here, packet, 1, 6); /* an extension */
    packet[14] = 0xff;                       /* that reaches beyond the end */
    assert_int_equal(opened(e.there, packet, size, &index), SRTP_MALFORMED);

    size_t clear_size = put_rtcp(packet, 1, 4);
    size = srtp_seal_rtcp(e.here, packet, clear_size);
    size_t word = clear_size + (profile == SRTP_AES128_CM_SHA1_80 ? 0 : 16);
    packet[word] ^= 0x80; /* not encrypted */
    assert_int_equal(opened_rtcp(e.there, packet, size), SRTP_MALFORMED);
    packet[word] ^= 0x80;
    packet[0] ^= 0x40;
    assert_int_equal(opened_rtcp(e.there, packet, size), SRTP_MALFORMED);
    ends_free(e);
}

static void malformed_packets_are_named_so(void **state)
{
    (void)state;
    each_variant(malformed);
}

static void directions(enum srtp_profile profile, const struct cipher_ops *ops)
{
    struct ends e = ends_new(profile, ops);
    uint8_t packet[ROOM];
    int64_t index = 0;
    size_t size = sealed_rtp(e.here, packet, 1, 1);
    assert_int_equal(opened(e.here, packet, size, &index), SRTP_AUTH); /* reflected */
    assert_int_equal(opened(e.there, packet, size, &index), SRTP_OK);
    size = srtp_seal_rtcp(e.here, packet, put_rtcp(packet, 1, 6));
    assert_int_equal(opened_rtcp(e.here, packet, size), SRTP_AUTH);
    assert_int_equal(opened(e.there, packet, size, &index), SRTP_AUTH); /* RTCP taken for RTP */
    assert_int_equal(opened_rtcp(e.there, packet, size), SRTP_OK);
    ends_free(e);
}

static void directions_and_kinds_have_their_own_keys(void **state)
{
    (void)state;
    each_variant(directions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rtp_meets_rfc_7714_16),
        cmocka_unit_test(rtcp_meets_rfc_7714_17),
        cmocka_unit_test(keys_meet_rfc_3711_b3),
        cmocka_unit_test(sizes_of_profiles),
        cmocka_unit_test(sealing_apart_equals_sealing_in_place),
        cmocka_unit_test(rollover_with_reordering),
        cmocka_unit_test(reordering_at_the_start),
        cmocka_unit_test(replay_window_of_rtp),
        cmocka_unit_test(replay_window_of_rtcp),
        cmocka_unit_test(forged_rtp_changes_nothing),
        cmocka_unit_test(forged_rtcp_changes_nothing),
        cmocka_unit_test(malformed_packets_are_named_so),
        cmocka_unit_test(directions_and_kinds_have_their_own_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
