/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the signalling plane: what its files tell each other. Only they include it (room.h
 * is what the engine and the media plane see). A person who was ended stays readable until the turn
 * is over (person_end), so a function may go on with one after anything it called; `leaving` tells.
 */
#ifndef ROOM_SIGNALLING_H
#define ROOM_SIGNALLING_H

#include "room/replay.h"
#include "room/room.h"
#include "room/state.h"

/* What signalling keeps of a person beside struct person. */
struct person_signal {
    struct person *person;
    struct timer timer;       /* the next of the deadlines below */
    struct timer offer_timer; /* end of this turn: an offer is wanted */
    struct timer reap_timer;  /* end of this turn: the person is freed */
    struct timer hold_timer;  /* while the person is held: the next look */
    int64_t joined_us;
    int64_t heard_us;   /* last message of the signal connection */
    int64_t gone_us;    /* since when there is no signal connection */
    int64_t offered_us; /* when the offer that is pending was sent */
    int64_t refresh_us; /* when the next token is due */
    unsigned malformed; /* messages of this session */
    /* publishing */
    char *refused[LIMIT_PENDING_TRACKS]; /* cids of tracks that must not be sent, the oldest is
                                            overwritten */
    unsigned refused_next;
    unsigned clear_tracks_refused;
    /* descriptions, by enum side */
    uint64_t sdp_id[2];
    uint32_t sdp_version[2];
    /* viewing */
    struct map wishes; /* track sid -> WISH_YES or WISH_NO, given by UpdateSubscription */
    /* data */
    bool receiving;       /* ACTIVE: packets go straight to the channel */
    int64_t watched_us;   /* pressure.c: as a reader, when it was last looked at, */
    int64_t moved_us;     /* and when it had last acknowledged enough, */
    int64_t moved_bytes;  /* counted from here */
    uint64_t replay_from; /* until then: the first kept packet that is not theirs yet */
    /* speakers.c, quality.c */
    float speaker_level;
    bool speaker_active;
    uint64_t quality_told; /* hash of the last update, 0: none */
};

extern char wish_yes, wish_no;
#define WISH_YES ((void *)&wish_yes)
#define WISH_NO ((void *)&wish_no)

/* ---- tell.c: messages to clients ---- */

void tell(struct person *to, const Livekit__SignalResponse *response);
/* One participant's present state, to everybody else and (self) to them; nobody hears of hidden
 * ones. */
void tell_person(struct person *about, bool self);
/* The same about somebody who is arriving: in a crowded room a little later and together with
 * others, and then to them in any case. */
void tell_soon(struct person *about, bool self, int64_t now_us);
/* The others hear of them now, if they are still to. */
void tell_before(struct person *about);
/* The fire function of room.news_timer. */
void tell_news(struct timer *timer, int64_t now_us);
/* The version grows, then tell_person. */
void tell_changed(struct person *about, bool self);
/* The complete room: everybody visible, with the one who is told. */
void tell_everybody(struct person *to);
void tell_room(struct room *r);
void tell_room_to(struct person *to);
void tell_leave(struct engine *e, uint64_t session, int action, int reason);
/* A token with the grant of now. */
void tell_refresh(struct person *to, int64_t now_us);
/* request_response; `fill` sets request_id or the echo. */
void tell_request(struct person *to, Livekit__RequestResponse *response, int reason,
                  const char *message);

/* ---- event.c: what webhooks tell ---- */

void event_room(const struct room *r, const char *name);
void event_person(const struct person *p, const char *name);
void event_track(const struct track *t, const char *name);

/* ---- join.c ---- */

/* In the room and findable by identity; no session, no connections yet. */
struct person *person_new(struct room *r, int64_t now_us, const struct grant *grant);

/* ---- room.c ---- */

/* NULL when there is none. */
struct room *room_find(struct engine *e, const char *name);
/* Settings as in the request or token; 0 means the default. */
struct room *room_new(struct engine *e, int64_t now_us, const struct grant *settings);
/* The room is encrypted from now on, and its metadata says so. A meeting that is under way ends:
 * clear tracks at once, the rest when everybody was told why. */
void room_set_e2ee(struct room *r, const char *metadata, int64_t now_us);
/* Everybody is told to leave, then the room is gone and freed. */
void room_end(struct room *r, int64_t now_us, int reason);
/* The same, but a notice that was just sent to all arrives first. Until then the room is ending:
 * who comes meanwhile finds another. */
void room_end_politely(struct room *r, int64_t now_us, int reason);
bool room_is_ending(const struct room *r);
/* Timers of the room after people or tracks changed. */
void room_arm(struct room *r, int64_t now_us);
unsigned room_count_visible(const struct room *r);
unsigned room_count_publishers(const struct room *r);

/* ---- person.c ---- */

/* The signal connection becomes this one; an older one is closed. */
void person_attach(struct person *p, int64_t now_us, uint64_t session);
/* leave with this action and reason, when there is a signal connection, and its end. */
void person_detach(struct person *p, int action, int reason);
/* Out of the room, with tracks and connections; the others are told. Freed at the end of the turn.
 */
