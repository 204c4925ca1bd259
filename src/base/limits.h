/* SPDX-License-Identifier: Apache-2.0 */
/* Every bound on what the outside can make us hold or do, each with its reason. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* A datagram: Ethernet MTU is 1,500; WebRTC clients stay below 1,300, and a DTLS flight below
 * 1,472. */
#define PACKET_CAPACITY 1600

/* Packets of a worker, 1.7 KB each: what 64 video layers keep for retransmission. */
#define LIMIT_PACKETS 32768u

/* Signalling. livekit-server takes 2 MiB; the largest honest message is an SDP offer of some 60
 * sections (~200 KB). */
#define LIMIT_SIGNAL_MESSAGE (512 * 1024)
/* Memory that decoding a message may take, as a multiple of its size and for the smallest: lists of
 * short ids take 8 times their size, lists of empty structures would take 100 times. */
#define LIMIT_SIGNAL_GROWTH 16
#define LIMIT_SIGNAL_GROWTH_BASE (64 * 1024)
/* Sections of one SDP: 64 cover 10+10 tracks, rtc-node's 7 spare ones and years of stopped screen
 * shares. */
#define LIMIT_SDP_SECTIONS 128
#define LIMIT_SDP_CODECS 64 /* payload types in a section; Chrome offers about 40 */
#define LIMIT_SDP_EXTENSIONS 32
#define LIMIT_SDP_SSRCS 16
#define LIMIT_SDP_ICE_TEXT 256 /* ufrag and pwd, RFC 8839 5.4 */
#define LIMIT_SDP_MID 64       /* mid and rid; WebRTC keeps mids to 16 since they ride in RTP */

/* Names and texts, as livekit-server bounds them. */
#define LIMIT_IDENTITY 256
#define LIMIT_ROOM_NAME 256
#define LIMIT_NAME 256
#define LIMIT_METADATA (64 * 1024)
#define LIMIT_METADATA_DEPTH 32 /* of what is read in it: arrays in objects in arrays */
#define LIMIT_ATTRIBUTES (64 * 1024)
#define LIMIT_ATTRIBUTE_COUNT 256 /* each change is compared with each */
#define LIMIT_CID 256
#define LIMIT_TRACK_NAME 256
#define LIMIT_TRACK_LISTS 16 /* layers, codecs, features of one track: there are 3, 5 and 7 */

/* Media. */
#define LIMIT_TRACKS_PER_PERSON 32
#define LIMIT_PENDING_TRACKS 20
/* Tracks that one viewer may choose by name; more than all tracks of a room of 30 full publishers.
 */
#define LIMIT_WISHES 1024
#define LIMIT_LAYERS 3
/* Streams one person may send at a time: 32 tracks × 3 layers × (media + rtx). */
#define LIMIT_STREAMS_PER_PERSON 192
/* Streams one transport may introduce over its life: 128 sections × 3 layers × (media + rtx). One
 * that ended is not forgotten, or its packets could be replayed; it costs 140 bytes. */
#define LIMIT_SSRCS_PER_TRANSPORT 768

/* Data. Our SDP says 65,535; the 16 KB headroom is for what the server adds. */
#define LIMIT_DATA_MESSAGE 65535
#define LIMIT_DATA_CHANNELS 16
/* Key indexes of encrypted data: SDKs have rings of 16 keys, and @livekit/rtc-node 1.1.0 ends with
 * an assertion when it is sent an index beyond its ring. */
#define LIMIT_KEY_INDEXES 16
/* Reliable bytes queued for one slow reader before it is disconnected. */
#define LIMIT_RELIABLE_BACKLOG (2 * 1024 * 1024)
/* Reliable bytes of one sender queued for all its readers before no more is read from it: several
 * of the largest messages, and well below what ends a reader. */
#define LIMIT_DATA_WAITING (1024 * 1024)
/* Bytes queued for one reader by all senders together before those who add to them are held: more
 * than one sender alone may have waiting, and room for a message of some others. */
#define LIMIT_READER_CROWDED (LIMIT_RELIABLE_BACKLOG / 4 * 3)
/* A reader that keeps a sender held is disconnected when it acknowledged less than this in this
 * time: 2 KB/s, while SCTP tries again at least every 3 s. */
