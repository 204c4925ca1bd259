/* SPDX-License-Identifier: Apache-2.0 */
/* Files over HTTP: pictures of oneself, files in a chat, who gets them, and what is refused. */
#include "server/api_upload.h"

#include "api_kit.h"

#define BOUNDARY "-----------------------------7d1"

static struct person owner, guest, stranger;

static struct span corpus(const char *name, uint8_t bytes[4096])
{
    char path[256];

    snprintf(path, sizeof path, TEST_SOURCE_DIR "/fuzz/corpus/image/%s", name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t size = fread(bytes, 1, 4096, f);
    fclose(f);
    return span_of(bytes, size);
}

struct sending {
    const char *path, *token, *field;
    struct span file;
    const char *more; /* further parts, whole; NULL: none */
};

static json_t *send_file(const struct sending *s, unsigned status, const char *code)
{
    struct str headers, body;
    struct peer *p;

    str_init(&headers);
    str_init(&body);
    str_printf(&headers,
               "Authorization: Bearer %s\r\nContent-Type: multipart/form-data; "
               "boundary=" BOUNDARY "\r\n",
               s->token);
    str_printf(&body,
               "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"%s\"; "
               "filename=\"my <file>/1.txt\"\r\nContent-Type: text/html\r\n\r\n",
               s->field);
    str_append_span(&body, s->file);
    str_printf(&body, "\r\n--" BOUNDARY "%s--\r\n", s->more ? s->more : "");
    unsigned got =
        site_ask(api_site.port, &(struct ask){"POST", s->path, headers.text, str_span(&body)}, &p);
    json_t *json = json_loadb((const char *)p->body, p->body_size, JSON_REJECT_DUPLICATES, NULL);
    const char *got_code = json_string_value(json_object_get(json, "code"));
    if (got != status || (code && (!got_code || strcmp(got_code, code) != 0)))
        fail_msg("%s: %u %s", s->path, got, got_code ? got_code : "");
    peer_free(p);
    str_fini(&headers);
    str_fini(&body);
    return json;
}

static void refuse_file(const struct sending *s, unsigned status, const char *code)
{
    json_decref(send_file(s, status, code));
}

/* The status; the bytes are the peer's. */
static unsigned fetch(const char *path, const char *token, struct peer **out)
{
    struct str headers;

    str_init(&headers);
    if (token)
        str_printf(&headers, "Authorization: Bearer %s\r\n", token);
    unsigned status =
        site_ask(api_site.port, &(struct ask){"GET", path, headers.text, {NULL, 0}}, out);
    str_fini(&headers);
    return status;
}

static void expect_status(const char *path, const char *token, unsigned status)
{
    struct peer *p;

    assert_int_equal(fetch(path, token, &p), status);
    peer_free(p);
}

/* ---- a picture of oneself ---- */

static void shows_who_one_is(void **state)
{
    (void)state;
    uint8_t bytes[4096];
    struct sending s = {.path = "/api/auth/me/avatar", .field = "avatar"};
    struct peer *p;

    api_register("ada", &owner);
    s.token = owner.access;
    s.file = corpus("jpeg-turned", bytes);
    json_t *answer = send_file(&s, 200, NULL);
    const char *url = api_get(answer, "avatarUrl");
    assert_int_equal(fetch(url, NULL, &p), 200);
    assert_true(site_has_header(p, "content-type: image/jpeg"));
    assert_true(site_has_header(p, "x-content-type-options: nosniff"));
    assert_true(site_has_header(p, "immutable"));
    assert_false(site_has_header(p, "no-store"));
    assert_null(memmem(p->body, p->body_size, "GPS", 3));
    peer_free(p);
    json_t *me =
        api_ask(&(struct question){"GET", "/api/auth/me", owner.access, NULL, NULL}, 200, NULL);
    assert_string_equal(api_get(me, "avatarUrl"), url);
    json_decref(me);
    api_expect(&(struct question){"DELETE", "/api/auth/me/avatar", owner.access, NULL, NULL}, 200,
               NULL);
    expect_status(url, NULL, 404);
    json_decref(answer);
}

static void takes_pictures_only(void **state)
{
    (void)state;
    uint8_t bytes[4096], *big = xcalloc(1, LIMIT_AVATAR_BYTES + 1);
    struct sending s = {.path = "/api/auth/me/avatar", .field = "avatar"};

    api_register("ada", &owner);
    api_guest("Guest", &guest);
    s.token = owner.access;
    s.file = SPAN_LITERAL("<script>alert(1)</script>");
    refuse_file(&s, 400, "invalid_image");
    s.file = span_of(big, LIMIT_AVATAR_BYTES + 1);
    refuse_file(&s, 413, "too_large");
    s.file = corpus("png", bytes);
    bytes[18] = 5; /* 1,280 pixels wide; its checksum is the viewer's business */
    refuse_file(&s, 400, "image_too_large");
    bytes[18] = 0;
    s.field = "picture";
    refuse_file(&s, 400, "no_file");
    s.field = "avatar";
    s.token = guest.access;
    refuse_file(&s, 403, "guest");
    s.token = "nothing";
    refuse_file(&s, 401, "invalid_token");
    api_expect(&(struct question){"POST", "/api/auth/me/avatar", owner.access, "{}", NULL}, 400,
               "invalid_form");
    free(big);
}

/* ---- a room's chat ---- */

static char room_id[64], upload_path[128];

/* A room of ada's, in which the guest was; the stranger was not. */
static void open_room(const char *settings)
{
    char body[128];

    api_register("ada", &owner);
    api_register("eve", &stranger);
    snprintf(body, sizeof body, "{\"name\":\"kitchen\",\"settings\":{%s}}", settings);
    json_t *room = api_ask(&(struct question){"POST", "/api/room/create", owner.access, body, NULL},
                           200, NULL);
    snprintf(room_id, sizeof room_id, "%s", api_get(room, "id"));
    snprintf(upload_path, sizeof upload_path, "/api/room/%s/chat/upload", room_id);
    json_decref(room);
    api_expect(&(struct question){"POST", "/api/room/join", owner.access,
                                  "{\"roomName\":\"kitchen\"}", NULL},
               200, NULL);
    json_t *joined =
        api_ask(&(struct question){"POST", "/api/room/guest-join", NULL,
                                   "{\"roomName\":\"kitchen\",\"guestName\":\"Guest\"}", NULL},
                200, NULL);
    snprintf(guest.access, sizeof guest.access, "%s", api_get(joined, "tokens.accessToken"));
    json_decref(joined);
    json_t *me =
        api_ask(&(struct question){"GET", "/api/auth/me", guest.access, NULL, NULL}, 200, NULL);
    snprintf(guest.id, sizeof guest.id, "%s", api_get(me, "id"));
    json_decref(me);
}

static void carries_pictures(void **state)
{
    (void)state;
    uint8_t bytes[4096];
    struct peer *p;

    open_room("");
    struct sending s = {upload_path, guest.access, "file", corpus("png", bytes), NULL};
    json_t *answer = send_file(&s, 200, NULL);
    const char *url = api_get(answer, "url");
    assert_string_equal(api_get(answer, "kind"), "image");
    assert_string_equal(api_get(answer, "mime"), "image/png");
    assert_int_equal(json_integer_value(json_object_get(answer, "w")), 3);
    assert_int_equal(json_integer_value(json_object_get(answer, "h")), 2);
    assert_int_equal(fetch(url, owner.access, &p), 200);
    assert_true(site_has_header(p, "content-type: image/png"));
    assert_null(memmem(p->body, p->body_size, "Ada", 3));
    peer_free(p);
    expect_status(url, NULL, 401);
    expect_status(url, stranger.access, 403);
    char other[256];
    snprintf(other, sizeof other, "/uploads/chat/%s/%s/%s", room_id, "someone",
             strrchr(url, '/') + 1);
    expect_status(other, owner.access, 404);
    s.token = stranger.access;
    refuse_file(&s, 403, "not_participant");
    s.token = guest.access;
    s.file = SPAN_LITERAL("no picture");
    refuse_file(&s, 400, "invalid_image");
    /* With the room they are gone. */
    char target[128];
    snprintf(target, sizeof target, "/api/room/%s", room_id);
    api_expect(&(struct question){"DELETE", target, owner.access, NULL, NULL}, 202, NULL);
    expect_status(url, owner.access, 404);
    json_decref(answer);
}

/* Whatever it is called, it is for saving. */
static void carries_files(void **state)
{
    (void)state;
    struct peer *p;

    open_room("");
    struct sending s = {upload_path, owner.access, "file",
                        SPAN_LITERAL("<script>alert(1)</script>"),
                        "\r\nContent-Disposition: form-data; name=\"asFile\"\r\n\r\n1\r\n"
                        "--" BOUNDARY};
    json_t *answer = send_file(&s, 200, NULL);
    assert_string_equal(api_get(answer, "kind"), "file");
    assert_string_equal(api_get(answer, "name"), "my _file__1.txt");
    assert_int_equal(fetch(api_get(answer, "url"), guest.access, &p), 200);
    assert_true(site_has_header(p, "content-type: application/octet-stream"));
    assert_true(site_has_header(p, "content-disposition: attachment"));
    assert_true(site_has_header(p, "default-src 'none'"));
    assert_int_equal(p->body_size, s.file.size);
    peer_free(p);
    json_decref(answer);
}

static void takes_sealed_blocks_in_encrypted_rooms(void **state)
{
    (void)state;
    uint8_t bytes[4096], *block = xcalloc(2, LIMIT_SEALED_BLOCK);

    open_room("\"e2ee\":true");
    struct sending s = {upload_path, owner.access, "file", corpus("png", bytes), NULL};
    refuse_file(&s, 400, "not_sealed");
    s.file = span_of(block, 2 * LIMIT_SEALED_BLOCK);
    json_t *answer = send_file(&s, 200, NULL);
    assert_string_equal(api_get(answer, "kind"), "file");
    assert_string_equal(api_get(answer, "mime"), "application/octet-stream");
    assert_null(json_object_get(answer, "name"));
    json_decref(answer);
    s.file.size--;
    refuse_file(&s, 400, "not_sealed");
    free(block);
}

static void follows_the_room(void **state)
{
    (void)state;
    uint8_t bytes[4096];

    open_room("\"allowChat\":false");
    struct sending s = {upload_path, guest.access, "file", corpus("gif", bytes), NULL};
    refuse_file(&s, 403, "chat_disabled");
    s.token = owner.access;
    json_decref(send_file(&s, 200, NULL));
}

/* Whom a room would not let in has nothing more to do with its files either. */
static void ends_with_the_approval(void **state)
{
    (void)state;
    static const char *const changes[] = {"is_public = 0", "settings_require_approval = 1"};
    uint8_t bytes[4096];

    open_room("");
    struct sending s = {upload_path, guest.access, "file", corpus("png", bytes), NULL};
    json_t *answer = send_file(&s, 200, NULL);
    const char *url = api_get(answer, "url");
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        char change[96];
        struct db *db = api_db();
        expect_status(url, guest.access, 200);
        snprintf(change, sizeof change, "UPDATE rooms SET %s WHERE id = $1", changes[i]);
        assert_int_equal(db_exec(db, change, db_text(room_id)), 0);
        expect_status(url, guest.access, 403);
        refuse_file(&s, 403, "not_participant");
        expect_status(url, owner.access, 200);
        /* As a moderator's word has it. */
        assert_int_equal(db_exec(db,
                                 "UPDATE room_participants SET is_approved = 1 WHERE room_id = $1",
                                 db_text(room_id)),
                         0);
        expect_status(url, guest.access, 200);
        json_decref(send_file(&s, 200, NULL));
        assert_int_equal(db_exec(db,
                                 "UPDATE room_participants SET is_approved = 0 WHERE room_id = $1",
                                 db_text(room_id)),
                         0);
        assert_int_equal(
            db_exec(db,
                    "UPDATE rooms SET is_public = 1, settings_require_approval = 0 WHERE id = $1",
                    db_text(room_id)),
            0);
        db_close(db);
    }
    json_decref(answer);
}