void person_depart(struct person *p, int64_t now_us, int reason);
/* Both. */
void person_end(struct person *p, int64_t now_us, int action, int reason);
void person_free(struct person *p);
void person_init_timers(struct person *p);
/* The deadlines changed. */
void person_arm(struct person *p);
/* A message that cannot be read; too many end the person. */
void person_malformed(struct person *p, int64_t now_us);
bool person_is_hidden(const struct person *p);
struct person *person_by_sid(const struct room *r, const char *sid);

/* ---- profile.c: texts and permission ---- */

void profile_on_update(struct person *p, Livekit__UpdateParticipantMetadata *m);
/* Changes that were checked; "" and NULL leave a text as it is. Does not tell anybody. */
void profile_set(struct person *p, const char *name, const char *metadata,
                 Livekit__UpdateParticipantMetadata__AttributesEntry *const *attributes,
                 size_t count);
/* Takes effect at once: forbidden tracks are unpublished, subscriptions end or begin. Does not tell
 * of the person. */
void profile_set_permission(struct person *p, const struct permission *permission, int64_t now_us);

/* ---- negotiate.c: what both kinds of description share ---- */

void connection_open(struct person *p, enum side side);
void connection_close(struct person *p, enum side side);
/* ICE credentials and fingerprint of the client. False when there are none, or another fingerprint
 * than before. */
bool connection_set_remote(struct connection *c, const struct sdp *sdp, struct arena *a);
/* Writes a description with our transport's values around these sections. */
char *negotiate_write(struct connection *c, struct sdp_out_media *media, unsigned count,
                      struct arena *a);

/* ---- answer.c: the publisher connection ---- */

void answer_on_offer(struct person *p, const Livekit__SessionDescription *offer, int64_t now_us);
/* A track was added: its section may be there already. */
void answer_bind_parked(struct person *p, struct track *t, int64_t now_us);

/* ---- offer.c: the subscriber connection ---- */

/* An offer is made at the end of the turn, or after the answer to the one under way. */
void offer_want(struct person *p);
/* Now; restart: with new ICE credentials. */
void offer_send(struct person *p, int64_t now_us, bool restart);
void offer_on_answer(struct person *p, const Livekit__SessionDescription *answer, int64_t now_us);
/* The section for a new downtrack of this kind: a free one, or another. */
unsigned offer_take_slot(struct person *p, enum sdp_kind kind);
void offer_timer_fire(struct timer *t, int64_t now_us);

/* ---- publish.c ---- */

void publish_on_add(struct person *p, Livekit__AddTrackRequest *request, int64_t now_us);
void publish_on_mute(struct person *p, const Livekit__MuteTrackRequest *m, int64_t now_us);
void publish_on_audio(struct person *p, const Livekit__UpdateLocalAudioTrack *m);
void publish_on_video(struct person *p, const Livekit__UpdateLocalVideoTrack *m);
struct track *publish_find(const struct person *p, const char *sid);
/* The track got its section: everybody is told, then may view it. */
void publish_announce(struct track *t, int64_t now_us);
/* Ends the track; tell_publisher: who does not know yet (track_unpublished). */
void publish_end(struct track *t, int64_t now_us, bool tell_publisher);
/* Sets the flag; whether it changed. Asks for key frames when unmuted. */
bool publish_set_muted(struct track *t, bool muted, int64_t now_us);
/* Tracks that the person's permission, or the room's encryption, does not allow any more. */
void publish_end_forbidden(struct person *p, int64_t now_us);
bool publish_is_refused(const struct person *p, const char *cid);
void publish_refuse(struct person *p, const char *cid);
bool person_is_publisher(const struct person *p);

/* ---- subscribe.c ---- */

void subscribe_on_update(struct person *p, const Livekit__UpdateSubscription *m);
void subscribe_on_settings(struct person *p, const Livekit__UpdateTrackSettings *m, int64_t now_us);
void subscribe_disable(struct person *p, const char *track_sid, int64_t now_us);
/* Brings the viewer's downtracks in line with permission, wishes and what is published. */
void subscribe_review(struct person *viewer);
/* The same for one track and all viewers. */
void subscribe_track(struct track *t);
/* One or several tracks by name, from now on. */
void subscribe_wish(struct person *p, const char *track_sid, bool yes);
/* The track is about to end: its downtracks go, and every wish for it. */
void subscribe_forget(struct track *t);
void subscribe_drop(struct downtrack *d);
struct downtrack *subscribe_find(const struct person *viewer, const char *track_sid);
/* The viewer cannot take the track's codec. */
void subscribe_refuse_codec(struct downtrack *d);
/* The viewer takes the track: told to its publisher the first time. */
void subscribe_tell_publisher(struct track *t);

/* ---- data.c, replay.c ---- */

/* SendData: a packet without a sender. False when it is too large. */
bool data_send(struct room *r, int64_t now_us, Livekit__SendDataRequest *request);
/* A notice to one person, now or when they are connected. */
void data_send_notice(struct person *to, const char *json);
/* The person became ACTIVE: what was kept since they joined, and from now on everything. */
void data_catch_up(struct person *p, int64_t now_us);
/* The person resumed and says what they have: when something is lost, everything after that comes
 * again; clients skip what they have got meanwhile. */
void data_replay(struct person *p, int64_t now_us, Livekit__DataChannelReceiveState *const *states,
                 size_t count);

/* ---- speakers.c, quality.c: called by the room's timer ---- */

void speakers_update(struct room *r);
bool speakers_wanted(const struct room *r);
void quality_update(struct room *r);

#endif
