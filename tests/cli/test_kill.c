/* SPDX-License-Identifier: Apache-2.0 */
/* kill -9 while rooms are being made over HTTP, again and again: what was acknowledged is there
 * with its settings, the database is looked through at the next start, and of what was under way
 * there is all or nothing. */
#include "operator.h"

#define ROUNDS 4
#define ROOMS 5

static char token[128];

static void read_token(void)
{
    char path[128];

    snprintf(path, sizeof path, "%s/operator-token", folder);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(fgets(token, sizeof token, f));
    fclose(f);
    token[strcspn(token, "\n")] = 0;
}

static void send_room(struct peer *p, unsigned number)
{
    struct str text;
    char body[96];

    snprintf(body, sizeof body, "{\"name\":\"room-%u\",\"settings\":{\"e2ee\":true}}", number);
    str_init(&text);
    str_printf(&text,
               "POST /api/room/create HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
               "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
               token, strlen(body), body);
    put(p, str_span(&text));
    str_fini(&text);
}

/* Makes some rooms, and kills the server when one more was asked for. */
static void make_and_kill(struct server *s, unsigned first)
{
    struct peer *p = peer_connect(s->port, NULL);

    for (unsigned i = 0; i < ROOMS; i++) {
        send_room(p, first + i);
        assert_int_equal(reply_read(p, false), 200);
    }
    send_room(p, first + ROOMS);
    assert_int_equal(end(s, SIGKILL), 128 + SIGKILL);
    peer_free(p);
}

/* Which of the rooms there are; each with its encryption. */
static unsigned count(unsigned first, unsigned end_number)
{
    json_t *all = operate_json((const char *[]){"room", "list", NULL});
    const json_t *rooms = json_object_get(all, "rooms"), *one;
    unsigned found = 0;
    size_t i;

    json_array_foreach(rooms, i, one)
    {
        unsigned number = 0;
        assert_int_equal(
            sscanf(json_string_value(json_object_get(one, "name")), "room-%u", &number), 1);
        assert_true(json_is_true(json_object_get(json_object_get(one, "settings"), "e2ee")));
        found += number >= first && number < end_number;
    }
    json_decref(all);
    return found;
}

static void loses_nothing_acknowledged(void **state)
{
    (void)state;
    struct server s;

    for (unsigned round = 0; round <= ROUNDS; round++) {
        unsigned next = round * (ROOMS + 1);
        serve(&s, NULL);
        read_token();
        child_text(s.child.err, &s.err);
        assert_int_equal(strstr(s.err.text, "database_was_left_open") != NULL, round > 0);
        for (unsigned i = 0; i < round; i++) {
            unsigned first = i * (ROOMS + 1);
            assert_int_equal(count(first, first + ROOMS), ROOMS);
            assert_true(count(first + ROOMS, first + ROOMS + 1) <= 1);
        }
        if (round < ROUNDS)
            make_and_kill(&s, next);
        else
            assert_int_equal(end(&s, SIGTERM), 0);
        server_fini(&s);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(loses_nothing_acknowledged, setup, teardown),
    };
    return child_take_path(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
