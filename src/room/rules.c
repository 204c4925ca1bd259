/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a room, and the little JSON that one of them needs: room settings reach the engine
 * as metadata text, and only whether the room is encrypted is looked for. Owns nothing. */
#include "room/rules.h"

#include <strings.h>

#include "base/encode.h"
#include "base/limits.h"

/* ---- publishing ---- */

bool rules_may_publish_source(const struct permission *p, int source)
{
    if (!p->can_publish)
        return false;
    return p->sources == 0 ||
           (source >= 0 && source < 32 && (p->sources & (uint32_t)1 << source) != 0);
}

static size_t length(const char *text)
{
    return text ? strlen(text) : 0;
}

/* Everything here comes back to everybody in TrackInfo, with each change of the participant. */
static bool is_well_formed(const Livekit__AddTrackRequest *r)
{
    if (length(r->cid) == 0 || length(r->cid) > LIMIT_CID || length(r->name) > LIMIT_TRACK_NAME ||
        length(r->stream) > LIMIT_TRACK_NAME)
        return false;
    for (size_t i = 0; i < r->n_layers; i++)
        if (length(r->layers[i]->rid) > LIMIT_SDP_MID)
            return false;
    return r->n_layers <= LIMIT_TRACK_LISTS && r->n_simulcast_codecs <= LIMIT_TRACK_LISTS &&
           r->n_audio_features <= LIMIT_TRACK_LISTS &&
           r->n_packet_trailer_features <= LIMIT_TRACK_LISTS;
}

enum rules_verdict rules_add_track(const struct rules_publish *p,
                                   const Livekit__AddTrackRequest *request)
{
    if (!rules_may_publish_source(p->permission, (int)request->source) || length(request->sid) > 0)
        return RULES_NOT_ALLOWED;
    if (request->type != LIVEKIT__TRACK_TYPE__AUDIO && request->type != LIVEKIT__TRACK_TYPE__VIDEO)
        return RULES_UNSUPPORTED_TYPE;
    if (!is_well_formed(request))
        return RULES_INVALID_REQUEST;
    if (p->e2ee && request->encryption == LIVEKIT__ENCRYPTION__TYPE__NONE)
        return RULES_CLEAR_TRACK;
    if (p->tracks >= LIMIT_TRACKS_PER_PERSON || p->pending >= LIMIT_PENDING_TRACKS)
        return RULES_LIMIT_EXCEEDED;
    return RULES_OK;
}

static bool says(const char *text, const char *word)
{
    return text && strcasecmp(text, word) == 0;
}

/* Firefox on Linux and on Android offers H.264 that it cannot send well (sdk-expectations: Tracks).
 */
bool rules_may_send_codec(const struct grant *g, enum codec codec)
{
    if (codec != CODEC_H264 || !says(g->browser, "firefox"))
        return true;
    return !says(g->os, "linux") && !says(g->os, "android");
}

/* ---- texts ---- */

bool rules_texts_fit(const char *name, const char *metadata)
{
    return length(name) <= LIMIT_NAME && length(metadata) <= LIMIT_METADATA;
}

static bool is_changed(const char *key,
                       Livekit__UpdateParticipantMetadata__AttributesEntry *const *changes,
                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(changes[i]->key, key) == 0)
            return true;
    return false;
}

bool rules_attributes_fit(const struct grant *g,
                          Livekit__UpdateParticipantMetadata__AttributesEntry *const *changes,
                          size_t count)
{
    size_t total = 0;

    /* Each change may look at each attribute. */
    if (count > LIMIT_ATTRIBUTE_COUNT || g->attribute_count + count > LIMIT_ATTRIBUTE_COUNT)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (length(changes[i]->value) > 0)
            total += length(changes[i]->key) + length(changes[i]->value);
    }
    for (unsigned i = 0; i < g->attribute_count; i++)
        if (!is_changed(g->attributes[i].key, changes, count))
            total += strlen(g->attributes[i].key) + strlen(g->attributes[i].value);
    return total <= LIMIT_ATTRIBUTES;
}

struct permission rules_permission(const Livekit__ParticipantPermission *p,
                                   const struct permission *before)
{
    struct permission out = {.can_subscribe = p->can_subscribe,
                             .can_publish = p->can_publish,
                             .can_publish_data = p->can_publish_data,
                             .can_update_metadata = p->can_update_metadata,
                             .hidden = before->hidden};

    for (size_t i = 0; i < p->n_can_publish_sources; i++)
        if ((int)p->can_publish_sources[i] >= 0 && (int)p->can_publish_sources[i] < 32)
            out.sources |= (uint32_t)1 << p->can_publish_sources[i];
    return out;
}

/* ---- data ---- */

enum rules_data rules_data(bool e2ee, const struct data_route *route)
{
    if (e2ee && !route->is_encrypted)
        return RULES_DATA_CLEAR;
    if (route->key_index >= LIMIT_KEY_INDEXES)
        return RULES_DATA_KEY_INDEX;
    return route->is_notice ? RULES_DATA_FORGED : RULES_DATA_OK;
}

