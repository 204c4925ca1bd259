/* SPDX-License-Identifier: Apache-2.0 */
/* The vectors of e2ee-vectors.json in C: keys, frames of each codec both ways, data packets, and
 * each with altered bytes. */
#include "e2ee.h"

#include "base/encode.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include <cmocka.h>

static json_t *vectors;
static struct arena arena;
static size_t compared;

static const char *text(json_t *object, const char *name)
{
    const char *found = json_string_value(json_object_get(object, name));
    assert_non_null(found);
    return found;
}

static size_t number(json_t *object, const char *name)
{
    return (size_t)json_integer_value(json_object_get(object, name));
}

static struct span unhex(const char *digits)
{
    size_t size = 0;
    uint8_t *bytes = arena_alloc(&arena, strlen(digits) / 2 + 1);
    assert_true(hex_decode(span_of_str(digits), bytes, strlen(digits) / 2, &size));
    return span_of(bytes, size);
}

static struct span bytes_of(json_t *object, const char *name)
{
    return unhex(text(object, name));
}

static void same(struct span got, struct span wanted, const char *what)
{
    compared++;
    if (!span_equal(got, wanted))
        fail_msg("%s differs", what);
}

static struct span derive(const char *kdf, struct span material, struct span salt, size_t size)
{
    uint8_t *key = arena_alloc(&arena, size);
    bool is_hkdf = strcmp(kdf, "HKDF") == 0;
    assert_true((is_hkdf ? e2ee_hkdf : e2ee_pbkdf2)(material, salt, key, size));
    return span_of(key, size);
}

/* The key with this name in `keys`, whose bytes were checked by test_keys. */
static struct span key_named(json_t *vector)
{
    return bytes_of(json_object_get(json_object_get(vectors, "keys"), text(vector, "key")),
                    "aes_key");
}

static struct e2ee_shape shape_of(json_t *vector)
{
    const char *codec = text(vector, "codec"), *kind = text(vector, "kind");
    return (struct e2ee_shape){
        .kind = strcmp(kind, "audio") == 0 ? E2EE_AUDIO
                : strcmp(kind, "key") == 0 ? E2EE_KEY
                                           : E2EE_DELTA,
        .codec = strcasecmp(codec, "vp8") == 0   ? E2EE_VP8
                 : strcasecmp(codec, "vp9") == 0 ? E2EE_VP9
                 : strcasecmp(codec, "av1") == 0 ? E2EE_AV1
                                                 : E2EE_NAL,
    };
}

/* Reads and opens; `index` is the one that the key has. */
static bool opened(struct e2ee_shape shape, struct span key, size_t index, struct span frame,
                   struct span *out)
{
    struct e2ee_parts parts;
    *out = frame;
    if (frame.size == 0)
        return true;
    return e2ee_frame_read(shape, frame, &arena, &parts) && parts.key_index == index &&
           e2ee_frame_open(&parts, key, &arena, out);
}

/* ---- keys ---- */

static void test_keys(void **state)
{
    (void)state;
    const char *name;
    json_t *v;
    json_object_foreach(json_object_get(vectors, "keys"), name, v)
        same(derive(text(v, "kdf"), bytes_of(v, "material"), span_of_str(text(v, "salt_utf8")),
                    number(v, "bits") / 8),
             bytes_of(v, "aes_key"), name);
    size_t i;
    json_array_foreach(json_object_get(vectors, "kdf"), i, v)
        same(derive(text(v, "kdf"), bytes_of(v, "input_bytes"), bytes_of(v, "salt"),
                    number(v, "key_bits") / 8),
             bytes_of(v, "aes_key"), text(v, "id"));
    json_t *native = json_object_get(vectors, "native");
    json_array_foreach(json_object_get(native, "kdf_from_library_log"), i, v)
        same(derive(text(v, "kdf"), bytes_of(v, "input"), bytes_of(v, "salt"), 16),
             bytes_of(v, "aes_key"), text(v, "input"));
    v = json_object_get(native, "upstream_unit_test");
    same(derive("PBKDF2", bytes_of(v, "material"), bytes_of(v, "salt"), 16), bytes_of(v, "aes_key"),
         "unit test");
}

