/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures of people, and files in a room's chat. What a file is, its bytes say; pictures lose what
 * cameras wrote into them. In an encrypted room a file is a sealed blob of whole blocks, without a
 * name, and goes after a week; the server neither can look into it nor takes anything else. */
#include "server/api_upload.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/encode.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/random.h"
#include "server/api_json.h"
#include "server/api_match.h"
#include "server/api_room.h"
#include "store/settings.h"
#include "store/uploads.h"
#include "wire/form.h"
#include "wire/image.h"

#define FILE_NAME_MOST 255
#define HOUR_MS (60 * 60 * 1000LL)

static const char blob_type[] = "application/octet-stream";
static const char *const types[] = {[IMAGE_PNG] = "image/png",
                                    [IMAGE_JPEG] = "image/jpeg",
                                    [IMAGE_GIF] = "image/gif",
                                    [IMAGE_WEBP] = "image/webp"};
static const char *const endings[] = {
    [IMAGE_PNG] = "png", [IMAGE_JPEG] = "jpg", [IMAGE_GIF] = "gif", [IMAGE_WEBP] = "webp"};

uint32_t api_upload_body_most(struct span path)
{
    static const char chat[] = "/chat/upload";
    size_t size = sizeof chat - 1;

    if (span_equal(path, SPAN_LITERAL("/api/auth/me/avatar")))
        return LIMIT_AVATAR_BYTES + LIMIT_FORM_EXTRA;
    if (path.size > size && memcmp(path.data, "/api/room/", 10) == 0 &&
        memcmp(path.data + path.size - size, chat, size) == 0)
        return LIMIT_UPLOAD_BYTES + LIMIT_FORM_EXTRA;
    return LIMIT_HTTP_BODY;
}

/* ---- what came ---- */

struct picture {
    struct image image;
    struct span bytes; /* cleaned, in the call's arena */
};

/* The part of that name; false with an answer. *flag: whether there is a part asFile with 1. */
static bool read_form(struct api_call *c, const char *name, struct form_part *out, bool *flag)
{
    struct form form;
    struct form_part part;
    bool found = false;

    *flag = false;
    if (!form_begin(c->content_type, c->body, &form)) {
        api_fail(c, 400, "invalid_form", "The body must be multipart/form-data");
        return false;
    }
    for (unsigned i = 0; i < LIMIT_FORM_PARTS && form_next(&form, &part); i++) {
        if (!found && span_equal(part.name, span_of_str(name))) {
            *out = part;
            found = true;
        } else if (span_equal(part.name, SPAN_LITERAL("asFile"))) {
            *flag = span_equal(part.bytes, SPAN_LITERAL("1")) ||
                    span_equal(part.bytes, SPAN_LITERAL("true"));
        }
    }
    if (!found || out->bytes.size == 0)
        api_fail(c, 400, "no_file", "The form has no file");
    return found && out->bytes.size > 0;
}

/* False without an answer when it is no picture that we know. */
static bool read_picture(struct api_call *c, struct span bytes, struct picture *out)
{
    size_t capacity = bytes.size + IMAGE_GROWTH;
    uint8_t *clean = arena_alloc(&c->arena, capacity);
    struct writer w = writer_of(clean, capacity);
    bool good = image_clean(bytes, &w, &out->image);

    out->bytes = writer_span(&w);
    return good;
}

static bool within(struct api_call *c, const struct image *i, uint32_t most)
{
    bool fits = i->width <= most && i->height <= most;

    if (!fits)
        api_fail(c, 400, "image_too_large",
                 arena_printf(&c->arena, "The image must have %u pixels a side at most", most));
    return fits;
}

/* ---- a picture of oneself ---- */

static void set_avatar(struct api_call *c)
{
    char id[RANDOM_UUID_SIZE];
    struct form_part part;
    struct picture p;
    bool ignored;

    if (!read_form(c, "avatar", &part, &ignored))
        return;
    if (part.bytes.size > LIMIT_AVATAR_BYTES) {
        api_fail(c, 413, "too_large", "The image must have 2 MB at most");
        return;
    }
    if (!read_picture(c, part.bytes, &p)) {
        api_fail(c, 400, "invalid_image", "The image must be PNG, JPEG, GIF or WebP");
        return;
    }
    if (!within(c, &p.image, LIMIT_AVATAR_SIDE))
        return;
    random_uuid(id);
    const char *url = arena_printf(&c->arena, "/uploads/avatars/%s.%s", id, endings[p.image.kind]);
    struct upload u = {.id = id,
                       .user_id = c->user.id,
                       .type = types[p.image.kind],
                       .bytes = p.bytes,
                       .created_ms = c->now_ms};
    int error = avatars_set(c->db, &u, url);
    if (error)
        api_fail_store(c, error);
    else
        api_reply(c, 200, json_pack("{s:s}", "avatarUrl", url));
}

