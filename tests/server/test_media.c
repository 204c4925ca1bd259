/* SPDX-License-Identifier: Apache-2.0 */
/* The media plane's calls: what each asks for, and what it makes of the answer. */
#include "server/media.h"

#include "wire/signal.h"

#include <errno.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* A plane that keeps the last call and answers as the test says. */
static struct {
    enum engine_request what;
    char room[64];
    struct arena arena;
    struct span request, reply;
    int error;
    unsigned calls;
} seen;

static int keep(struct media_plane *m, enum engine_request what, const char *room,
                struct span request, struct str *reply)
{
    (void)m;
    seen.calls++;
    seen.what = what;
    strncpy(seen.room, room ? room : "", sizeof seen.room - 1);
    seen.request = span_of(arena_strdup(&seen.arena, request), request.size);
    if (!seen.error)
        str_append_span(reply, seen.reply);
    return seen.error;
}

static struct media_plane plane = {.call = keep};

static int setup(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    arena_init(&seen.arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&seen.arena);
    return 0;
}

static const struct room_row room = {.id = "r",
                                     .name = "kitchen",
                                     .mode = ROOM_WEBINAR,
                                     .max_participants = 12,
                                     .settings = {.e2ee = true}};

static void carries_the_settings(void **state)
{
    (void)state;
    struct room_row open = room;
    const Livekit__CreateRoomRequest *q;

    assert_int_equal(media_update_room(&plane, &room), 0);
    assert_int_equal(seen.what, ENGINE_CREATE_ROOM);
    assert_string_equal(seen.room, "kitchen");
    q = (const void *)signal_parse(&livekit__create_room_request__descriptor, seen.request,
                                   &seen.arena);
    assert_string_equal(q->name, "kitchen");
    assert_int_equal(q->max_participants, 12);
    assert_string_equal(q->metadata, "{\"e2ee\":true,\"mode\":\"webinar\"}");
    /* No bound is said as a large one, since 0 would leave the bound as it is. */
    open.max_participants = 0;
    open.settings.e2ee = false;
    q = (const void *)signal_parse(&livekit__create_room_request__descriptor,
                                   media_pack_room(&open, &seen.arena), &seen.arena);
    assert_true(q->max_participants >= 100000);
    assert_string_equal(q->metadata, "{\"e2ee\":false,\"mode\":\"webinar\"}");
    /* A room that is not live has nothing to be told. */
    seen.error = -ENOENT;
    assert_int_equal(media_update_room(&plane, &room), 0);
    seen.error = -EBUSY;
    assert_int_equal(media_update_room(&plane, &room), -EBUSY);
}

