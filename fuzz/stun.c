/* SPDX-License-Identifier: Apache-2.0 */
/* A STUN message from anybody. What is parsed lies within the datagram, the parse does not change
 * it, and a check written from what a request says reads the same again. */
#include <assert.h>

#include "base/limits.h"
#include "wire/stun.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(struct span part, struct span whole)
{
    if (part.size == 0)
        return;
    assert(part.data >= whole.data && part.size <= whole.size);
    assert((size_t)(part.data - whole.data) <= whole.size - part.size);
}

static void write_again(const struct stun *m)
{
    uint8_t bytes[2 * PACKET_CAPACITY];
    struct span password = SPAN_LITERAL("VOkJxbRl1RmTxUk/WvJxBt");
    struct writer w = writer_of(bytes, sizeof(bytes));
    struct stun again;
    struct stun_check check = {.transaction = m->transaction,
                               .username = m->username,
                               .password = password,
                               .priority = m->priority,
                               .tie_breaker = m->tie_breaker,
                               .controlling = m->controlling,
                               .use_candidate = m->use_candidate};
    stun_write_check(&w, &check);
    assert(!w.bad);
    if (writer_size(&w) > PACKET_CAPACITY)
        return;
    bool good = stun_parse(writer_span(&w), &again);
    assert(good && again.has_fingerprint);
    assert(stun_authentic(writer_span(&w), &again, password));
    assert(span_equal(again.username, m->username) && again.priority == m->priority);
    assert(again.controlling == m->controlling && again.use_candidate == m->use_candidate);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of(data, size);
    struct stun m;
    if (!stun_parse(in, &m))
        return 0;
    assert(stun_is(in));
    assert(m.transaction.size == 12);
    assert(m.integrity.size == 0 || m.integrity.size == 20);
    within(m.transaction, in);
    within(m.username, in);
    within(m.integrity_part, in);
    within(m.integrity, in);
    (void)stun_authentic(in, &m, SPAN_LITERAL("VOkJxbRl1RmTxUk/WvJxBt"));
    if (m.class_ == STUN_REQUEST)
        write_again(&m);
    return 0;
}