static void remove_avatar(struct api_call *c)
{
    int error = avatars_remove(c->db, c->user.id, c->now_ms);

    if (error)
        api_fail_store(c, error);
    else
        api_reply(c, 200, json_pack("{s:s,s:s}", "message", "Avatar removed", "avatarUrl", ""));
}

/* The id in a file's name. */
static const char *id_of(struct api_call *c, const char *file)
{
    return arena_strdup(&c->arena, span_of(file, strcspn(file, ".")));
}

static void answer_bytes(struct api_call *c, const struct upload *u, const char *cache)
{
    c->status = 200;
    c->type = u->type;
    c->cache = cache;
    str_clear(&c->reply);
    str_append_span(&c->reply, u->bytes);
}

/* For everybody, as names are: the address is not to be guessed, and a new picture has a new one.
 */
static void get_avatar(struct api_call *c)
{
    struct upload u;
    int error = avatars_find(c->db, &c->arena, id_of(c, c->params[0]), &u);

    if (error == -ENOENT)
        api_fail(c, 404, "not_found", "No such file");
    else if (error)
        api_fail_store(c, error);
    else
        answer_bytes(c, &u, "public, max-age=31536000, immutable");
}

/* ---- files in a chat ---- */

struct sending {
    struct room_row room;
    struct member member;
};

/* Who was in the room once, and would be let in now: the door's question (api_join.c). */
static bool is_participant(const struct api_call *c, const struct sending *s)
{
    const struct room_row *r = &s->room;
    bool open = r->is_public && !r->settings.require_approval;

    return s->member.joined_ms && !s->member.is_banned &&
           (open || api_room_knows(r, &c->user, &s->member));
}

/* The room, in which this is a participant; false with an answer. */
static bool find_room(struct api_call *c, const char *id, struct sending *s)
{
    int error = rooms_find(c->db, &c->arena, id, &s->room);

    if (!error && !s->room.is_active)
        error = -ENOENT;
    if (!error)
        error = members_find(c->db, &c->arena, id, c->user.id, &s->member);
    if (error == -ENOENT)
        api_fail(c, 404, "room_not_found", "Room not found");
    else if (error)
        api_fail_store(c, error);
    else if (!is_participant(c, s))
        api_fail(c, 403, "not_participant", "You are not in this room");
    else
        return true;
    return false;
}

static bool may_send(struct api_call *c, const struct sending *s)
{
    struct permission p =
        api_room_permission(&s->room, api_room_role(&s->room, &c->user, &s->member), &s->member);

    if (!p.can_publish_data)
        api_fail(c, 403, "chat_disabled", "Chat is disabled");
    return p.can_publish_data;
}

/* Letters, digits and what names are joined with; nothing that a path or a header could be. */
static const char *file_name(struct api_call *c, struct span raw)
{
    char *out = arena_strdup(&c->arena, span_first(raw, FILE_NAME_MOST));

    if (!utf8_valid(span_of_str(out)))
        return "";
    for (char *at = out; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f || strchr("\\/:*?\"<>|;%", *at))
            *at = '_';
    return out;
}

/* What is kept of it, and until when. */
static bool prepare(struct api_call *c, const struct sending *s, const struct form_part *part,
                    bool as_file, struct upload *u, struct picture *p)
{
    struct settings settings;
    int error = settings_read(c->db, &c->arena, &settings);

    *p = (struct picture){.bytes = part->bytes};
    u->type = blob_type;
    u->name = "";
    u->expires_ms =
        c->now_ms +
        (settings.chat_message_ttl_hours ? settings.chat_message_ttl_hours : 87600) * HOUR_MS;
    if (error) {
        api_fail_store(c, error);
        return false;
    }
    if (s->room.settings.e2ee) {
        u->expires_ms = c->now_ms + LIMIT_SEALED_LIFE_MS;
        if (part->bytes.size % LIMIT_SEALED_BLOCK == 0)
            return true;
        api_fail(c, 400, "not_sealed",
                 "Files of an encrypted room are sealed, in whole blocks of 16384 bytes");
        return false;
    }
    if (as_file) {
        u->name = file_name(c, part->filename);
        return true;
    }
    if (!read_picture(c, part->bytes, p)) {
        api_fail(c, 400, "invalid_image", "The image must be PNG, JPEG, GIF or WebP");
        return false;
    }
    u->type = types[p->image.kind];
    return within(c, &p->image, LIMIT_UPLOAD_SIDE);
}

