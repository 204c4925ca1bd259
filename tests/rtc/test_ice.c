/* SPDX-License-Identifier: Apache-2.0 */
/* ICE: the lite side against checks that were made by hand, and against our controlling side, in
 * virtual time. */
#include "rtc/ice.h"

#include "base/heap.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MESSAGE_MAX 600
#define START_US 5000000LL
#define FINGERPRINT_SIZE 8 /* comes last, and MESSAGE-INTEGRITY does not cover it */

struct message {
    uint8_t bytes[MESSAGE_MAX];
    size_t size;
};

struct check {
    const char *ufrag, *pwd;
    bool use_candidate;
    uint8_t transaction;
};

static struct message make_check(const struct check *c)
{
    struct message m;
    char name[64];
    uint8_t transaction[12] = {c->transaction};
    struct writer username = writer_of(name, sizeof name), w = writer_of(m.bytes, sizeof m.bytes);
    writer_bytes(&username, span_of_str(c->ufrag));
    writer_bytes(&username, SPAN_LITERAL(":theirs"));
    stun_write_check(&w, &(struct stun_check){
                             .transaction = span_of(transaction, sizeof transaction),
                             .username = writer_span(&username),
                             .password = span_of_str(c->pwd),
                             .priority = 1,
                             .controlling = true,
                             .use_candidate = c->use_candidate,
                         });
    m.size = writer_size(&w);
    return m;
}

/* Gives the check to the agent; `reply` may be NULL. */
static enum ice_verdict give(struct ice *ice, int64_t now_us, const struct addr *from,
                             const struct message *m, struct message *reply)
{
    struct message unused;
    struct message *out = reply ? reply : &unused;
    struct writer w = writer_of(out->bytes, sizeof out->bytes);
    enum ice_verdict verdict = ice_on_stun(ice, now_us, from, span_of(m->bytes, m->size), &w);
    out->size = writer_size(&w);
    return verdict;
}

static const struct addr phone = {.ip = {[10] = 0xff, [11] = 0xff, [12] = 10, [15] = 1},
                                  .port = 5001};
static const struct addr moved = {.ip = {[10] = 0xff, [11] = 0xff, [12] = 10, [15] = 2},
                                  .port = 5002};

static void test_credentials(void **state)
{
    (void)state;
    struct ice a, b;
    ice_init(&a, ICE_LITE);
    ice_init(&b, ICE_LITE);
    assert_int_equal(strlen(a.local.ufrag), ICE_UFRAG_SIZE);
    assert_int_equal(strlen(a.local.pwd), ICE_PWD_SIZE);
    assert_string_not_equal(a.local.ufrag, b.local.ufrag);
    assert_string_not_equal(a.local.pwd, b.local.pwd);
    assert_int_equal(a.previous.ufrag[0], 0);
}

static void test_lite_answers_and_selects(void **state)
{
    (void)state;
    struct ice ice;
    ice_init(&ice, ICE_LITE);
    struct message reply;
    struct message plain = make_check(&(struct check){ice.local.ufrag, ice.local.pwd, false, 7});
    assert_int_equal(give(&ice, START_US, &phone, &plain, &reply), ICE_CHECKED);
    assert_false(ice.selected);
    assert_true(ice.last_heard_us == START_US);
    struct stun m;
    struct span bytes = span_of(reply.bytes, reply.size);
    assert_true(stun_parse(bytes, &m));
    assert_int_equal(m.class_, STUN_SUCCESS);
    assert_int_equal(m.transaction.data[0], 7);
    assert_true(m.has_fingerprint);
    assert_true(stun_authentic(bytes, &m, span_of_str(ice.local.pwd)));
    assert_memory_equal(m.mapped.ip, phone.ip, 16);
    assert_int_equal(m.mapped.port, phone.port);

    struct message nominate = make_check(&(struct check){ice.local.ufrag, ice.local.pwd, true, 8});
    assert_int_equal(give(&ice, START_US + 1, &phone, &nominate, NULL), ICE_SELECTED);
    assert_true(ice.selected && addr_equal(&ice.remote, &phone));
    assert_int_equal(give(&ice, START_US + 2, &phone, &nominate, NULL), ICE_CHECKED);
    /* A new address is only checked until it is nominated; the latest nomination wins. */
    assert_int_equal(give(&ice, START_US + 3, &moved, &plain, NULL), ICE_CHECKED);
    assert_true(addr_equal(&ice.remote, &phone));
    assert_int_equal(give(&ice, START_US + 4, &moved, &nominate, NULL), ICE_SELECTED);
    assert_true(addr_equal(&ice.remote, &moved));
    assert_true(ice.last_heard_us == START_US + 4);
}

