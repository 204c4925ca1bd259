/* SPDX-License-Identifier: Apache-2.0 */
/* A data channel message. An OPEN written again is the same message, byte for byte but for the
 * parameter of a reliable channel, which says nothing. */
#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "wire/dcep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of(data, size);
    struct dcep_open open;
    bool ack = dcep_is_ack(in), good = dcep_parse_open(in, &open);
    assert(!(ack && good));
    if (!good)
        return 0;
    uint8_t *bytes = xmalloc(size);
    struct writer w = writer_of(bytes, size);
    dcep_write_open(&w, &open);
    assert(!w.bad && writer_size(&w) == size);
    assert(memcmp(bytes, data, 4) == 0);
    assert(open.reliability == DCEP_RELIABLE || memcmp(bytes + 4, data + 4, 4) == 0);
    assert(memcmp(bytes + 8, data + 8, size - 8) == 0);
    free(bytes);
    return 0;
}
