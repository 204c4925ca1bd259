/* SPDX-License-Identifier: Apache-2.0 */
/* The last flight of a DTLS handshake. Owned by a dtls object, on its worker's thread. */
#include "rtc/dtls_flight.h"

#include "base/mem.h"
#include "base/reader.h"
#include "rtc/dtls_record.h"

#include <stdlib.h>

struct dtls_flight *dtls_flight_new(void)
{
    struct dtls_flight *f = xcalloc(1, sizeof *f);
    f->over = true;
    return f;
}

void dtls_flight_free(struct dtls_flight *f)
{
    if (f)
        free(f->bytes);
    free(f);
}

/* Epoch 1 goes on where OpenSSL stops: its sequence numbers and nonces must not come twice. */
static void note_protected(struct dtls_flight *f, struct span datagram)
{
    struct dtls_record record;
    while (dtls_record_next(&datagram, &record)) {
        struct reader r = reader_of(record.body);
        uint64_t nonce = reader_u64(&r);
        if (record.epoch != 1 || r.bad)
            continue;
        f->next_seq = record.seq + 1;
        f->next_nonce = nonce + 1;
    }
}

void dtls_flight_add(struct dtls_flight *f, struct span datagram)
{
    if (f->over) {
        f->size_bytes = 0;
        f->count = 0;
        f->over = false;
    }
    note_protected(f, datagram);
    if (f->count == DTLS_FLIGHT_DATAGRAMS || datagram.size > DTLS_DATAGRAM_MAX)
        return;
    f->bytes = xrealloc(f->bytes, f->size_bytes + datagram.size);
    memcpy(f->bytes + f->size_bytes, datagram.data, datagram.size);
    f->size_bytes += datagram.size;
    f->sizes[f->count++] = (uint16_t)datagram.size;
}

bool dtls_flight_next(const struct dtls_flight *f, size_t *cursor, struct span *out)
{
    if (*cursor >= f->count)
        return false;
    size_t at = 0;
    for (size_t i = 0; i < *cursor; i++)
        at += f->sizes[i];
    *out = span_of(f->bytes + at, f->sizes[*cursor]);
    ++*cursor;
    return true;
}

bool dtls_flight_repeated(struct dtls_flight *f, struct span datagram)
{
    struct dtls_record record;
    uint16_t seq;
    bool repeated = false;
    while (dtls_record_next(&datagram, &record)) {
        if (!dtls_record_message_seq(&record, &seq))
            continue;
        repeated = repeated || (f->answered && seq <= f->answered_seq);
        if (seq > f->seen_seq)
            f->seen_seq = seq;
    }
    return repeated;
}
