/* SPDX-License-Identifier: Apache-2.0 */
/* SRTP and SRTCP against libsrtp2, both ways, under every profile and cipher table. */
#include <srtp2/srtp.h>

#include "srtp_kit.h"

#define PACKETS 2000

static srtp_t oracle_new(enum srtp_profile profile, srtp_ssrc_type_t direction, uint8_t seed)
{
    struct srtp_keys keys = test_keys(seed);
    uint8_t joined[46];
    size_t key_size = srtp_key_size(profile);
    memcpy(joined, keys.key, key_size);
    memcpy(joined + key_size, keys.salt, srtp_salt_size(profile));
    srtp_policy_t policy;
    memset(&policy, 0, sizeof policy);
    srtp_crypto_policy_set_rtp_default(&policy.rtp);
    if (profile == SRTP_AEAD_AES_128_GCM)
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    if (profile == SRTP_AEAD_AES_256_GCM)
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
    policy.rtcp = policy.rtp;
    policy.ssrc.type = direction;
    policy.key = joined;
    policy.window_size = 1024;
    srtp_t s = NULL;
    assert_int_equal(srtp_create(&s, &policy), srtp_err_status_ok);
    return s;
}

static void oracle_opens(enum srtp_profile profile, const struct cipher_ops *ops)
{
    struct ends e = ends_new(profile, ops);
    srtp_t oracle = oracle_new(profile, ssrc_any_inbound, 1);
    uint8_t clear[ROOM], packet[ROOM];
    for (int64_t i = 0; i < PACKETS; i++) {
        int64_t index =
            64000 + (i ^ 1); /* in pairs, the second one first, over the end of the circle */
        size_t header_size, size = put_rtp(clear, 0xdeadbeef, index, &header_size);
        int n = (int)sealed_rtp(e.here, packet, 0xdeadbeef, index);
        assert_int_equal(srtp_unprotect(oracle, packet, &n), srtp_err_status_ok);
        assert_int_equal(n, size);
        assert_memory_equal(packet, clear, size);

        size = put_rtcp(clear, 0xdeadbeef, (size_t)i % 60);
        memcpy(packet, clear, size);
        n = (int)srtp_seal_rtcp(e.here, packet, size);
        assert_int_equal(srtp_unprotect_rtcp(oracle, packet, &n), srtp_err_status_ok);
        assert_int_equal(n, size);
        assert_memory_equal(packet, clear, size);
    }
    srtp_dealloc(oracle);
    ends_free(e);
}

static void what_we_seal_the_oracle_opens(void **state)
{
    (void)state;
    each_variant(oracle_opens);
}

static void oracle_seals(enum srtp_profile profile, const struct cipher_ops *ops)
{
    static uint8_t packets[PACKETS][ROOM];
    static int sizes[PACKETS];
    struct ends e = ends_new(profile, ops);
    srtp_t oracle = oracle_new(profile, ssrc_any_outbound, 100);
    size_t header_size;
    for (int i = 0; i < PACKETS; i++) {
        sizes[i] = (int)put_rtp(packets[i], 0xdeadbeef, 64000 + i, &header_size);
        assert_int_equal(srtp_protect(oracle, packets[i], &sizes[i]), srtp_err_status_ok);
    }
    uint8_t clear[ROOM], packet[ROOM];
    for (int i = 0; i < PACKETS; i++) {
        int at = i / 50 * 50 + 49 - i % 50; /* by fifties, backwards */
        size_t size = (size_t)sizes[at];
        int64_t index = 0;
        assert_int_equal(srtp_open_rtp(e.here, packets[at], &size, &index), SRTP_OK);
        assert_int_equal(index, 65536 + 64000 + at);
        assert_int_equal(size, put_rtp(clear, 0xdeadbeef, 64000 + at, &header_size));
        assert_memory_equal(packets[at], clear, size);

        size = put_rtcp(clear, 0xfeedface, (size_t)i % 60);
        memcpy(packet, clear, size);
        int n = (int)size;
        assert_int_equal(srtp_protect_rtcp(oracle, packet, &n), srtp_err_status_ok);
        size_t sealed_size = (size_t)n;
        assert_int_equal(srtp_open_rtcp(e.here, packet, &sealed_size), SRTP_OK);
        assert_int_equal(sealed_size, size);
        assert_memory_equal(packet, clear, size);
    }
    srtp_dealloc(oracle);
    ends_free(e);
}

static void what_the_oracle_seals_we_open(void **state)
{
    (void)state;
    each_variant(oracle_seals);
}

/* Long enough for a rollover counter of 2, many streams at once. */
static void streams(enum srtp_profile profile, const struct cipher_ops *ops)
{
    struct ends e = ends_new(profile, ops);
    srtp_t oracle = oracle_new(profile, ssrc_any_inbound, 1);
    uint8_t packet[ROOM];
    for (int64_t index = 30000; index < 3 * 65536; index += 9973)
        for (uint32_t ssrc = 1; ssrc <= 20; ssrc++) {
            int n = (int)sealed_rtp(e.here, packet, ssrc, index + ssrc);
            int64_t reported = 0;
            assert_int_equal(opened(e.there, packet, (size_t)n, &reported), SRTP_OK);
            assert_int_equal(reported, 65536 + index + ssrc);
            assert_int_equal(srtp_unprotect(oracle, packet, &n), srtp_err_status_ok);
        }
    srtp_dealloc(oracle);
    ends_free(e);
}

static void streams_roll_over_by_themselves(void **state)
{
    (void)state;
    each_variant(streams);
}

static int setup(void **state)
{
    (void)state;
    return srtp_init() == srtp_err_status_ok ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return srtp_shutdown() == srtp_err_status_ok ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_we_seal_the_oracle_opens),
        cmocka_unit_test(what_the_oracle_seals_we_open),
        cmocka_unit_test(streams_roll_over_by_themselves),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