/* As if a file of that many bytes lay in the room, alone. */
static void pretend(const char *user, int64_t bytes)
{
    struct db *db = api_db();

    assert_int_equal(db_exec(db, "DELETE FROM chat_uploads WHERE size >= $1", db_int(0)), 0);
    assert_int_equal(
        db_exec(db,
                "INSERT INTO chat_uploads (id, room_id, user_id, type, name, size, created_at, "
                "expires_at, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                db_text("large"), db_text(room_id), db_text(user), db_text("image/png"),
                db_text(""), db_int(bytes), db_int(1), db_int(clock_unix_ms() + 1000000),
                db_bytes(SPAN_LITERAL("x"))),
        0);
    db_close(db);
}

static void is_bounded_for_guests_and_rooms(void **state)
{
    (void)state;
    uint8_t bytes[4096];
    struct person other;

    open_room("");
    api_guest("Other", &other);
    struct sending by_guest = {upload_path, guest.access, "file", corpus("png", bytes), NULL},
                   by_owner = by_guest;
    by_owner.token = owner.access;
    pretend(guest.id, LIMIT_UPLOADS_OF_GUEST);
    refuse_file(&by_guest, 507, "quota");
    json_decref(send_file(&by_owner, 200, NULL));
    pretend(other.id, LIMIT_UPLOADS_OF_GUEST);
    json_decref(send_file(&by_guest, 200, NULL));
    pretend(owner.id, LIMIT_UPLOADS_OF_GUEST);
    json_decref(send_file(&by_owner, 200, NULL));
    pretend(other.id, LIMIT_UPLOADS_OF_GUESTS);
    refuse_file(&by_guest, 507, "guest_quota");
    refuse_file(&by_owner, 507, "room_quota");
    pretend(stranger.id, LIMIT_UPLOADS_OF_ROOM);
    refuse_file(&by_guest, 507, "room_quota");
}

