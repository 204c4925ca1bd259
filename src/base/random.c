/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's randomness, and a seeded generator (xoshiro256** by Blackman and Vigna, seeded
 * through SplitMix64). random_bytes and its relatives are safe on every thread; struct random
 * belongs to its owner. */
#include "base/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void random_bytes(void *out, size_t size)
{
    uint8_t *p = out;
    while (size > 0) {
        ssize_t n = getrandom(p, size, 0);
        if (n < 0 && errno == EINTR)
            continue;
        /* Without randomness there are no secrets: going on would be worse than ending. */
        if (n <= 0)
            abort();
        p += n;
        size -= (size_t)n;
    }
}

void random_text(char *out, size_t size)
{
    static const char symbols[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    uint8_t pool[64];
    size_t used = sizeof(pool), n = 0;
    while (n < size) {
        if (used == sizeof(pool)) {
            random_bytes(pool, sizeof(pool));
            used = 0;
        }
        /* 248 = 4 × 62: the bytes above would favour the first symbols. */
        uint8_t byte = pool[used++];
        if (byte < 248)
            out[n++] = symbols[byte % 62];
    }
    out[size] = '\0';
}

uint32_t random_u32(void)
{
    uint32_t v;
    random_bytes(&v, sizeof(v));
    return v;
}

void random_uuid(char out[RANDOM_UUID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[16];
    size_t n = 0;
    random_bytes(bytes, sizeof(bytes));
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[n++] = '-';
        out[n++] = digits[bytes[i] >> 4];
        out[n++] = digits[bytes[i] & 15];
    }
    out[n] = '\0';
}

void random_seed(struct random *r, uint64_t seed)
{
    for (unsigned i = 0; i < 4; i++) {
        seed += 0x9e3779b97f4a7c15u;
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        r->state[i] = z ^ (z >> 31);
    }
}

static uint64_t rotate_left(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

uint64_t random_next(struct random *r)
{
    uint64_t *s = r->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint32_t random_below(struct random *r, uint32_t bound)
{
    if (bound == 0)
        return 0;
    /* The high word of a 32×32 product is uniform once the few low words that occur too often are
     * drawn again. */
    uint32_t floor = (0u - bound) % bound;
    for (;;) {
        uint64_t product = (random_next(r) >> 32) * bound;
        if ((uint32_t)product >= floor)
            return (uint32_t)(product >> 32);
    }
}
