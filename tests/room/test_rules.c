/* SPDX-License-Identifier: Apache-2.0 */
/* What is allowed, as tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/mem.h"
#include "room/rules.h"

#define CAMERA LIVEKIT__TRACK_SOURCE__CAMERA
#define MICROPHONE LIVEKIT__TRACK_SOURCE__MICROPHONE

static void test_sources(void **state)
{
    (void)state;
    const struct permission none = {.can_publish = false}, all = {.can_publish = true},
                            mic = {.can_publish = true, .sources = 1u << MICROPHONE};

    assert_false(rules_may_publish_source(&none, MICROPHONE));
    assert_true(rules_may_publish_source(&all, CAMERA));
    assert_true(rules_may_publish_source(&all, 99));
    assert_true(rules_may_publish_source(&mic, MICROPHONE));
    assert_false(rules_may_publish_source(&mic, CAMERA));
    assert_false(rules_may_publish_source(&mic, 99));
    assert_false(rules_may_publish_source(&mic, -1));
}

static char long_name[LIMIT_CID + 2];

static void test_add_track(void **state)
{
    (void)state;
    memset(long_name, 'x', sizeof long_name - 1);
    static const struct {
        const char *cid, *sid, *name;
        int type, source, encryption;
        bool e2ee;
        unsigned tracks, pending;
        size_t layers;
        enum rules_verdict expected;
    } cases[] = {
        {"c", "", "", 0, MICROPHONE, 0, false, 0, 0, 0, RULES_OK},
        {"c", "", "", 1, MICROPHONE, 0, false, 0, 0, 0, RULES_OK},
        {"c", "", "", 0, CAMERA, 0, false, 0, 0, 0, RULES_NOT_ALLOWED},
        {"c", "TR_1", "", 1, MICROPHONE, 0, false, 0, 0, 0, RULES_NOT_ALLOWED},
        {"c", "", "", 2, MICROPHONE, 0, false, 0, 0, 0, RULES_UNSUPPORTED_TYPE},
        {"", "", "", 0, MICROPHONE, 0, false, 0, 0, 0, RULES_INVALID_REQUEST},
        {long_name, "", "", 0, MICROPHONE, 0, false, 0, 0, 0, RULES_INVALID_REQUEST},
        {"c", "", long_name, 0, MICROPHONE, 0, false, 0, 0, 0, RULES_INVALID_REQUEST},
        {"c", "", "", 0, MICROPHONE, 0, false, 0, 0, 17, RULES_INVALID_REQUEST},
        {"c", "", "", 0, MICROPHONE, 0, true, 0, 0, 0, RULES_CLEAR_TRACK},
        {"c", "", "", 0, MICROPHONE, 1, true, 0, 0, 0, RULES_OK},
        {"c", "", "", 0, MICROPHONE, 2, true, 0, 0, 0, RULES_OK},
        {"c", "", "", 0, MICROPHONE, 1, false, 0, 0, 0, RULES_OK},
        {"c", "", "", 0, MICROPHONE, 0, false, 31, 0, 0, RULES_OK},
        {"c", "", "", 0, MICROPHONE, 0, false, 32, 0, 0, RULES_LIMIT_EXCEEDED},
        {"c", "", "", 0, MICROPHONE, 0, false, 20, 20, 0, RULES_LIMIT_EXCEEDED},
    };
    const struct permission mic = {.can_publish = true, .sources = 1u << MICROPHONE};
    Livekit__VideoLayer layer = LIVEKIT__VIDEO_LAYER__INIT, *layers[17];

    for (size_t i = 0; i < 17; i++)
        layers[i] = &layer;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Livekit__AddTrackRequest r = LIVEKIT__ADD_TRACK_REQUEST__INIT;
        struct rules_publish p = {&mic, cases[i].e2ee, cases[i].tracks, cases[i].pending};
        r.cid = (char *)(uintptr_t)cases[i].cid;
        r.sid = (char *)(uintptr_t)cases[i].sid;
        r.name = (char *)(uintptr_t)cases[i].name;
        r.type = (Livekit__TrackType)cases[i].type;
        r.source = (Livekit__TrackSource)cases[i].source;
        r.encryption = (Livekit__Encryption__Type)cases[i].encryption;
        r.layers = layers;
        r.n_layers = cases[i].layers;
        if (rules_add_track(&p, &r) != cases[i].expected)
            fail_msg("case %zu", i);
    }
}

static void test_codecs(void **state)
{
    (void)state;
    static const struct {
        const char *browser, *os;
        bool h264;
    } cases[] = {{"Firefox", "Linux", false}, {"firefox", "android", false},
                 {"firefox", "macOS", true},  {"Chrome", "Linux", true},
                 {NULL, "linux", true},       {"firefox", NULL, true}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct grant g = {.browser = (char *)(uintptr_t)cases[i].browser,
                          .os = (char *)(uintptr_t)cases[i].os};
        assert_int_equal(rules_may_send_codec(&g, CODEC_H264), cases[i].h264);
        assert_true(rules_may_send_codec(&g, CODEC_VP8));
    }
}

static void test_data(void **state)
{
    (void)state;
    const struct data_route clear = {.has_value = true, .is_user = true},
                            notice = {.has_value = true, .is_user = true, .is_notice = true},
                            sealed = {.has_value = true, .is_encrypted = true, .key_index = 15},
                            beyond = {.has_value = true, .is_encrypted = true, .key_index = 16};

    assert_int_equal(rules_data(false, &clear), RULES_DATA_OK);
    assert_int_equal(rules_data(false, &sealed), RULES_DATA_OK);
    assert_int_equal(rules_data(false, &notice), RULES_DATA_FORGED);
    assert_int_equal(rules_data(true, &clear), RULES_DATA_CLEAR);
    assert_int_equal(rules_data(true, &notice), RULES_DATA_CLEAR);
    assert_int_equal(rules_data(true, &sealed), RULES_DATA_OK);
    assert_int_equal(rules_data(true, &beyond), RULES_DATA_KEY_INDEX);
    assert_int_equal(rules_data(false, &beyond), RULES_DATA_KEY_INDEX);
}

static void test_texts(void **state)
{
    (void)state;
    char *text = xcalloc(1, LIMIT_METADATA + 2);

    memset(text, 'x', LIMIT_METADATA);
    assert_true(rules_texts_fit("name", text));
    assert_false(rules_texts_fit(text, ""));
    text[LIMIT_METADATA] = 'x';
    assert_false(rules_texts_fit("", text));
    assert_true(rules_texts_fit(NULL, NULL));
    free(text);
}

static void test_attributes(void **state)
{
    (void)state;
    Livekit__UpdateParticipantMetadata__AttributesEntry
        entry = LIVEKIT__UPDATE_PARTICIPANT_METADATA__ATTRIBUTES_ENTRY__INIT,
        *list[LIMIT_ATTRIBUTE_COUNT + 1];
    char *half = xcalloc(1, LIMIT_ATTRIBUTES / 2 + 2);
    struct grant empty = {0}, *g = grant_copy(&empty);

    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        list[i] = &entry;
    memset(half, 'x', LIMIT_ATTRIBUTES / 2);
    grant_set_attribute(g, "a", half);
    entry.key = (char *)(uintptr_t) "b";
    entry.value = half;
    assert_false(rules_attributes_fit(g, list, 1));
    entry.key = (char *)(uintptr_t) "a"; /* replaces */
    assert_true(rules_attributes_fit(g, list, 1));
    entry.value = (char *)(uintptr_t) "";
    assert_true(rules_attributes_fit(g, list, 1));
    assert_false(rules_attributes_fit(g, list, LIMIT_ATTRIBUTE_COUNT + 1));
    grant_free(g);
    free(half);
}