static void test_what_is_not_authentic_changes_nothing(void **state)
{
    (void)state;
    struct ice ice, other;
    ice_init(&ice, ICE_LITE);
    ice_init(&other, ICE_LITE);
    const struct ice before = ice;
    const struct check cases[] = {
        {ice.local.ufrag, other.local.pwd, true, 1},
        {other.local.ufrag, ice.local.pwd, true, 2},
        {"", ice.local.pwd, true, 3},
        {ice.local.ufrag, "", true, 4},
    };
    struct message reply;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct message m = make_check(&cases[i]);
        assert_int_equal(give(&ice, START_US, &phone, &m, &reply), ICE_IGNORED);
        assert_int_equal(reply.size, 0);
    }
    struct message good = make_check(&(struct check){ice.local.ufrag, ice.local.pwd, true, 5});
    for (size_t i = 0; i < good.size - FINGERPRINT_SIZE; i++) {
        good.bytes[i] ^= 0x10;
        assert_int_equal(give(&ice, START_US, &phone, &good, &reply), ICE_IGNORED);
        assert_int_equal(reply.size, 0);
        good.bytes[i] ^= 0x10;
    }
    assert_memory_equal(&ice, &before, sizeof ice);
    assert_int_equal(give(&ice, START_US, &phone, &good, &reply), ICE_SELECTED);
}

static void test_lite_takes_no_responses(void **state)
{
    (void)state;
    struct ice ice;
    struct message m;
    uint8_t transaction[12] = {0};
    ice_init(&ice, ICE_LITE);
    struct writer w = writer_of(m.bytes, sizeof m.bytes);
    stun_write_success(&w, span_of(transaction, sizeof transaction), &phone,
                       span_of_str(ice.local.pwd));
    m.size = writer_size(&w);
    assert_int_equal(give(&ice, START_US, &phone, &m, NULL), ICE_IGNORED);
}

static void test_replies_are_limited(void **state)
{
    (void)state;
    struct ice ice;
    struct message reply;
    ice_init(&ice, ICE_LITE);
    struct message m = make_check(&(struct check){ice.local.ufrag, ice.local.pwd, false, 1});
    unsigned replies = 0;
    for (int i = 0; i < 3 * LIMIT_STUN_PER_TRANSPORT_PER_S; i++) {
        assert_int_equal(give(&ice, START_US + i, &phone, &m, &reply), ICE_CHECKED);
        replies += reply.size > 0;
    }
    assert_int_equal(replies, LIMIT_STUN_PER_TRANSPORT_PER_S);
    give(&ice, START_US + 1000000, &phone, &m, &reply);
    assert_true(reply.size > 0);
}

static void test_restart(void **state)
{
    (void)state;
    struct ice ice;
    ice_init(&ice, ICE_LITE);
    struct ice_credentials first = ice.local;
    struct message old = make_check(&(struct check){first.ufrag, first.pwd, true, 1}), reply;
    assert_int_equal(give(&ice, START_US, &phone, &old, NULL), ICE_SELECTED);
    ice_restart(&ice);
    assert_string_not_equal(ice.local.ufrag, first.ufrag);
    assert_true(ice.selected);
    /* Keepalives with the old credentials go on being answered, with the old password. */
    assert_int_equal(give(&ice, START_US + 1, &phone, &old, &reply), ICE_CHECKED);
    struct stun m;
    assert_true(stun_parse(span_of(reply.bytes, reply.size), &m));
    assert_true(stun_authentic(span_of(reply.bytes, reply.size), &m, span_of_str(first.pwd)));
    /* The new ones, once nominated, end the old ones. */
    struct message plain = make_check(&(struct check){ice.local.ufrag, ice.local.pwd, false, 2});
    assert_int_equal(give(&ice, START_US + 2, &moved, &plain, NULL), ICE_CHECKED);
    assert_int_equal(give(&ice, START_US + 3, &phone, &old, NULL), ICE_CHECKED);
    struct message new = make_check(&(struct check){ice.local.ufrag, ice.local.pwd, true, 3});
    assert_int_equal(give(&ice, START_US + 4, &moved, &new, NULL), ICE_SELECTED);
    assert_int_equal(give(&ice, START_US + 5, &phone, &old, NULL), ICE_IGNORED);
}

static void test_two_restarts_keep_what_is_in_use(void **state)
{
    (void)state;
    struct ice ice;
    ice_init(&ice, ICE_LITE);
    struct message used = make_check(&(struct check){ice.local.ufrag, ice.local.pwd, true, 1});
    assert_int_equal(give(&ice, START_US, &phone, &used, NULL), ICE_SELECTED);
    ice_restart(&ice);
    ice_restart(&ice);
    assert_int_equal(give(&ice, START_US + 1, &phone, &used, NULL), ICE_CHECKED);
}

/* The controlling side. */

