/* SPDX-License-Identifier: Apache-2.0 */
/* Recording and its like are refused, of encrypted rooms for their own reason. */
#include "house.h"

static void refuses_to_listen(void **state)
{
    (void)state;
    static const char *const whats[] = {"recording/start", "recording/stop", "egress/start",
                                        "transcription/start", "sip/call"};
    struct house h;
    char body[128], path[192];

    house_build(&h, "{}");
    const struct person *owner = &h.people[ROLE_OWNER];
    for (int encrypted = 0; encrypted < 2; encrypted++) {
        for (size_t i = 0; i < sizeof whats / sizeof whats[0]; i++) {
            json_decref(house_ask(&h, "POST", owner, whats[i], encrypted ? 403 : 501,
                                  encrypted ? "e2ee_room" : "not_implemented"));
            json_decref(house_ask(&h, "POST", &h.people[ROLE_USER], whats[i], 403, "forbidden"));
        }
        snprintf(path, sizeof path, "/api/rooms/%s/recording/start", h.id);
        api_expect(&(struct question){"POST", path, owner->access, "{}", NULL},
                   encrypted ? 403 : 501, encrypted ? "e2ee_room" : "not_implemented");
        snprintf(path, sizeof path, "/api/room/%s/settings", h.id);
        snprintf(body, sizeof body, "{\"settings\":{\"e2ee\":true}}");
        api_expect(&(struct question){"PUT", path, owner->access, body, NULL}, 200, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_to_listen),
    };

    return API_MAIN(tests);
}
