/* SPDX-License-Identifier: Apache-2.0 */
/* What is told to whom, in which words, and how it is signed. */
#include "server/webhook.h"

#include "base/encode.h"
#include "base/hash.h"
#include "base/limits.h"
#include "server/api_token.h"
#include "store/rooms.h"
#include "store/webhooks.h"
#include "wire/signal.h"

#include <jansson.h>
#include <stdlib.h>

#include "../store/kit.h"

#define URL "https://app.example/livekit"

static const uint8_t secret[API_SECRET_SIZE] = "the secret of this server";
static struct token_keys keys;
static struct proxy_nets nets;
static struct webhook_config config = {.keys = &keys, .nets = &nets, .secret = secret};

static void add_webhook(struct kit *k, const char *id, const char *events, bool active)
{
    const struct webhook_row w = {.id = id,
                                  .url = "https://hooks.example/x",
                                  .events = events,
                                  .created_by = "ada",
                                  .is_active = active,
                                  .created_ms = KIT_NOW};

    assert_int_equal(webhooks_add(k->db, &w, LIMIT_WEBHOOKS), 0);
}

/* A WebhookEvent as the media plane makes it. */
static void happen(struct kit *k, const char *event, const char *identity)
{
    Livekit__WebhookEvent w = LIVEKIT__WEBHOOK_EVENT__INIT;
    Livekit__Room room = LIVEKIT__ROOM__INIT;
    Livekit__ParticipantInfo person = LIVEKIT__PARTICIPANT_INFO__INIT;
    struct arena a;

    arena_init(&a);
    w.event = (char *)(uintptr_t)event;
    w.created_at = KIT_NOW / 1000;
    w.room = &room;
    room.name = (char *)(uintptr_t) "kitchen";
    room.num_participants = 1;
    person.identity = (char *)(uintptr_t)identity;
    if (identity)
        w.participant = &person;
    assert_int_equal(webhook_store(k->db, &config, signal_pack(&w.base, &a), KIT_NOW), 0);
    arena_fini(&a);
}

/* The only job that there is. */
static struct job_row the_job(struct kit *k)
{
    struct job_row list[4];
    unsigned n;

    assert_int_equal(jobs_due(k->db, &k->arena, KIT_NOW, 4, list, &n), 0);
    assert_int_equal(n, 1);
    return list[0];
}

static unsigned count_jobs(struct kit *k)
{
    struct job_row list[8];
    unsigned n;

    assert_int_equal(jobs_due(k->db, &k->arena, KIT_NOW, 8, list, &n), 0);
    return n;
}

static void livekits_are_signed_as_it_does(void **state)
{
    struct kit *k = *state;
    struct webhook_letter l;

    config.urls = URL;
    happen(k, "participant_joined", "bob");
    config.urls = NULL;
    struct job_row j = the_job(k);
    assert_string_equal(j.lane, URL);
    assert_string_equal(j.subject, "participant_joined");
    json_t *body = json_loads(j.payload, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(body, "event")), "participant_joined");
    assert_string_equal(json_string_value(json_object_get(body, "createdAt")), "1800000000");
    assert_memory_equal(json_string_value(json_object_get(body, "id")), "EV_", 3);
    const json_t *room = json_object_get(body, "room");
    assert_int_equal(json_integer_value(json_object_get(room, "numParticipants")), 1);
    json_decref(body);
    assert_int_equal(webhook_write(k->db, &k->arena, &config, &j, KIT_NOW, &l), 0);
    assert_string_equal(l.url, URL);
    assert_true(l.anywhere);
    assert_string_equal(l.headers[0], "Content-Type: application/webhook+json");
    static const char authorization[] = "Authorization: ";
    assert_memory_equal(l.headers[1], authorization, strlen(authorization));
    assert_int_equal(token_verify_body(&keys, span_of_str(l.headers[1] + strlen(authorization)),
                                       KIT_NOW / 1000, l.body),
                     TOKEN_OK);
}

static void each_address_has_its_own(void **state)
{
    struct kit *k = *state;

    config.urls = URL ",http://other.example/";
    happen(k, "track_published", "bob");
    config.urls = NULL;
    assert_int_equal(count_jobs(k), 2);
}

static void make_room(struct kit *k)
{
    const struct room_row r = {
        .id = "room-1", .name = "kitchen", .created_by = "", .admin_id = "", .mode = ROOM_STANDARD};

    assert_int_equal(rooms_add(k->db, &r), 0);
}