/* Only where a file is expected may a body be large. */
static void bounds_bodies_by_their_path(void **state)
{
    (void)state;
    size_t size = LIMIT_HTTP_BODY + 1;
    char *zeroes = xcalloc(1, size);
    static const char *const paths[] = {"/api/auth/login", "/twirp/livekit.RoomService/ListRooms",
                                        "/api/room/chat/uploads"};

    open_room("");
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct peer *p;
        /* Said, and not sent: it is refused by its length. */
        p = peer_connect(api_site.port, NULL);
        char head[256];
        snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n",
                 paths[i], size);
        put_text(p, head);
        assert_int_equal(reply_read(p, false), 413);
        peer_free(p);
    }
    struct sending s = {upload_path, owner.access, "file", span_of(zeroes, size), NULL};
    refuse_file(&s, 400, "invalid_image");
    free(zeroes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_who_one_is),
        cmocka_unit_test(takes_pictures_only),
        cmocka_unit_test(carries_pictures),
        cmocka_unit_test(carries_files),
        cmocka_unit_test(takes_sealed_blocks_in_encrypted_rooms),
        cmocka_unit_test(follows_the_room),
        cmocka_unit_test(ends_with_the_approval),
        cmocka_unit_test(is_bounded_for_guests_and_rooms),
        cmocka_unit_test(bounds_bodies_by_their_path),
    };
    return API_MAIN(tests);
}
