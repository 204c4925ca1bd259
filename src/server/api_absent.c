/* SPDX-License-Identifier: Apache-2.0 */
/* What this server does not do to a meeting: record, stream, transcribe, call telephones. Of an
 * encrypted room the answer is that nobody here could. */
#include "server/api_match.h"
#include "server/api_room.h"

static void refuse(struct api_call *c)
{
    struct room_row r;

    if (!api_room_enter(c, API_ROLE_MODERATOR, &r))
        return;
    if (r.settings.e2ee)
        api_fail(c, 403, "e2ee_room",
                 "The room is end-to-end encrypted: nothing at the server hears or sees it");
    else
        api_fail(c, 501, "not_implemented", "This server has no recorders, streams and gateways");
}

#define ABSENT(path)                                                                               \
    {                                                                                              \
        "POST", path, API_SOMEBODY, API_RATE_GENERAL, refuse, false                                \
    }

const struct api_route api_absent_routes[] = {
    ABSENT("/room/:id/recording/:action"),
    ABSENT("/rooms/:id/recording/:action"), /* as some clients spell it */
    ABSENT("/room/:id/egress/:action"),
    ABSENT("/room/:id/transcription/:action"),
    ABSENT("/room/:id/sip/:action"),
    {.method = NULL},
};
