/* SPDX-License-Identifier: Apache-2.0 */
/* A data packet from a data channel. What the router takes must come out of the rewriting with the
 * same route, the new sender and nothing of the old one, within the promised size; protobuf-c,
 * where it takes the result, must agree. */
#include <assert.h>
#include <stdlib.h>

#include "wire/signal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same_route(const struct data_route *a, const struct data_route *b)
{
    return a->is_encrypted == b->is_encrypted && a->is_user == b->is_user &&
           a->has_value == b->has_value && a->sequence == b->sequence &&
           a->key_index == b->key_index &&
           a->destination_identity_count == b->destination_identity_count &&
           a->destination_sid_count == b->destination_sid_count;
}

static void check_with_protobuf(struct span bytes, const struct data_route *route)
{
    struct arena a;

    arena_init(&a);
    Livekit__DataPacket *p =
        (Livekit__DataPacket *)signal_parse(&livekit__data_packet__descriptor, bytes, &a);
    if (p) {
        assert(strcmp(p->participant_identity, "alice") == 0);
        assert(strcmp(p->participant_sid, "PA_a") == 0);
        assert(p->kind == LIVEKIT__DATA_PACKET__KIND__LOSSY);
        assert(p->sequence == route->sequence);
        assert(!route->is_encrypted ||
               p->value_case == LIVEKIT__DATA_PACKET__VALUE_ENCRYPTED_PACKET);
        assert(!route->is_encrypted || p->encrypted_packet->key_index <= route->key_index);
    }
    arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of(data, size), identity = SPAN_LITERAL("alice"),
                sid = SPAN_LITERAL("PA_a");
    struct data_route before, after;
    bool taken = data_route_parse(in, &before);
    uint8_t *out = xmalloc(size + identity.size + sid.size + 16);

    (void)data_route_addresses(in, identity, sid);
    size_t written = data_route_rewrite(in, true, identity, sid, out);
    if (taken) {
        bool again = data_route_parse(span_of(out, written), &after);
        assert(again && same_route(&before, &after));
        check_with_protobuf(span_of(out, written), &before);
    }
    free(out);
    return 0;
}