static void answer_upload(struct api_call *c, const struct upload *u, const struct picture *p)
{
    bool picture = u->type != blob_type;
    json_t *answer = json_object();

    api_json_text(answer, "kind", picture ? "image" : "file");
    api_json_text(answer, "url",
                  arena_printf(&c->arena, "/uploads/chat/%s/%s/%s.%s", u->room_id, u->user_id,
                               u->id, picture ? endings[p->image.kind] : "bin"));
    api_json_text(answer, "mime", u->type);
    api_json_int(answer, "size", (int64_t)u->bytes.size);
    api_json_int(answer, "w", p->image.width);
    api_json_int(answer, "h", p->image.height);
    if (u->name[0])
        api_json_text(answer, "name", u->name);
    api_json_time(answer, "expiresAt", u->expires_ms);
    api_reply(c, 200, answer);
}

static void keep_upload(struct api_call *c, struct upload *u, const struct picture *p)
{
    bool is_guest = c->user.accesses & ACCESS_GUEST;
    const struct upload_quota quota = {.user = is_guest ? LIMIT_UPLOADS_OF_GUEST
                                                        : LIMIT_UPLOADS_OF_USER,
                                       .room = LIMIT_UPLOADS_OF_ROOM,
                                       .all = LIMIT_UPLOADS_OF_ALL,
                                       .guests = is_guest ? LIMIT_UPLOADS_OF_GUESTS : 0};
    enum upload_result result;
    int error = uploads_add(c->db, u, &quota, &result);

    if (error) {
        api_fail_store(c, error);
        return;
    }
    switch (result) {
    case UPLOAD_ADDED:
        answer_upload(c, u, p);
        break;
    case UPLOAD_USER_FULL:
        api_fail(c, 507, "quota", "You have no room left for files");
        break;
    case UPLOAD_GUESTS_FULL:
        log_limited(LOG_WARN, 1, "guest_uploads_full", LOG_NUM("bytes", LIMIT_UPLOADS_OF_GUESTS));
        api_fail(c, 507, "guest_quota", "The server has no room left for files of guests");
        break;
    case UPLOAD_ROOM_FULL:
        api_fail(c, 507, "room_quota", "This room has no space left for files");
        break;
    case UPLOAD_SERVER_FULL:
        log_limited(LOG_WARN, 1, "uploads_full", LOG_NUM("bytes", LIMIT_UPLOADS_OF_ALL));
        api_fail(c, 507, "server_quota", "The server has no room left for files");
        break;
    }
}

static void upload(struct api_call *c)
{
    char id[RANDOM_UUID_SIZE];
    struct upload u = {.id = id, .user_id = c->user.id, .created_ms = c->now_ms};
    struct form_part part;
    struct sending s;
    struct picture p;
    bool as_file;

    if (!find_room(c, c->params[0], &s) || !may_send(c, &s) ||
        !read_form(c, "file", &part, &as_file))
        return;
    if (part.bytes.size > LIMIT_UPLOAD_BYTES) {
        api_fail(c, 413, "too_large", "The file must have 10 MB at most");
        return;
    }
    if (!prepare(c, &s, &part, as_file, &u, &p))
        return;
    random_uuid(id);
    u.room_id = s.room.id;
    u.bytes = p.bytes;
    keep_upload(c, &u, &p);
}

/* Everything but a picture is for saving and never for showing. */
static void add_disposition(struct api_call *c, const struct upload *u)
{
    if (strcmp(u->type, blob_type) == 0)
        api_header(c, "Content-Disposition", "attachment");
}

static void get_upload(struct api_call *c)
{
    struct sending s;
    struct upload u;

    if (!find_room(c, c->params[0], &s))
        return;
    int error = uploads_find(c->db, &c->arena, id_of(c, c->params[2]), c->now_ms, &u);
    if (!error && (strcmp(u.room_id, s.room.id) != 0 || strcmp(u.user_id, c->params[1]) != 0))
        error = -ENOENT;
    if (error == -ENOENT) {
        api_fail(c, 404, "not_found", "No such file");
    } else if (error) {
        api_fail_store(c, error);
    } else {
        add_disposition(c, &u);
        answer_bytes(c, &u, "private, max-age=3600, immutable");
    }
}

const struct api_route api_upload_routes[] = {
    {"POST", "/auth/me/avatar", API_ACCOUNT, API_RATE_UPLOAD, set_avatar, false},
    {"DELETE", "/auth/me/avatar", API_ACCOUNT, API_RATE_GENERAL, remove_avatar, false},
    {"POST", "/room/:id/chat/upload", API_SOMEBODY, API_RATE_UPLOAD, upload, false},
    {"GET", "/uploads/chat/:room/:user/:file", API_SOMEBODY, API_RATE_GENERAL, get_upload, false},
    {"GET", "/uploads/avatars/:file", API_ANYBODY, API_RATE_GENERAL, get_avatar, false},
    {.method = NULL},
};