#define LIMIT_READER_STEP (16 * 1024)
#define LIMIT_READER_STALL_US (8 * 1000000LL)
/* Reliable messages kept per room for those who resume: about 2 s of a busy sender. */
#define LIMIT_REPLAY_BYTES (1024 * 1024)
#define LIMIT_REPLAY_US (10 * 1000000LL)

/* Messages of one signal connection that cannot be read before it is closed: an honest client sends
 * none. */
#define LIMIT_MALFORMED_MESSAGES 20

/* Strangers. A transport that never authenticated holds about 1 KB. */
#define LIMIT_ADDRS_PER_TRANSPORT 8
/* STUN replies per second and worker to requests that no transport recognises: none; to
 * authenticated ones: */
#define LIMIT_STUN_PER_TRANSPORT_PER_S 200

/* Time. */
#define LIMIT_JOIN_US (60 * 1000000LL)           /* to become ACTIVE */
#define LIMIT_ANSWER_US (15 * 1000000LL)         /* to answer our offer */
#define LIMIT_ICE_SILENCE_US (15 * 1000000LL)    /* consent freshness: no check, no packet */
#define LIMIT_RESUME_US (30 * 1000000LL)         /* without a signal connection, media alive */
#define LIMIT_SIGNAL_SILENCE_US (30 * 1000000LL) /* two ping timeouts */
#define LIMIT_REFRESH_US (300 * 1000000LL)       /* a refreshed token lives twice as long */
/* Those who left a room are remembered for those who resume: as long as a session can go unnoticed
 * by us and then stay away. */
#define LIMIT_DEPARTED_US (LIMIT_SIGNAL_SILENCE_US + LIMIT_RESUME_US)
#define LIMIT_DEPARTED 256     /* a full room that leaves within a minute; 300 bytes each */
#define LIMIT_NOTICE_US 400000 /* for a last notice to arrive before the end */
#define LIMIT_EMPTY_ROOM_US (300 * 1000000LL)
#define LIMIT_DEPARTURE_US (20 * 1000000LL)

/* HTTP and WebSocket connections. Sizes besides these are in struct web_config. */
#define LIMIT_HTTP_HEADERS 100 /* Chrome sends about 20 */
#define LIMIT_HTTP_HEAD_US                                                                         \
    (10 * 1000000LL) /* TLS handshake and head: a slow sender holds a connection no longer */
#define LIMIT_HTTP_BODY_US (120 * 1000000LL) /* 10 MiB at 700 kbit/s */
#define LIMIT_HTTP_IDLE_US (30 * 1000000LL)  /* kept alive between two requests */
#define LIMIT_WEB_STUCK_US (20 * 1000000LL)  /* output waiting, and the peer takes none of it */
#define LIMIT_WEB_LINGER_US                                                                        \
    (2 * 1000000LL) /* for the peer's end after ours, so that the last reply arrives */
#define LIMIT_WEB_PING_US (10 * 1000000LL)    /* a silent WebSocket is pinged */
#define LIMIT_WEB_SILENCE_US (25 * 1000000LL) /* ... and dropped: two pings unanswered */
/* Bytes of all connections' buffers together; beyond it those that hold much are dropped. */
#define LIMIT_WEB_HELD_BYTES (256 * 1024 * 1024)
#define LIMIT_WEB_HELD_PER_ADDRESS                                                                 \
    (64 * 1024 * 1024)              /* some uploads at once, so that strangers cannot fill all */
#define LIMIT_HTTP_HEAD (32 * 1024) /* a token of 16 KiB in the URL, and a browser's cookies */
#define LIMIT_LINK_ENCODINGS                                                                       \
    8 /* layers of percent-encoding on a link: forwarded mail makes 2 or 3 */
#define LIMIT_HTTP_BODY                                                                            \
    (1024 * 1024) /* of a server API call; metadata and data are far smaller                       \
                   */