static void lists_people(void **state)
{
    (void)state;
    Livekit__ListParticipantsResponse all = LIVEKIT__LIST_PARTICIPANTS_RESPONSE__INIT;
    Livekit__ParticipantInfo a = LIVEKIT__PARTICIPANT_INFO__INIT,
                             b = LIVEKIT__PARTICIPANT_INFO__INIT;
    Livekit__ParticipantPermission hidden = LIVEKIT__PARTICIPANT_PERMISSION__INIT;
    Livekit__ParticipantInfo *both[] = {&a, &b};
    Livekit__TrackInfo track = LIVEKIT__TRACK_INFO__INIT, *tracks[] = {&track};
    Livekit__TrackSource camera[] = {LIVEKIT__TRACK_SOURCE__CAMERA};
    struct media_person *list;
    unsigned n;

    track.sid = (char *)(uintptr_t) "TR_1";
    track.source = LIVEKIT__TRACK_SOURCE__CAMERA;
    track.muted = true;
    a.tracks = tracks;
    a.n_tracks = 1;
    a.joined_at = 5;
    a.metadata = (char *)(uintptr_t) "{}";
    hidden.hidden = true;
    hidden.can_publish_sources = camera;
    hidden.n_can_publish_sources = 1;
    a.identity = (char *)(uintptr_t) "ada";
    a.name = (char *)(uintptr_t) "Ada";
    b.identity = (char *)(uintptr_t) "bot";
    b.permission = &hidden;
    all.participants = both;
    all.n_participants = 2;
    seen.reply = signal_pack(&all.base, &seen.arena);
    assert_int_equal(media_people(&plane, &seen.arena, "kitchen", &list, &n), 0);
    assert_int_equal(seen.what, ENGINE_LIST_PARTICIPANTS);
    assert_int_equal(n, 2);
    assert_string_equal(list[0].identity, "ada");
    assert_string_equal(list[0].name, "Ada");
    assert_string_equal(list[0].metadata, "{}");
    assert_int_equal(list[0].joined_unix_ms, 5000);
    assert_int_equal(list[0].track_count, 1);
    assert_string_equal(list[0].tracks[0].sid, "TR_1");
    assert_int_equal(list[0].tracks[0].source, LIVEKIT__TRACK_SOURCE__CAMERA);
    assert_true(list[0].tracks[0].muted);
    assert_int_equal(list[1].permission.sources, 1u << LIVEKIT__TRACK_SOURCE__CAMERA);
    assert_int_equal(list[1].track_count, 0);
    assert_false(list[0].permission.hidden);
    assert_true(list[1].permission.hidden);
    assert_int_equal(media_count(&plane, "kitchen", &n), 0);
    assert_int_equal(n, 2);
    seen.error = -ENOENT;
    assert_int_equal(media_count(&plane, "kitchen", &n), 0);
    assert_int_equal(n, 0);
    seen.error = -EBUSY;
    assert_int_equal(media_count(&plane, "kitchen", &n), -EBUSY);
    seen.error = 0;
    seen.reply = SPAN_LITERAL("\xff\xff");
    assert_int_equal(media_count(&plane, "kitchen", &n), -EBUSY);
}

