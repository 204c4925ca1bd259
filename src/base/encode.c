/* SPDX-License-Identifier: Apache-2.0 */
/* Text encodings with strict decoders. Owns nothing; safe on every thread. */
#include "base/encode.h"

static const char hex_digits[] = "0123456789abcdef";
static const char standard_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void hex_encode(struct span in, char *out)
{
    for (size_t i = 0; i < in.size; i++) {
        *out++ = hex_digits[in.data[i] >> 4];
        *out++ = hex_digits[in.data[i] & 15];
    }
    *out = '\0';
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool hex_decode(struct span text, uint8_t *out, size_t capacity, size_t *size)
{
    if (text.size % 2 != 0 || text.size / 2 > capacity)
        return false;
    for (size_t i = 0; i < text.size / 2; i++) {
        int high = hex_value(text.data[2 * i]), low = hex_value(text.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    *size = text.size / 2;
    return true;
}

/* Returns the end of what it wrote, where the terminating zero stands. */
static char *encode64(struct span in, const char *alphabet, bool pad, char *out)
{
    size_t i = 0;
    for (; in.size - i >= 3; i += 3) {
        uint32_t v = (uint32_t)in.data[i] << 16 | (uint32_t)in.data[i + 1] << 8 | in.data[i + 2];
        *out++ = alphabet[v >> 18];
        *out++ = alphabet[v >> 12 & 63];
        *out++ = alphabet[v >> 6 & 63];
        *out++ = alphabet[v & 63];
    }
    size_t left = in.size - i;
    if (left > 0) {
        uint32_t v = (uint32_t)in.data[i] << 16;
        if (left == 2)
            v |= (uint32_t)in.data[i + 1] << 8;
        *out++ = alphabet[v >> 18];
        *out++ = alphabet[v >> 12 & 63];
        if (left == 2)
            *out++ = alphabet[v >> 6 & 63];
        for (size_t n = left; pad && n < 3; n++)
            *out++ = '=';
    }
    *out = '\0';
    return out;
}

void base64_encode(struct span in, char *out)
{
    encode64(in, standard_alphabet, true, out);
}

void base64url_encode(struct span in, char *out)
{
    encode64(in, url_alphabet, false, out);
}

static int base64_value(uint8_t c, bool url)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (url ? '-' : '+'))
        return 62;
    if (c == (url ? '_' : '/'))
        return 63;
    return -1;
}

/* Text without padding. One text per value: bits that no byte takes up must be zero. */
static bool decode64(struct span text, bool url, uint8_t *out, size_t capacity, size_t *size)
{
    size_t n = 0;
    uint32_t bits = 0;
    unsigned have = 0;
    if (text.size % 4 == 1)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        int value = base64_value(text.data[i], url);
        if (value < 0)
            return false;
        bits = (bits << 6 | (uint32_t)value) & 0xffff;
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        if (n == capacity)
            return false;
        out[n++] = (uint8_t)(bits >> have);
    }
    if ((bits & ((1u << have) - 1)) != 0)
        return false;
    *size = n;
    return true;
}

static size_t padding_of(struct span text)
{
    size_t n = 0;
    while (n < 2 && n < text.size && text.data[text.size - 1 - n] == '=')
        n++;
    return n;
}

bool base64_decode(struct span text, uint8_t *out, size_t capacity, size_t *size)
{
    if (text.size % 4 != 0)
        return false;
    return decode64(span_first(text, text.size - padding_of(text)), false, out, capacity, size);
}

bool base64url_decode(struct span text, uint8_t *out, size_t capacity, size_t *size)
{
    size_t padding = padding_of(text);
    if (padding > 0 && text.size % 4 != 0)
        return false;
    return decode64(span_first(text, text.size - padding), true, out, capacity, size);
}

bool percent_decode(struct span text, bool plus_is_space, struct str *out)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = (char)text.data[i];
        if (c == '%') {
            if (text.size - i < 3)
                return false;
            int high = hex_value(text.data[i + 1]), low = hex_value(text.data[i + 2]);
            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == '\0')
            return false;
        str_append_char(out, c);
    }
    return true;
}

/* Bytes of the sequence at the front of the text, 0 when it is not well-formed (Unicode, table
 * 3-7). */
static size_t utf8_sequence(const uint8_t *p, size_t size)
{
    uint8_t low = 0x80, high = 0xbf;
    size_t n;
    if (p[0] < 0x80)
        return p[0] ? 1 : 0;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        n = 2;
    else if (p[0] >= 0xe0 && p[0] <= 0xef)
        n = 3;
    else if (p[0] >= 0xf0 && p[0] <= 0xf4)
        n = 4;
    else
        return 0;
    if (size < n)
        return 0;
    /* The second byte keeps out overlong forms, surrogates and what lies beyond U+10FFFF. */
    if (p[0] == 0xe0)
        low = 0xa0;
    else if (p[0] == 0xed)
        high = 0x9f;
    else if (p[0] == 0xf0)
        low = 0x90;
    else if (p[0] == 0xf4)
        high = 0x8f;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

bool utf8_valid(struct span text)
{
    for (size_t i = 0; i < text.size;) {
        size_t n = utf8_sequence(text.data + i, text.size - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}