#define LIMIT_WEB_CONNECTIONS 20000
#define LIMIT_WEB_DESCRIPTORS_KEPT 64 /* for what is no connection: sockets, files, databases */
#define LIMIT_WEB_CONNECTIONS_PER_ADDRESS 2000 /* an office or a school behind one address */
#define LIMIT_WEB_QUEUE                                                                            \
    (4 * 1024 * 1024)                  /* output for one: the join of a full room, and then some */
#define LIMIT_CALLS_PENDING 1024       /* a worker answers within its turn: more means flooding */
#define LIMIT_DRAIN_US (5 * 1000000LL) /* for clients to leave when the server ends */

/* The database. */
#define LIMIT_DB_LOCK_US (5 * 1000000) /* for others' locks; a transaction takes milliseconds */
#define LIMIT_DB_STATEMENT_US (10 * 1000000)
#define LIMIT_DB_RECONNECT_US (1000000) /* between two attempts to reach a server that is gone */
/* Times that a transaction is run again since others were in the way; one of them got through each
 * time. */
#define LIMIT_DB_ATTEMPTS 40

/* Accounts. */
#define LIMIT_SESSIONS_PER_USER 50 /* devices; beyond them the oldest is logged out */
/* An old refresh token within this time of its rotation is another tab, not a thief. */
#define LIMIT_REFRESH_RACE_MS (10 * 1000)
#define LIMIT_PASSWORD_LEAST 12 /* bytes */
#define LIMIT_PASSWORD_MOST 128 /* the work of hashing grows with it */
#define LIMIT_PASSWORD_PASSES 2 /* argon2id, with the memory below: about 20 ms of a core */
#define LIMIT_PASSWORD_MEMORY (19 * 1024 * 1024)
#define LIMIT_EMAIL 254  /* RFC 5321 4.5.3.1.3, without the brackets */
#define LIMIT_CLIENT 200 /* of User-Agent, shown in the list of sessions */
#define LIMIT_PREFERENCES 4096
#define LIMIT_ACCESS_LIFE_MS (60 * 60 * 1000LL)
#define LIMIT_REFRESH_LIFE_MS (7 * 24 * 60 * 60 * 1000LL) /* from its last use */
#define LIMIT_GUEST_LIFE_MS (30 * 24 * 60 * 60 * 1000LL)  /* a guest who comes back is the same */

/* Rooms that the store keeps. */
#define LIMIT_ROOM_TOUCH_MS (60 * 1000) /* between two notes that somebody came */
/* After somebody last came: a weekly meeting survives holidays, and a link that was sent for next
 * week still opens. */
#define LIMIT_ROOM_LIFE_MS (30 * 24 * 60 * 60 * 1000LL)
#define LIMIT_ROOM_LIST 200      /* of one user, in a list */
#define LIMIT_MEMBERS_LISTED 500 /* of one room: those who are banned, or moderate it */
/* Who waits to be let in: as many as somebody can look through. A place is kept while a moderator
 * may be on the way; who was sent away does not knock again at once. */
#define LIMIT_LOBBY 100
#define LIMIT_LOBBY_WAIT_MS (10 * 60 * 1000LL)
#define LIMIT_LOBBY_DENIED_MS (10 * 60 * 1000LL)

#define LIMIT_PRESENCE_NAMES 100

/* Rooms to try things out, which nobody owns. */
#define LIMIT_DEMO_ROOMS 50
#define LIMIT_DEMO_PEOPLE 6
#define LIMIT_DEMO_LIFE_MS (2 * 60 * 60 * 1000LL)