static void test_permission(void **state)
{
    (void)state;
    Livekit__TrackSource sources[] = {CAMERA, (Livekit__TrackSource)77};
    Livekit__ParticipantPermission p = LIVEKIT__PARTICIPANT_PERMISSION__INIT;
    const struct permission before = {.hidden = true, .can_subscribe = true};

    p.can_publish = true;
    p.can_publish_sources = sources;
    p.n_can_publish_sources = 2;
    struct permission out = rules_permission(&p, &before);
    assert_true(out.can_publish && out.hidden);
    assert_false(out.can_subscribe);
    assert_int_equal(out.sources, 1u << CAMERA);
}

static void test_e2ee(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool expected;
    } cases[] = {
        {"{\"e2ee\":true}", true},
        {" { \"a\" : [1, {\"b\":null}, -0.5e+3] , \"e2ee\" : true } \n", true},
        {"{\"e2ee\":true,\"e2ee\":false}", true},
        {"{\"e2e\\u0065\":true}", true},
        {"{\"x\":\"\\\"\\\\\\u00e9\",\"e2ee\":true}", true},
        {"{}", false},
        {"", false},
        {"true", false},
        {"[{\"e2ee\":true}]", false},
        {"{\"a\":{\"e2ee\":true}}", false},
        {"{\"a\":\"e2ee\",\"b\":true}", false},
        {"{\"e2ee\":false}", false},
        {"{\"e2ee\":\"true\"}", false},
        {"{\"e2ee\":1}", false},
        {"{\"e2ee\":[true]}", false},
        {"{\"E2EE\":true}", false},
        {"{\"e2ee2\":true}", false},
        {"{\"e2e\":true}", false},
        {"{e2ee:true}", false},
        {"{\"e2ee\":true", false},
        {"{\"e2ee\":true,}", false},
        {"{\"e2ee\":true}x", false},
        {"{\"e2ee\":true}{}", false},
        {"{\"e2ee\" true}", false},
        {"{\"e2ee\":tru}", false},
        {"{\"e2ee\":true,\"a\":01}", false},
        {"{\"e2ee\":true,\"a\":1.}", false},
        {"{\"e2ee\":true,\"a\":-}", false},
        {"{\"e2ee\":true,\"a\":1e}", false},
        {"{\"e2ee\":true,\"a\":\"\n\"}", false},
        {"{\"e2ee\":true,\"a\":\"\\x\"}", false},
        {"{\"e2ee\":true,\"a\":\"\\u12g4\"}", false},
        {"{\"e2ee\":true,\"a\":\"\xff\"}", false},
        {"{\"e2ee\":true,\"a\":[1 2]}", false},
        {"{\"e2ee\":true,\"a\":[1}}", false},
        {"{\"e2ee\":true,\"a\"", false},
        {"{\"e2ee\":true,\"a", false},
        {"{\"e2ee\":true,\"a\\", false},
        {"{,\"e2ee\":true}", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (rules_metadata_is_e2ee(span_of_str(cases[i].text)) != cases[i].expected)
            fail_msg("%s", cases[i].text);
}

static void test_deep_metadata(void **state)
{
    (void)state;
    char text[512] = "{\"e2ee\":true,\"a\":";
    size_t head = strlen(text);

    memset(text + head, '[', 31);
    memset(text + head + 31, ']', 31);
    memcpy(text + head + 62, "}", 2);
    assert_true(rules_metadata_is_e2ee(span_of_str(text)));
    memset(text + head, '[', 200);
    memset(text + head + 200, ']', 200);
    memcpy(text + head + 400, "}", 2);
    assert_false(rules_metadata_is_e2ee(span_of_str(text)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources),       cmocka_unit_test(test_add_track),
        cmocka_unit_test(test_codecs),        cmocka_unit_test(test_data),
        cmocka_unit_test(test_texts),         cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_permission),    cmocka_unit_test(test_e2ee),
        cmocka_unit_test(test_deep_metadata),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
