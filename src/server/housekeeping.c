/* SPDX-License-Identifier: Apache-2.0 */
/* A round of housekeeping. Each statement is bounded, so that none holds the database for long, and
 * so are their numbers; what is left over is for the next round. */
#include "server/housekeeping.h"

#include <errno.h>

#include "base/limits.h"
#include "base/log.h"
#include "net/loop.h"
#include "store/audit.h"
#include "store/invites.h"
#include "store/sessions.h"
#include "store/uploads.h"

/* ---- a round, on an API thread ---- */

/* Ends even if somebody is inside, who came for two hours. */
static int end_demo(struct db *db, struct media_plane *media, const struct room_row *r,
                    struct housekeeping_count *done)
{
    static const struct media_audience all;
    int error = media_notify(media, r->name, &all,
                             "{\"type\":\"system\",\"event\":\"room_ended\",\"message\":"
                             "\"The time of this demo room is over.\"}");

    if (error && error != -ENOENT)
        return error; /* while its meeting cannot be ended, it stays in the book */
    error = rooms_remove(db, r->id);
    if (error)
        return error == -ENOENT ? 0 : error; /* somebody was faster */
    done->rooms_ended++;
    error = media_end_room(media, r->name);
    return error == -ENOENT ? 0 : error;
}

/* A meeting that goes on keeps its room, however long ago somebody last came. */
static int look_at_room(struct db *db, struct media_plane *media, const struct room_row *r,
                        int64_t now_ms, struct housekeeping_count *done)
{
    unsigned people;

    if (rooms_is_demo(r))
        return end_demo(db, media, r, done);
    int error = media_count(media, r->name, &people);

    if (error)
        return error;
    if (people > 0) {
        done->rooms_extended++;
        return rooms_extend(db, r->id, now_ms + LIMIT_ROOM_LIFE_MS);
    }
    error = rooms_expire(db, r->id, now_ms);
    if (error == -ENOENT)
        return 0; /* somebody came meanwhile */
    if (error)
        return error;
    done->rooms_ended++;
    error = media_end_room(media, r->name);
    return error == -ENOENT ? 0 : error;
}

static int look_at_rooms(struct db *db, struct media_plane *media, int64_t now_ms,
                         struct housekeeping_count *done)
{
    struct arena a;
    unsigned count = 0;

    arena_init(&a);
    struct room_row *rooms = arena_alloc(&a, LIMIT_HOUSEKEEPING_ROOMS * sizeof *rooms);
    int error = rooms_list_expired(db, &a, now_ms, LIMIT_HOUSEKEEPING_ROOMS, rooms, &count);
    for (unsigned i = 0; i < count && !error; i++)
        error = look_at_room(db, media, &rooms[i], now_ms, done);
    arena_fini(&a);
    return error;
}

/* Adds what the last statement removed; *full when there may be more of it. */
static int counted(struct db *db, int error, int64_t *count, bool *full)
{
    int64_t changed = error ? 0 : db_changed(db);

    *count += changed;
    *full |= changed >= LIMIT_HOUSEKEEPING_ROWS;
    return error;
}

/* Some rows of each kind; between two statements others may write. */
static int remove_batch(struct db *db, int64_t now_ms, struct housekeeping_count *done, bool *full)
{
    int error = counted(db, sessions_remove_expired(db, now_ms), &done->sessions, full);

    if (!error)
        error =
            counted(db, users_remove_guests(db, now_ms - LIMIT_GUEST_LIFE_MS), &done->guests, full);
    if (!error)
        error = counted(db, invites_remove_expired(db, now_ms - LIMIT_INVITE_KEPT_MS),
                        &done->invites, full);
    return error ? error
                 : counted(db, audit_remove(db, now_ms - LIMIT_AUDIT_LIFE_MS), &done->audit, full);
}

int housekeeping_round(struct db *db, struct media_plane *media, int64_t now_ms,
                       struct housekeeping_count *done)
{
    bool full = true, ignored = false;
    int error = 0;

    *done = (struct housekeeping_count){0};
    for (unsigned i = 0; i < LIMIT_HOUSEKEEPING_BATCHES && full && !error; i++) {
        full = false;
        error = remove_batch(db, now_ms, done, &full);
    }
    if (!error)
        error = counted(db, uploads_remove_over(db, now_ms), &done->uploads, &ignored);
    return error ? error : look_at_rooms(db, media, now_ms, done);
}

/* ---- as a job ---- */

static struct housekeeping *of(struct job *j)
{
    return (struct housekeeping *)(void *)j; /* the first member */
}

static void work(struct job *j, struct db *db)
{
    struct housekeeping_count n;
    int error = housekeeping_round(db, of(j)->media[j->thread], clock_unix_ms(), &n);

    if (n.sessions || n.guests || n.invites || n.audit || n.uploads || n.rooms_ended ||
        n.rooms_extended)
        log_event(
            LOG_INFO, "housekeeping", LOG_NUM("sessions", n.sessions), LOG_NUM("guests", n.guests),
            LOG_NUM("invites", n.invites), LOG_NUM("audit", n.audit), LOG_NUM("uploads", n.uploads),
            LOG_NUM("rooms_ended", n.rooms_ended), LOG_NUM("rooms_extended", n.rooms_extended));
    if (error)
        log_event(LOG_WARN, "housekeeping_failed", LOG_NUM("error", -error));
}

static void over(struct job *j)
{
    of(j)->running = false;
}

void housekeeping_init(struct housekeeping *h, struct pool *pool, struct media_plane *const *media)
{
    *h = (struct housekeeping){.pool = pool, .media = media};
}

void housekeeping_on_time(struct housekeeping *h)
{
    if (h->running)
        return;
    h->job = (struct job){
        .most_before = LIMIT_API_QUEUE / 2, .work = work, .finish = over, .abandon = over};
    h->running = pool_post(h->pool, &h->job);
}