static struct message due(struct ice *ice, int64_t now_us, int64_t *next_us)
{
    struct message m;
    struct writer w = writer_of(m.bytes, sizeof m.bytes);
    *next_us = ice_on_time(ice, now_us, &w);
    m.size = writer_size(&w);
    return m;
}

static const struct addr server = {.ip = {[10] = 0xff, [11] = 0xff, [12] = 10, [15] = 9},
                                   .port = 7882};

static void agree(struct ice *client, struct ice *lite)
{
    ice_init(client, ICE_CONTROLLING);
    ice_init(lite, ICE_LITE);
    ice_set_remote(client, lite->local.ufrag, lite->local.pwd);
    ice_set_remote(lite, client->local.ufrag, client->local.pwd);
}

static void test_controlling_checks_until_answered(void **state)
{
    (void)state;
    struct ice client, lite;
    int64_t next_us;
    agree(&client, &lite);
    assert_int_equal(due(&client, START_US, &next_us).size, 0);
    assert_true(next_us == TIME_NEVER);
    ice_set_candidate(&client, &server, START_US);
    struct message first = due(&client, START_US, &next_us), reply;
    assert_true(first.size > 0);
    assert_true(next_us == START_US + 50000);
    assert_int_equal(due(&client, START_US + 49999, &next_us).size, 0);
    assert_true(due(&client, START_US + 50000, &next_us).size > 0);
    /* The answer to the first one may come after the second. */
    assert_int_equal(give(&lite, START_US, &phone, &first, &reply), ICE_SELECTED);
    assert_int_equal(give(&client, START_US + 60000, &moved, &reply, NULL), ICE_IGNORED);
    assert_int_equal(give(&client, START_US + 60000, &server, &reply, NULL), ICE_SELECTED);
    assert_true(addr_equal(&client.remote, &server));
    /* From now on every two seconds. */
    assert_int_equal(due(&client, START_US + 100000, &next_us).size, 0);
    assert_true(next_us == START_US + 2060000);
    struct message keepalive = due(&client, next_us, &next_us);
    assert_int_equal(give(&lite, next_us, &phone, &keepalive, &reply), ICE_CHECKED);
    assert_int_equal(give(&client, next_us, &server, &reply, NULL), ICE_CHECKED);
    assert_true(client.last_heard_us == next_us);
    assert_int_equal(give(&client, next_us, &server, &first, NULL), ICE_IGNORED);
}

static void test_controlling_believes_only_authentic_answers(void **state)
{
    (void)state;
    struct ice client, lite;
    int64_t next_us;
    agree(&client, &lite);
    ice_set_candidate(&client, &server, START_US);
    struct message check = due(&client, START_US, &next_us), reply;
    assert_int_equal(give(&lite, START_US, &phone, &check, &reply), ICE_SELECTED);
    for (size_t i = 0; i < reply.size - FINGERPRINT_SIZE; i++) {
        reply.bytes[i] ^= 1;
        assert_int_equal(give(&client, START_US, &server, &reply, NULL), ICE_IGNORED);
        reply.bytes[i] ^= 1;
    }
    assert_false(client.selected);
    assert_int_equal(give(&client, START_US, &server, &reply, NULL), ICE_SELECTED);
}

static void test_controlling_restart(void **state)
{
    (void)state;
    struct ice client, lite;
    int64_t next_us, now_us = START_US;
    struct message reply;
    agree(&client, &lite);
    ice_set_candidate(&client, &server, now_us);
    struct message check = due(&client, now_us, &next_us);
    give(&lite, now_us, &phone, &check, &reply);
    assert_int_equal(give(&client, now_us, &server, &reply, NULL), ICE_SELECTED);
    ice_restart(&client);
    ice_restart(&lite);
    ice_set_remote(&client, lite.local.ufrag, lite.local.pwd);
    ice_set_remote(&lite, client.local.ufrag, client.local.pwd);
    now_us += 1000;
    check = due(&client, now_us, &next_us);
    assert_true(check.size > 0);
    assert_int_equal(give(&lite, now_us, &moved, &check, &reply), ICE_SELECTED);
    assert_int_equal(give(&client, now_us, &server, &reply, NULL), ICE_CHECKED); /* the same pair */
    assert_true(next_us == now_us + 50000 && client.next_check_us == now_us + 2000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_credentials),
        cmocka_unit_test(test_lite_answers_and_selects),
        cmocka_unit_test(test_what_is_not_authentic_changes_nothing),
        cmocka_unit_test(test_lite_takes_no_responses),
        cmocka_unit_test(test_replies_are_limited),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_two_restarts_keep_what_is_in_use),
        cmocka_unit_test(test_controlling_checks_until_answered),
        cmocka_unit_test(test_controlling_believes_only_authentic_answers),
        cmocka_unit_test(test_controlling_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
