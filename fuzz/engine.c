/* SPDX-License-Identifier: Apache-2.0 */
/* The whole engine by its face. The input is a script: a letter is a step, the bytes behind it are
 * its parameters, of which mostly the low four bits count, so that digits stand for themselves and
 * inputs can be read and written by hand; bytes that are no step are skipped. Steps are raw
 * datagrams and messages as well as authentic ones: checks, sealed media and RTCP, descriptions.
 * What must hold is in engine_cast.h: what goes out can be read, no number is used twice for two
 * packets, the next deadline lies ahead, each request is replied to once, all memory comes back. */
#include "engine_media.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEPS_MAX 600

/* Any track of any room; what is no track's when there are fewer. */
static struct track *track_of(struct reader *r)
{
    unsigned n = digit(r);
    size_t cursor = 0;
    struct room *room;

    while ((room = map_next(&cast.engine->rooms, &cursor, NULL)) != NULL)
        list_each(node, &room->people)
        {
            const struct person *p = list_entry(node, struct person, in_room);
            list_each(track, &p->tracks) if (n-- == 0) return list_entry(track, struct track,
                                                                         in_person);
        }
    return NULL;
}

static char *sid_of(struct reader *r)
{
    struct track *t = track_of(r);

    return t ? t->sid : (char *)(uintptr_t) "TR_none";
}

static char *identity_of(struct reader *r)
{
    return client_of(r)->identity;
}

static char *room_of(struct reader *r)
{
    static const char *const names[] = {"room", "other", "none", ""};

    return (char *)(uintptr_t)names[digit(r) & 3];
}

/* ---- sessions ---- */

/* who, flags: hidden, no auto-subscribe, adaptive, the other room; more: full, read-only. */
static void open_session(struct reader *r, bool resume)
{
    struct client *c = client_of(r);
    unsigned flags = digit(r), more = digit(r);
    struct grant g = {.room = (char *)(uintptr_t)(flags & 8 ? "other" : "room"),
                      .identity = c->identity,
                      .permission = {.can_subscribe = !(more & 2),
                                     .can_publish = !(more & 4),
                                     .can_publish_data = !(more & 4),
                                     .can_update_metadata = true,
                                     .hidden = flags & 1,
                                     .sources = more & 8 ? 6 : 0},
                      .max_participants = more & 1 ? 2 : 0,
                      .auto_subscribe = !(flags & 2),
                      .adaptive_stream = flags & 4,
                      .reconnect = resume,
                      .protocol = 17};

    str_set(&c->offer, NULL);
    c->session = ++cast.next_session;
    engine_on_open(cast.engine, cast.now_us, c->session, &g);
}

static void step_join(struct reader *r)
{
    open_session(r, false);
}

static void step_resume(struct reader *r)
{
    open_session(r, true);
}

static void step_close(struct reader *r)
{
    struct client *c = client_of(r);

    engine_on_close(cast.engine, cast.now_us, c->session);
}

/* ---- messages ---- */

static void step_offer(struct reader *r)
{
    struct client *c = client_of(r);
    unsigned count = digit(r);
    struct str text;

    str_init(&text);
    write_head(&text, c, PUBLISHER, false);
    str_append(&text, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n"
                      "a=sctp-port:5000\r\n");
    for (unsigned i = 1; i <= count; i++)
        write_section(&text, i, (char)reader_u8(r));
    send_description(c, true, &text, ++c->own_offer_id);
}