static void counts_rooms(void **state)
{
    (void)state;
    static const char *const names[] = {"kitchen", "hall"};
    Livekit__Room kitchen = LIVEKIT__ROOM__INIT;
    Livekit__Room *rooms[] = {&kitchen};
    Livekit__ListRoomsResponse all = LIVEKIT__LIST_ROOMS_RESPONSE__INIT;
    struct media_room *list;
    unsigned n = 7;

    assert_int_equal(media_rooms(&plane, &seen.arena, names, 0, &list, &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(seen.calls, 0);
    kitchen.name = (char *)(uintptr_t) "kitchen";
    kitchen.num_participants = 3;
    all.rooms = rooms;
    all.n_rooms = 1;
    seen.reply = signal_pack(&all.base, &seen.arena);
    assert_int_equal(media_rooms(&plane, &seen.arena, names, 2, &list, &n), 0);
    assert_int_equal(seen.what, ENGINE_LIST_ROOMS);
    assert_string_equal(seen.room, "");
    const Livekit__ListRoomsRequest *asked =
        (void *)signal_parse(&livekit__list_rooms_request__descriptor, seen.request, &seen.arena);
    assert_int_equal(asked->n_names, 2);
    assert_string_equal(asked->names[1], "hall");
    assert_int_equal(n, 1);
    assert_string_equal(list[0].name, "kitchen");
    assert_int_equal(list[0].people, 3);
    seen.error = -EBUSY;
    assert_int_equal(media_rooms(&plane, &seen.arena, names, 2, &list, &n), -EBUSY);
    assert_int_equal(n, 0);
}

static void finds_one(void **state)
{
    (void)state;
    Livekit__ParticipantInfo a = LIVEKIT__PARTICIPANT_INFO__INIT;
    struct media_person p;

    a.identity = (char *)(uintptr_t) "ada";
    a.joined_at_ms = 7;
    seen.reply = signal_pack(&a.base, &seen.arena);
    assert_int_equal(media_find_person(&plane, &seen.arena, "kitchen", "ada", &p), 0);
    assert_int_equal(seen.what, ENGINE_GET_PARTICIPANT);
    assert_string_equal(p.identity, "ada");
    assert_int_equal(p.joined_unix_ms, 7);
    seen.error = -ENOENT;
    assert_int_equal(media_find_person(&plane, &seen.arena, "kitchen", "ada", &p), -ENOENT);
}

static void changes_people(void **state)
{
    (void)state;
    const struct permission p = {.can_subscribe = true,
                                 .can_publish_data = true,
                                 .can_update_metadata = true,
                                 .sources = 1u << LIVEKIT__TRACK_SOURCE__MICROPHONE |
                                            1u << LIVEKIT__TRACK_SOURCE__SCREEN_SHARE};

    assert_int_equal(media_update_person(&plane, "kitchen", "ada", &p, "{}"), 0);
    assert_int_equal(seen.what, ENGINE_UPDATE_PARTICIPANT);
    const Livekit__UpdateParticipantRequest *q = (const void *)signal_parse(
        &livekit__update_participant_request__descriptor, seen.request, &seen.arena);
    assert_string_equal(q->room, "kitchen");
    assert_string_equal(q->identity, "ada");
    assert_string_equal(q->metadata, "{}");
    assert_true(q->permission->can_subscribe);
    assert_false(q->permission->can_publish);
    assert_true(q->permission->can_publish_data);
    assert_true(q->permission->can_update_metadata);
    assert_int_equal(q->permission->n_can_publish_sources, 2);
    assert_int_equal(q->permission->can_publish_sources[0], LIVEKIT__TRACK_SOURCE__MICROPHONE);
    assert_int_equal(q->permission->can_publish_sources[1], LIVEKIT__TRACK_SOURCE__SCREEN_SHARE);
    assert_int_equal(media_mute(&plane, "kitchen", "ada", "TR_1"), 0);
    assert_int_equal(seen.what, ENGINE_MUTE_TRACK);
    const Livekit__MuteRoomTrackRequest *mute = (const void *)signal_parse(
        &livekit__mute_room_track_request__descriptor, seen.request, &seen.arena);
    assert_string_equal(mute->identity, "ada");
    assert_string_equal(mute->track_sid, "TR_1");
    assert_true(mute->muted);
    assert_int_equal(media_remove(&plane, "kitchen", "ada"), 0);
    assert_int_equal(seen.what, ENGINE_REMOVE_PARTICIPANT);
    const Livekit__RoomParticipantIdentity *who = (const void *)signal_parse(
        &livekit__room_participant_identity__descriptor, seen.request, &seen.arena);
    assert_string_equal(who->room, "kitchen");
    assert_string_equal(who->identity, "ada");
    seen.error = -ENOENT;
    assert_int_equal(media_remove(&plane, "kitchen", "ada"), -ENOENT);
}

static void speaks_to_rooms(void **state)
{
    (void)state;
    const char *ada[] = {"ada"};

    assert_int_equal(
        media_notify(&plane, "kitchen", &(struct media_audience){ada, 1}, "{\"type\":\"system\"}"),
        0);
    assert_int_equal(seen.what, ENGINE_SEND_DATA);
    const Livekit__SendDataRequest *q = (const void *)signal_parse(
        &livekit__send_data_request__descriptor, seen.request, &seen.arena);
    assert_string_equal(q->topic, "system");
    assert_int_equal(q->n_destination_identities, 1);
    assert_string_equal(q->destination_identities[0], "ada");
    assert_int_equal(q->data.len, 17);
    assert_memory_equal(q->data.data, "{\"type\":\"system\"}", 17);
    assert_int_equal(q->kind, LIVEKIT__DATA_PACKET__KIND__RELIABLE);
    assert_int_equal(media_end_room(&plane, "kitchen"), 0);
    assert_int_equal(seen.what, ENGINE_DELETE_ROOM);
    assert_string_equal(seen.room, "kitchen");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(carries_the_settings, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_people, setup, teardown),
        cmocka_unit_test_setup_teardown(counts_rooms, setup, teardown),
        cmocka_unit_test_setup_teardown(finds_one, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_people, setup, teardown),
        cmocka_unit_test_setup_teardown(speaks_to_rooms, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