/* Files that people send. */
#define LIMIT_AVATAR_BYTES (2 * 1024 * 1024)
#define LIMIT_AVATAR_SIDE 1024 /* pixels; it is shown at a tenth of that */
#define LIMIT_UPLOAD_BYTES (10 * 1024 * 1024)
#define LIMIT_UPLOAD_SIDE 8192
#define LIMIT_FORM_PARTS 8
#define LIMIT_FORM_EXTRA (16 * 1024) /* boundaries, heads and small fields around a file */
#define LIMIT_UPLOADS_OF_USER (500 * 1024 * 1024LL)
#define LIMIT_UPLOADS_OF_ROOM (1024 * 1024 * 1024LL)
#define LIMIT_UPLOADS_OF_ALL (8 * 1024 * 1024 * 1024LL)
/* Whoever wants to be one more guest is: together they leave most of it to those with accounts. */
#define LIMIT_UPLOADS_OF_GUEST (50 * 1024 * 1024LL)
#define LIMIT_UPLOADS_OF_GUESTS (LIMIT_UPLOADS_OF_ALL / 4)
#define LIMIT_UPLOADS_WAITING 8 /* for a thread: each holds its bytes in memory */
/* A sealed file's size tells no more than a number of blocks. */
#define LIMIT_SEALED_BLOCK (16 * 1024)
#define LIMIT_SEALED_LIFE_MS (7 * 24 * 60 * 60 * 1000LL)
#define LIMIT_RATE_UPLOAD 60 /* of an address in a minute */

/* Housekeeping. */
#define LIMIT_HOUSEKEEPING_MS (60 * 1000)
#define LIMIT_HOUSEKEEPING_ROWS 1000  /* of a kind in a round: some milliseconds of a write lock */
#define LIMIT_HOUSEKEEPING_BATCHES 20 /* of such rows: more than strangers add in that time */
#define LIMIT_HOUSEKEEPING_UPLOADS 20 /* 200 MB of log at most */
#define LIMIT_HOUSEKEEPING_ROOMS 50   /* each asks the media plane and is written by itself */
#define LIMIT_INVITE_KEPT_MS (30 * 24 * 60 * 60 * 1000LL) /* in the list, after it has expired */
#define LIMIT_AUDIT_LIFE_MS (365 * 24 * 60 * 60 * 1000LL)

/* Webhooks, and other work that is tried again. */
#define LIMIT_WEBHOOKS 32    /* receivers of events */
#define LIMIT_WEBHOOK_URLS 8 /* of LiveKit's, in the configuration */
#define LIMIT_WEBHOOK_URL 512
#define LIMIT_WEBHOOK_LANE 1000   /* that wait for one receiver: some hours of a busy server */
#define LIMIT_EVENTS_WAITING 4096 /* to be stored, while the database does not answer */
#define LIMIT_JOB_BACKOFF_MS (5 * 1000) /* after the first failure, then twice that, ... */
#define LIMIT_JOB_BACKOFF_MOST_MS (10 * 60 * 1000)
#define LIMIT_JOB_LIFE_MS (6 * 60 * 60 * 1000LL) /* a night that a receiver is down */

/* Requests of ours to other servers. */
#define LIMIT_FETCH_CONNECT_MS 3000 /* within a continent it takes a tenth of that */
#define LIMIT_FETCH_MS (10 * 1000)
#define LIMIT_LIVEKIT_ANSWER                                                                       \
    (8 * 1024 * 1024) /* the people of the largest room, with their texts */
/* After a media server did not answer in time, nobody waits for it again that long. */
#define LIMIT_LIVEKIT_PAUSE_US (2 * 1000000)

/* The API. */
#define LIMIT_API_THREADS 4
#define LIMIT_API_QUEUE 256        /* calls that wait for a thread; more are told to come back */
#define LIMIT_API_BODY (64 * 1024) /* settings and preferences are the largest, with 4 KB */
#define LIMIT_API_PARAM 256        /* a name in a path */
#define LIMIT_API_TOKEN 4096       /* ours have about 500 bytes */
/* People who wait at a room's door for the store's word: a thousand come back at once after a
 * restart. */
#define LIMIT_ADMISSIONS 4096
#define LIMIT_JSON_DEPTH 16
#define LIMIT_JSON_MEMBERS 256 /* of one object; each name is compared with each */
/* Requests of an address in a minute, for each route. An office behind one address has many people,
 * who all come at nine; an attacker tries as many passwords. */
#define LIMIT_RATE_LOGIN 30
#define LIMIT_RATE_REFRESH 240
#define LIMIT_RATE_GUEST 120
#define LIMIT_RATE_DEMO 6
#define LIMIT_RATE_GENERAL 600
#define LIMIT_RATE_COUNTERS 32768 /* addresses and groups at a time, 24 bytes each */

#endif