/* who, how: an answer, with another fingerprint, without a head; then sections as they come. */
static void step_raw_description(struct reader *r)
{
    struct client *c = client_of(r);
    unsigned how = digit(r);
    struct str text;

    str_init(&text);
    if (!(how & 4))
        write_head(&text, c, how & 1 ? SUBSCRIBER : PUBLISHER, how & 2);
    str_append(&text, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n");
    str_append_span(&text, raw_of(r));
    send_description(c, !(how & 1), &text, how & 1 ? c->offer_id : ++c->own_offer_id);
}

static void step_add(struct reader *r)
{
    static const char *const codecs[] = {"vp8", "h264", "av1", ""};
    Livekit__AudioTrackFeature features[] = {LIVEKIT__AUDIO_TRACK_FEATURE__TF_STEREO,
                                             LIVEKIT__AUDIO_TRACK_FEATURE__TF_NO_DTX};
    struct client *c = client_of(r);
    unsigned cid = digit(r), what = digit(r), how = digit(r);
    Livekit__SignalRequest q = LIVEKIT__SIGNAL_REQUEST__INIT;
    Livekit__AddTrackRequest add = LIVEKIT__ADD_TRACK_REQUEST__INIT;
    Livekit__SimulcastCodec codec = LIVEKIT__SIMULCAST_CODEC__INIT, *codec_list[] = {&codec};
    Livekit__VideoLayer layers[3], *list[3];
    char name[8];

    for (unsigned i = 0; i < 3; i++) {
        livekit__video_layer__init(&layers[i]);
        layers[i].quality = (Livekit__VideoQuality)i;
        layers[i].width = 320u << i;
        layers[i].height = 180u << i;
        list[i] = &layers[i];
    }
    snprintf(name, sizeof name, "c%u", cid);
    q.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_ADD_TRACK;
    q.add_track = &add;
    add.cid = name;
    add.type = what & 1 ? LIVEKIT__TRACK_TYPE__VIDEO : LIVEKIT__TRACK_TYPE__AUDIO;
    add.source = (Livekit__TrackSource)(what >> 1);
    add.encryption = (Livekit__Encryption__Type)(how & 1);
    add.muted = how & 2;
    add.layers = list;
    add.n_layers = how & 4 ? 3 : 0;
    codec.codec = (char *)(uintptr_t)codecs[how >> 2];
    add.audio_features = features;
    add.n_audio_features = how >> 2 & 2;
    add.simulcast_codecs = codec_list;
    add.n_simulcast_codecs = how & 8 ? 1 : 0;
    send_request(c, &q);
}

static void step_mute(struct reader *r)
{
    Livekit__SignalRequest q = LIVEKIT__SIGNAL_REQUEST__INIT;
    Livekit__MuteTrackRequest mute = LIVEKIT__MUTE_TRACK_REQUEST__INIT;
    struct client *c = client_of(r);

    q.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_MUTE;
    q.mute = &mute;
    mute.sid = sid_of(r);
    mute.muted = digit(r) & 1;
    send_request(c, &q);
}

static void step_subscribe(struct reader *r)
{
    Livekit__SignalRequest q = LIVEKIT__SIGNAL_REQUEST__INIT;
    Livekit__UpdateSubscription u = LIVEKIT__UPDATE_SUBSCRIPTION__INIT;
    struct client *c = client_of(r);
    char *sid = sid_of(r);

    q.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_SUBSCRIPTION;
    q.subscription = &u;
    u.track_sids = &sid;
    u.n_track_sids = 1;
    u.subscribe = digit(r) & 1;
    send_request(c, &q);
}

static void step_settings(struct reader *r)
{
    Livekit__SignalRequest q = LIVEKIT__SIGNAL_REQUEST__INIT;
    Livekit__UpdateTrackSettings u = LIVEKIT__UPDATE_TRACK_SETTINGS__INIT;
    struct client *c = client_of(r);
    char *sid = sid_of(r);
    unsigned how = digit(r);

    q.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_TRACK_SETTING;
    q.track_setting = &u;
    u.track_sids = &sid;
    u.n_track_sids = 1;
    u.quality = (Livekit__VideoQuality)(how & 3);
    u.disabled = how & 4;
    u.width = u.height = how & 8 ? 100u * digit(r) : 0;
    send_request(c, &q);
}

static void step_sync(struct reader *r)
{
    Livekit__SignalRequest q = LIVEKIT__SIGNAL_REQUEST__INIT;
    Livekit__SyncState sync = LIVEKIT__SYNC_STATE__INIT;
    Livekit__DataChannelReceiveState state = LIVEKIT__DATA_CHANNEL_RECEIVE_STATE__INIT,
                                     *states[] = {&state};
    struct client *c = client_of(r);
    const struct person *about = person_of(client_of(r));
    char *sid = sid_of(r);

    q.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_SYNC_STATE;
    q.sync_state = &sync;
    sync.track_sids_disabled = &sid;
    sync.n_track_sids_disabled = 1;
    state.publisher_sid = (char *)(uintptr_t)(about ? about->sid : "PA_none");
    state.last_seq = digit(r);
    sync.datachannel_receive_states = states;
    sync.n_datachannel_receive_states = 1;
    send_request(c, &q);
}

/* What a client says about itself and its tracks: name and attributes, features, size. */
static void step_update(struct reader *r)
{
    Livekit__SignalRequest q = LIVEKIT__SIGNAL_REQUEST__INIT;
    Livekit__UpdateParticipantMetadata own = LIVEKIT__UPDATE_PARTICIPANT_METADATA__INIT;
    Livekit__UpdateParticipantMetadata__AttributesEntry
        entry = LIVEKIT__UPDATE_PARTICIPANT_METADATA__ATTRIBUTES_ENTRY__INIT,
        *entries[] = {&entry};
    Livekit__UpdateLocalAudioTrack audio = LIVEKIT__UPDATE_LOCAL_AUDIO_TRACK__INIT;
    Livekit__UpdateLocalVideoTrack video = LIVEKIT__UPDATE_LOCAL_VIDEO_TRACK__INIT;
    Livekit__AudioTrackFeature features[16];
    struct client *c = client_of(r);
    unsigned kind = digit(r) % 3, number = digit(r);
    char key[2] = {(char)('a' + number), 0};

    for (unsigned i = 0; i < 16; i++)
        features[i] = (Livekit__AudioTrackFeature)(i % 4);
    entry.key = entry.value = own.name = own.metadata = key;
    own.attributes = entries;
    own.n_attributes = 1;
    audio.track_sid = video.track_sid = sid_of(r);
    audio.features = features;
    audio.n_features = video.width = number;
    q.message_case = kind == 0   ? LIVEKIT__SIGNAL_REQUEST__MESSAGE_UPDATE_METADATA
                     : kind == 1 ? LIVEKIT__SIGNAL_REQUEST__MESSAGE_UPDATE_AUDIO_TRACK
                                 : LIVEKIT__SIGNAL_REQUEST__MESSAGE_UPDATE_VIDEO_TRACK;
    if (kind == 0)
        q.update_metadata = &own;
    else if (kind == 1)
        q.update_audio_track = &audio;
    else
        q.update_video_track = &video;
    send_request(c, &q);
}

static void step_leave(struct reader *r)
{
    Livekit__SignalRequest q = LIVEKIT__SIGNAL_REQUEST__INIT;
    Livekit__LeaveRequest leave = LIVEKIT__LEAVE_REQUEST__INIT;

    q.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_LEAVE;
    q.leave = &leave;
    send_request(client_of(r), &q);
}

static void step_raw_message(struct reader *r)
{
    struct client *c = client_of(r);

    engine_on_message(cast.engine, cast.now_us, c->session, raw_of(r));
}

/* ---- transports ---- */

static void step_check(struct reader *r)
{
    struct client *c = client_of(r);
    enum side side = side_of(r);
    unsigned how = digit(r);
    const struct connection *k = connection_of(c, side);
    struct addr from = c->links[side].addr;

    from.port = (uint16_t)(from.port + digit(r)); /* a client that moves */
    if (k)
        give_check(k, &from, how & 1, !(how & 2));
}

/* The last check once more, whoever it was for. */
static void step_check_again(struct reader *r)
{
    const struct addr *from = &client_of(r)->links[0].addr;

    give(from, span_of(cast.check, cast.check_size));
}

static void step_datagram(struct reader *r)
{
    struct client *c = client_of(r);
    struct addr from = c->links[side_of(r)].addr;

    from.port = (uint16_t)(from.port + digit(r));
    give(&from, raw_of(r));
}

static void step_sctp(struct reader *r)
{
    struct connection *k = connection_of(client_of(r), side_of(r));

    engine_on_sctp(cast.engine, cast.now_us, k ? transport_id(k->transport) : 1, raw_of(r));
}

/* ---- data ---- */

/* who, side, label, size: an encrypted packet, a user's to one identity, or bytes as they are. */
static void step_data(struct reader *r)
{
    struct client *c = client_of(r);
    enum side side = side_of(r);
    unsigned label = digit(r) % 4, kind = digit(r), number = digit(r);
    Livekit__DataPacket packet = LIVEKIT__DATA_PACKET__INIT;
    Livekit__UserPacket user = LIVEKIT__USER_PACKET__INIT;
    struct connection *k = connection_of(c, side);
    char *to = cast.clients[number % CLIENTS].identity;
    struct arena a;

    if (!k)
        return;
    arena_init(&a);
    packet.value_case = LIVEKIT__DATA_PACKET__VALUE_USER;
    packet.user = &user;
    packet.sequence = kind & 8 ? 0 : number;
    packet.destination_identities = &to;
    packet.n_destination_identities = kind & 2 ? 1 : 0;
    user.payload.len = kind & 4 ? 4000u * number : number;
    user.payload.data = arena_alloc(&a, user.payload.len);
    struct channel_message m = {.label = (enum channel_label)label};
    m.bytes = kind & 1 ? raw_of(r) : signal_pack(&packet.base, &a);
    data_on_message(k->person, cast.now_us, side, &m);
    arena_fini(&a);
}

/* ---- the server API ---- */

static struct span participant_body(struct reader *r, char *room, struct arena *a)
{
    Livekit__UpdateParticipantRequest update = LIVEKIT__UPDATE_PARTICIPANT_REQUEST__INIT;
    Livekit__ParticipantPermission permission = LIVEKIT__PARTICIPANT_PERMISSION__INIT;

    update.room = room;
    update.identity = identity_of(r);
    unsigned flags = digit(r);
    permission.can_subscribe = flags & 1;
    permission.can_publish = flags & 2;
    permission.can_publish_data = flags & 4;
    update.permission = flags & 8 ? NULL : &permission;
    update.name = (char *)(uintptr_t) "name";
    return signal_pack(&update.base, a);
}

static struct span request_body(struct reader *r, enum engine_request what, struct arena *a)
{
    Livekit__CreateRoomRequest create = LIVEKIT__CREATE_ROOM_REQUEST__INIT;
    Livekit__MuteRoomTrackRequest mute = LIVEKIT__MUTE_ROOM_TRACK_REQUEST__INIT;
    Livekit__RoomParticipantIdentity one = LIVEKIT__ROOM_PARTICIPANT_IDENTITY__INIT;
    Livekit__DeleteRoomRequest room = LIVEKIT__DELETE_ROOM_REQUEST__INIT;
    char *name = room_of(r);

    if (what == ENGINE_CREATE_ROOM || what == ENGINE_UPDATE_ROOM_METADATA) {
        create.name = name;
        create.metadata = (char *)(uintptr_t)(digit(r) & 1 ? "{\"e2ee\":true}" : "");
        create.empty_timeout = digit(r);
        return signal_pack(&create.base, a);
    }
    if (what == ENGINE_UPDATE_PARTICIPANT)
        return participant_body(r, name, a);
    if (what == ENGINE_MUTE_TRACK) {
        mute.room = name;
        mute.identity = identity_of(r);
        mute.track_sid = sid_of(r);
        mute.muted = digit(r) & 1;
        return signal_pack(&mute.base, a);
    }
    if (what == ENGINE_DELETE_ROOM || what == ENGINE_LIST_PARTICIPANTS) {
        room.room = name;
        return signal_pack(&room.base, a);
    }
    one.room = name;
    one.identity = identity_of(r);
    return signal_pack(&one.base, a);
}

static void step_request(struct reader *r)
{
    enum engine_request what = (enum engine_request)(digit(r) % (ENGINE_UPDATE_ROOM_METADATA + 1));
    bool raw = digit(r) & 1;
    struct arena a;

    arena_init(&a);
    struct span body = raw ? raw_of(r) : request_body(r, what, &a);
    engine_on_request(cast.engine, cast.now_us, ++cast.next_request, what, body);
    arena_fini(&a);
}

/* ---- time ---- */

/* Through every deadline on the way, as a worker goes. */
static void step_time(struct reader *r)
{
    static const int64_t ms[16] = {1,    5,    10,   20,   50,    100,   200,   500,
                                   1000, 1600, 2100, 5100, 10000, 16000, 31000, 61000};
    int64_t until = cast.now_us + ms[digit(r)] * 1000;

    while (cast.now_us < until) {
        int64_t next = engine_on_time(cast.engine, cast.now_us);
        assert(next > cast.now_us);
        cast.now_us = next < until ? next : until;
        settle();
    }
}

/* ---- the script ---- */

static void step_answering(struct reader *r)
{
    struct client *c = client_of(r);

    c->answering = (enum answering)(digit(r) % ANSWERS);
}

static void step_answer(struct reader *r)
{
    send_answer(client_of(r));
}

static void step_connect(struct reader *r)
{
    struct client *c = client_of(r);

    connect_link(c, side_of(r));
}

static void step_shutdown(struct reader *r)
{
    (void)r;
    engine_shutdown(cast.engine, cast.now_us);
}

static void (*const steps[128])(struct reader *r) = {
    ['J'] = step_join,      ['R'] = step_resume,
    ['X'] = step_close,     ['W'] = step_answering,
    ['A'] = step_answer,    ['C'] = step_connect,
    ['O'] = step_offer,     ['o'] = step_raw_description,
    ['T'] = step_add,       ['M'] = step_mute,
    ['S'] = step_subscribe, ['Q'] = step_settings,
    ['Y'] = step_sync,      ['U'] = step_update,
    ['L'] = step_leave,     ['m'] = step_raw_message,
    ['c'] = step_check,     ['k'] = step_check_again,
    ['d'] = step_datagram,  ['s'] = step_sctp,
    ['P'] = step_media,     ['B'] = step_burst,
    ['F'] = step_rtcp,      ['D'] = step_data,
    ['q'] = step_request,   ['t'] = step_time,
    ['!'] = step_shutdown,
};

static struct dtls_context *dtls(void)
{
    static struct dtls_context *context;

    if (!context)
        context = dtls_context_new();
    return context;
}

static void begin(void)
{
    struct dtls_context *context = dtls();

    memset(&cast, 0, sizeof cast);
    cast.now_us = 1000000000;
    struct engine_config config = {.dtls = context,
                                   .cipher = cipher_by_name("evp"),
                                   .candidates = {server_addr()},
                                   .candidate_count = 1,
                                   .id_prefix = 1,
                                   .version = "0",
                                   .node_id = "ND_fuzz",
                                   .unix_ms_offset = 1700000000000,
                                   .drain = drain};
    cast.engine = engine_new(&config);
    for (unsigned i = 0; i < CLIENTS; i++) {
        struct client *c = &cast.clients[i];
        snprintf(c->identity, sizeof c->identity, "id%u", i);
        for (unsigned side = 0; side < 2; side++)
            c->links[side].addr =
                addr_v4(198, 51, 100, (uint8_t)(i + 1), (uint16_t)(40000 + 100 * side));
        for (unsigned k = 0; k < SSRCS; k++)
            c->next_index[k] = 1000;
    }
}

static void end(void)
{
    assert(cast.replies == cast.next_request);
    engine_free(cast.engine);
    for (unsigned i = 0; i < CLIENTS; i++) {
        free(cast.clients[i].offer);
        srtp_free(cast.clients[i].links[PUBLISHER].srtp);
        srtp_free(cast.clients[i].links[SUBSCRIBER].srtp);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_of(span_of(data, size));

    begin();
    for (unsigned n = 0; reader_left(&r) > 0 && n < STEPS_MAX;) {
        uint8_t letter = reader_u8(&r);
        if (letter >= 128 || !steps[letter])
            continue;
        steps[letter](&r);
        settle();
        n++;
    }
    end();
    return 0;
}