static void test_steps(void **state)
{
    (void)state;
    size_t i, step;
    json_t *v, *s;
    json_array_foreach(json_object_get(vectors, "ratchet"), i, v)
    {
        json_t *steps = json_object_get(v, "steps");
        const char *kdf =
            strcmp(text(json_object_get(v, "input"), "type"), "string") == 0 ? "PBKDF2" : "HKDF";
        struct span salt = span_of_str(text(v, "salt_utf8"));
        json_array_foreach(steps, step, s)
        {
            struct span material = bytes_of(s, "material");
            same(derive(kdf, material, salt, number(v, "key_bits") / 8), bytes_of(s, "aes_key"),
                 text(v, "id"));
            json_t *next = json_array_get(steps, step + 1);
            if (next)
                same(derive(kdf, material, salt, 32), bytes_of(next, "material"), text(v, "id"));
        }
    }
}

/* ---- frames ---- */

static void check_frame(json_t *v)
{
    struct e2ee_shape shape = shape_of(v);
    struct span key = key_named(v), plain = bytes_of(v, "plain"), frame, back;
    json_t *parts = json_object_get(v, "parts"), *normal = json_object_get(v, "normalised_plain");
    if (!parts) {
        static const uint8_t iv[E2EE_IV];
        assert_false(e2ee_frame_seal(shape, key, 0, iv, plain, &arena, &frame));
        compared++;
        return;
    }
    size_t index = number(v, "key_index");
    assert_true(e2ee_frame_seal(shape, key, (uint8_t)index, bytes_of(parts, "iv").data, plain,
                                &arena, &frame));
    same(frame, bytes_of(v, "encrypted"), text(v, "label"));
    assert_true(opened(shape, key, index, frame, &back));
    same(back, normal ? unhex(json_string_value(normal)) : plain, text(v, "label"));

    struct e2ee_parts found;
    assert_true(e2ee_frame_read(shape, frame, &arena, &found));
    same(found.head, bytes_of(parts, "clear"), "clear");
    same(span_first(found.body, found.body.size - E2EE_TAG), bytes_of(parts, "ciphertext"),
         "ciphertext");
    same(span_from(found.body, found.body.size - E2EE_TAG), bytes_of(parts, "tag"), "tag");
    same(span_of(found.iv, E2EE_IV), bytes_of(parts, "iv"), "IV");

    uint8_t *altered = arena_alloc(&arena, frame.size);
    for (size_t i = 0; i < frame.size; i++) {
        memcpy(altered, frame.data, frame.size);
        altered[i] ^= (uint8_t)(1u << (i & 7));
        if (opened(shape, key, index, span_of(altered, frame.size), &back))
            fail_msg("%s opens with byte %zu altered", text(v, "label"), i);
        compared++;
    }
}

static void test_frames(void **state)
{
    (void)state;
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(vectors, "frames"), i, v) check_frame(v);
}

static void test_sequences(void **state)
{
    (void)state;
    size_t i, k;
    json_t *v, *encrypted;
    json_array_foreach(json_object_get(vectors, "sequences"), i, v)
    {
        if (!json_object_get(v, "timestamps"))
            continue;
        json_array_foreach(json_object_get(v, "encrypted"), k, encrypted)
        {
            struct span plain, wanted = unhex(json_string_value(encrypted)), frame;
            struct e2ee_parts parts;
            assert_true(opened(shape_of(v), key_named(v), 0, wanted, &plain));
            same(plain, bytes_of(v, "plain"), text(v, "id"));
            assert_true(e2ee_frame_read(shape_of(v), wanted, &arena, &parts));
            assert_true(
                e2ee_frame_seal(shape_of(v), key_named(v), 0, parts.iv, plain, &arena, &frame));
            same(frame, wanted, text(v, "id"));
        }
    }
}

