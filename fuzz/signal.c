/* SPDX-License-Identifier: Apache-2.0 */
/* A signalling message, as a request and as a response. Memory stays within the budget, and what
 * was taken packs into a message that is taken again and packs the same. */
#include <assert.h>

#include "base/limits.h"
#include "wire/signal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(const ProtobufCMessageDescriptor *type, struct span bytes)
{
    /* An arena rounds each block up; the budget counts what was asked for. */
    enum { SLACK = 4 };
    struct arena a, b;

    arena_init(&a);
    arena_init(&b);
    ProtobufCMessage *message = signal_parse(type, bytes, &a);
    assert(a.total_bytes <= SLACK * (bytes.size * LIMIT_SIGNAL_GROWTH + LIMIT_SIGNAL_GROWTH_BASE));
    if (message) {
        struct span once = signal_pack(message, &b);
        ProtobufCMessage *again = signal_parse(type, once, &b);
        /* The budget of a short message cannot run out. */
        assert(again || bytes.size > 256);
        if (again) {
            struct span twice = signal_pack(again, &b);
            assert(span_equal(once, twice));
        }
    }
    arena_fini(&a);
    arena_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run(&livekit__signal_request__descriptor, span_of(data, size));
    run(&livekit__signal_response__descriptor, span_of(data, size));
    return 0;
}