static void events_are_told_with_ids_of_the_store(void **state)
{
    struct kit *k = *state;
    struct webhook_letter l;
    char key[WEBHOOK_SECRET_SIZE], line[128], hex[2 * SHA256_SIZE + 1];
    uint8_t mac[SHA256_SIZE];

    add_webhook(k, "hook", "participant.joined,room.created", true);
    happen(k, "participant_joined", "bob");
    assert_int_equal(count_jobs(k), 0); /* a room of others */
    make_room(k);
    happen(k, "room_started", NULL); /* not wanted */
    happen(k, "track_published", "bob");
    assert_int_equal(count_jobs(k), 0);
    happen(k, "participant_joined", "bob");
    struct job_row j = the_job(k);
    assert_string_equal(j.subject, "participant.joined");
    json_t *body = json_loads(j.payload, 0, NULL);
    const json_t *data = json_object_get(body, "data");
    assert_string_equal(json_string_value(json_object_get(body, "event")), "participant.joined");
    assert_string_equal(json_string_value(json_object_get(body, "timestamp")),
                        "2027-01-15T08:00:00.000Z");
    assert_string_equal(json_string_value(json_object_get(data, "roomId")), "room-1");
    assert_string_equal(json_string_value(json_object_get(data, "roomName")), "kitchen");
    assert_string_equal(json_string_value(json_object_get(data, "userId")), "bob");
    json_decref(body);
    assert_int_equal(webhook_write(k->db, &k->arena, &config, &j, KIT_NOW, &l), 0);
    assert_string_equal(l.url, "https://hooks.example/x");
    assert_false(l.anywhere);
    assert_int_equal(l.header_count, 4);
    assert_string_equal(l.headers[1], "X-Bedrud-Event: participant.joined");
    assert_string_equal(l.headers[2], "X-Bedrud-Timestamp: 1800000000");
    webhook_secret(secret, "hook", 1, key);
    hash_hmac_sha256(span_of_str(key), l.body, mac);
    hex_encode(span_of(mac, sizeof mac), hex);
    snprintf(line, sizeof line, "X-Bedrud-Signature: sha256=%s", hex);
    assert_string_equal(l.headers[3], line);
    /* Another secret from then on. */
    assert_int_equal(webhooks_rotate(k->db, "hook", KIT_NOW), 0);
    assert_int_equal(webhook_write(k->db, &k->arena, &config, &j, KIT_NOW, &l), 0);
    assert_string_not_equal(l.headers[3], line);
    /* Nobody is told who does not want it any more. */
    assert_int_equal(webhooks_remove(k->db, "hook"), 0);
    assert_int_equal(webhook_write(k->db, &k->arena, &config, &j, KIT_NOW, &l), -ENOENT);
}

static void empty_lists_want_everything(void **state)
{
    struct kit *k = *state;

    make_room(k);
    assert_false(webhook_is_wanted(k->db, &config));
    add_webhook(k, "all", "", true);
    add_webhook(k, "asleep", "", false);
    assert_true(webhook_is_wanted(k->db, &config));
    happen(k, "room_finished", NULL);
    assert_string_equal(the_job(k).lane, "all");
    assert_string_equal(the_job(k).subject, "room.ended");
    /* One that was asked for is sent to whoever asked, asleep or not. */
    assert_int_equal(webhook_ping(k->db, "asleep", KIT_NOW), 0);
    assert_int_equal(count_jobs(k), 2);
}

static void full_lanes_lose_what_is_new(void **state)
{
    struct kit *k = *state;
    const struct webhook_event e = {"room.created", "room-1", "kitchen", "ada"};
    struct job_row filler = {
        .kind = "webhook", .lane = "hook", .subject = "x", .payload = "", .run_ms = KIT_NOW};

    add_webhook(k, "hook", "", true);
    for (unsigned i = 0; i < LIMIT_WEBHOOK_LANE; i++)
        assert_int_equal(jobs_add(k->db, &filler, LIMIT_WEBHOOK_LANE), 0);
    assert_int_equal(webhook_tell(k->db, &e, KIT_NOW), 0);
    assert_int_equal(jobs_add(k->db, &filler, LIMIT_WEBHOOK_LANE), -EDQUOT);
}

static void addresses_are_public_or_named(void **state)
{
    (void)state;
    struct addr a;

    addr_parse_ip("192.168.1.9", &a);
    assert_false(webhook_may_reach(&config, &a));
    assert_true(proxy_parse("192.168.0.0/16", &nets));
    assert_true(webhook_may_reach(&config, &a));
    addr_parse_ip("127.0.0.1", &a);
    assert_false(webhook_may_reach(&config, &a));
    addr_parse_ip("9.9.9.9", &a);
    assert_true(webhook_may_reach(&config, &a));
    nets.count = 0;
}

static void shows_no_paths(void **state)
{
    (void)state;
    char shown[WEBHOOK_SHOWN];

    assert_string_equal(webhook_show("https://a.example:8/secret?x", shown), "https://a.example:8");
    assert_string_equal(webhook_show("https://a.example?secret", shown), "https://a.example");
    assert_string_equal(webhook_show("0123-id", shown), "0123-id");
}

static void knows_good_addresses(void **state)
{
    (void)state;
    static const char *const good[] = {"https://a", "http://a:80/x?y=z&a=%20", "https://[::1]:8/"};
    static const char *const bad[] = {"",
                                      "https://",
                                      "http:///x",
                                      "ftp://a",
                                      "https://a b",
                                      "https://u:p@a/",
                                      "https://a\n",
                                      "https://a,b",
                                      "https://a#b",
                                      "javascript:x",
                                      "https://a\x7f"};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!webhook_url_fits(good[i], strlen(good[i])))
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (webhook_url_fits(bad[i], strlen(bad[i])))
            fail_msg("%s", bad[i]);
    assert_true(webhook_has_event("room.created", 12));
    assert_false(webhook_has_event("room.created,", 13));
    assert_false(webhook_has_event("room", 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(livekits_are_signed_as_it_does),
        cmocka_unit_test(each_address_has_its_own),
        cmocka_unit_test(events_are_told_with_ids_of_the_store),
        cmocka_unit_test(empty_lists_want_everything),
        cmocka_unit_test(full_lanes_lose_what_is_new),
        cmocka_unit_test(addresses_are_public_or_named),
        cmocka_unit_test(shows_no_paths),
        cmocka_unit_test(knows_good_addresses),
    };

    token_keys_add(&keys, "APIkey", "a secret of thirty-two characters");
    int failed = KIT_MAIN(tests);
    token_keys_fini(&keys);
    return failed;
}