static void check_decrypt(json_t *v, json_t *input, json_t *output)
{
    struct span plain, wanted = {NULL, 0};
    bool is_wrong = strcmp(text(v, "key"), "wrong") == 0;
    struct span key = is_wrong ? unhex("00112233445566778899aabbccddeeff") : key_named(v);
    bool good = opened(shape_of(v), key, 0, unhex(json_string_value(input)), &plain);
    if (good != !json_is_null(output))
        fail_msg("%s: opens %d", text(v, "id"), good);
    if (good)
        wanted = unhex(json_string_value(output));
    same(good ? plain : wanted, wanted, text(v, "id"));
}

static void test_decrypt(void **state)
{
    (void)state;
    size_t i, k;
    json_t *v, *one;
    json_array_foreach(json_object_get(vectors, "decrypt"), i, v)
    {
        json_t *input = json_object_get(v, "input"), *output = json_object_get(v, "output");
        if (!json_object_get(v, "key") || !json_object_get(v, "codec"))
            continue;
        if (!json_is_array(input))
            check_decrypt(v, input, output);
        else
            json_array_foreach(input, k, one) check_decrypt(v, one, json_array_get(output, k));
    }
}

static void test_native_frames(void **state)
{
    (void)state;
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(json_object_get(vectors, "native"), "frames"), i, v)
    {
        struct span plain, wanted = bytes_of(v, "encrypted"), frame;
        struct e2ee_parts parts;
        assert_true(opened(shape_of(v), key_named(v), 0, wanted, &plain));
        same(plain, bytes_of(v, "plain"), "native frame");
        assert_true(e2ee_frame_read(shape_of(v), wanted, &arena, &parts));
        assert_true(e2ee_frame_seal(shape_of(v), key_named(v), 0, parts.iv, plain, &arena, &frame));
        same(frame, wanted, "native frame");
    }
}

/* ---- data packets ---- */

static void check_packet(json_t *v)
{
    struct span key = key_named(v), iv = bytes_of(v, "iv"), plain = bytes_of(v, "plain");
    struct span wanted = bytes_of(v, "encrypted_value"), none = {NULL, 0};
    uint8_t *out = arena_alloc(&arena, wanted.size);
    assert_int_equal(iv.size, E2EE_IV);
    assert_true(e2ee_gcm_seal(key, iv.data, none, plain, out));
    same(span_of(out, plain.size + E2EE_TAG), wanted, "packet");
    assert_true(e2ee_gcm_open(key, iv.data, none, wanted, out));
    same(span_of(out, plain.size), plain, "packet");
    uint8_t *altered = arena_alloc(&arena, wanted.size);
    for (size_t i = 0; i < wanted.size; i++) {
        memcpy(altered, wanted.data, wanted.size);
        altered[i] ^= (uint8_t)(1u << (i & 7));
        assert_false(e2ee_gcm_open(key, iv.data, none, span_of(altered, wanted.size), out));
        compared++;
    }
}

static void test_packets(void **state)
{
    (void)state;
    size_t i;
    json_t *v, *native = json_object_get(vectors, "native");
    json_array_foreach(json_object_get(vectors, "data"), i, v) check_packet(v);
    json_array_foreach(json_object_get(native, "data"), i, v) check_packet(v);
    json_array_foreach(json_object_get(native, "js_data_accepted_by_native"), i, v) check_packet(v);
}

static const char *file = TEST_SOURCE_DIR "/tests/vectors/e2ee-vectors.json";

static int load(void **state)
{
    (void)state;
    json_error_t error;
    arena_init(&arena);
    vectors = json_load_file(file, 0, &error);
    return vectors ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    printf("# vectors: %zu comparisons\n", compared);
    json_decref(vectors);
    arena_fini(&arena);
    return compared >= 2368 ? 0 : -1;
}

/* An argument names another file: one with altered bytes must fail. */
int main(int argc, char **argv)
{
    if (argc > 1)
        file = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),    cmocka_unit_test(test_steps),
        cmocka_unit_test(test_frames),  cmocka_unit_test(test_sequences),
        cmocka_unit_test(test_decrypt), cmocka_unit_test(test_native_frames),
        cmocka_unit_test(test_packets),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
