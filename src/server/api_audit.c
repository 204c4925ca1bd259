/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log as routes write and superadmins read it. */
#include "server/api_audit.h"

#include <jansson.h>

#include "server/api_json.h"
#include "server/api_match.h"
#include "store/audit.h"

int api_audit(struct api_call *c, const char *action, const char *target, const char *detail)
{
    const struct audit row = {.happened_ms = c->now_ms,
                              .actor_id = c->user.id,
                              .action = action,
                              .target = target,
                              .detail = detail};

    return audit_add(c->db, &row);
}

static json_t *row_json(const struct audit *row)
{
    json_t *one = json_object();

    api_json_int(one, "id", row->id);
    api_json_time(one, "happenedAt", row->happened_ms);
    api_json_text(one, "actorId", row->actor_id);
    api_json_text(one, "actorName", row->actor_name);
    api_json_text(one, "action", row->action);
    api_json_text(one, "target", row->target);
    api_json_text(one, "detail", row->detail);
    return one;
}

static void list(struct api_call *c)
{
    struct api_page page = api_page(c);
    struct audit *rows = arena_alloc(&c->arena, page.part.limit * sizeof *rows);
    unsigned count = 0;
    int64_t total;
    int error = audit_count(c->db, &total);

    if (!error)
        error = audit_list(c->db, &c->arena, page.part, rows, &count);
    if (error) {
        api_fail_store(c, error);
        return;
    }
    json_t *all = json_array();
    for (unsigned i = 0; i < count; i++)
        json_array_append_new(all, row_json(&rows[i]));
    api_reply_page(c, "entries", all, &page, total);
}

const struct api_route api_audit_routes[] = {
    {"GET", "/admin/audit", API_SUPERADMIN, API_RATE_GENERAL, list, false},
    {.method = NULL},
};
