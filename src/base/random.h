/* SPDX-License-Identifier: Apache-2.0 */
/* Randomness. random_bytes is the kernel's; struct random is a seeded generator (xoshiro256**), for
 * simulations and for numbers that need not be secret. Secrets always come from the former. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include "base/span.h"

void random_bytes(void *out, size_t size);
/* `size` letters and digits (62 symbols, unbiased) and a terminating zero: ids, ICE credentials.
 * out takes size + 1. */
void random_text(char *out, size_t size);
uint32_t random_u32(void);
#define RANDOM_UUID_SIZE 37
/* A UUID of version 4 (RFC 9562) as text. */
void random_uuid(char out[RANDOM_UUID_SIZE]);

struct random {
    uint64_t state[4];
};

void random_seed(struct random *r, uint64_t seed);
uint64_t random_next(struct random *r);
/* 0 <= result < bound, unbiased; 0 when bound is 0. */
uint32_t random_below(struct random *r, uint32_t bound);

#endif