/* ---- a room's metadata ---- */

/* Deeper nesting is not ours. */
#define JSON_DEPTH 32

struct json {
    struct span rest;
    bool bad;
};

static int peek(const struct json *j)
{
    return j->rest.size ? j->rest.data[0] : -1;
}

static int take(struct json *j)
{
    int c = peek(j);

    if (c < 0)
        j->bad = true;
    else
        j->rest = span_from(j->rest, 1);
    return c;
}

static void skip_space(struct json *j)
{
    while (peek(j) == ' ' || peek(j) == '\t' || peek(j) == '\n' || peek(j) == '\r')
        take(j);
}

static bool is_hex(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static int hex_value(int c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* What stands behind a backslash: the character when it is ASCII, else '?', which no name that we
 * look for has. */
static int take_escape(struct json *j)
{
    int c = take(j), code = 0;

    if (c != 'u') {
        if (c < 0 || !strchr("\"\\/bfnrt", c))
            j->bad = true;
        return c == '"' || c == '\\' || c == '/' ? c : '?';
    }
    for (unsigned i = 0; i < 4; i++) {
        int digit = take(j);
        if (!is_hex(digit)) {
            j->bad = true;
            return '?';
        }
        code = code << 4 | hex_value(digit);
    }
    return code < 0x80 ? code : '?';
}

/* A string whose opening quote was taken. Whether it is `name`. */
static bool take_string(struct json *j, const char *name)
{
    size_t at = 0, size = strlen(name);
    bool same = true;

    for (;;) {
        int c = take(j);
        if (c < 0x20) {
            j->bad = true;
            return false;
        }
        if (c == '"')
            return same && at == size;
        if (c == '\\')
            c = take_escape(j);
        if (j->bad)
            return false;
        same = same && at < size && name[at] == c;
        at++;
    }
}

static unsigned take_digits(struct json *j)
{
    unsigned n = 0;

    for (; peek(j) >= '0' && peek(j) <= '9'; n++)
        take(j);
    return n;
}

static void take_number(struct json *j)
{
    if (peek(j) == '-')
        take(j);
    bool zero = peek(j) == '0';
    unsigned digits = take_digits(j);
    if (digits == 0 || (zero && digits > 1))
        j->bad = true;
    if (peek(j) == '.') {
        take(j);
        j->bad |= take_digits(j) == 0;
    }
    if (peek(j) == 'e' || peek(j) == 'E') {
        take(j);
        if (peek(j) == '+' || peek(j) == '-')
            take(j);
        j->bad |= take_digits(j) == 0;
    }
}

/* A string, number or literal. Whether it is `true`. */
static bool take_scalar(struct json *j)
{
    static const char *const words[] = {"true", "false", "null"};

    if (peek(j) == '"') {
        take(j);
        take_string(j, "");
        return false;
    }
    for (unsigned i = 0; i < 3; i++) {
        struct span word = span_of_str(words[i]);
        if (span_equal(span_first(j->rest, word.size), word)) {
            j->rest = span_from(j->rest, word.size);
            return i == 0;
        }
    }
    take_number(j);
    return false;
}

/* A value; whether it is `true`. */
static bool take_value(struct json *j, unsigned depth);

/* Members or elements up to the closing bracket; the opening one was taken. Whether a member "e2ee"
 * is true. */
static bool take_members(struct json *j, bool object, unsigned depth)
{
    int close = object ? '}' : ']';
    bool found = false;

    skip_space(j);
    if (peek(j) == close) {
        take(j);
        return false;
    }
    while (!j->bad) {
        bool named = false;
        skip_space(j);
        if (object) {
            j->bad |= take(j) != '"';
            named = !j->bad && take_string(j, "e2ee");
            skip_space(j);
            j->bad |= take(j) != ':';
        }
        bool is_true = !j->bad && take_value(j, depth);
        found |= named && is_true;
        skip_space(j);
        int c = take(j);
        if (c == close)
            return found;
        j->bad |= c != ',';
    }
    return false;
}

/* Recursion is bounded by JSON_DEPTH. */
static bool take_value(struct json *j, unsigned depth)
{
    skip_space(j);
    int c = peek(j);
    if (c != '{' && c != '[')
        return take_scalar(j);
    take(j);
    if (depth == JSON_DEPTH)
        j->bad = true;
    else
        take_members(j, c == '{', depth + 1);
    return false;
}

bool rules_metadata_is_e2ee(struct span metadata)
{
    struct json j = {.rest = metadata};

    skip_space(&j);
    if (take(&j) != '{')
        return false;
    bool found = take_members(&j, true, 1);
    skip_space(&j);
    return found && !j.bad && j.rest.size == 0 && utf8_valid(metadata);
}
