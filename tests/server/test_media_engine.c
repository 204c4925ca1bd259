/* SPDX-License-Identifier: Apache-2.0 */
/* Calls between threads: what goes out comes back to the one who asked, as it was answered. */
#include "server/media_engine.h"

#include "net/thread.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CALLERS 4
#define CALLS 50

static struct mailbox *calls;

/* The control thread of the test: answers with what was asked, backwards in each batch. */
static void answer_all(void *arg)
{
    int fd = mailbox_fd(calls);
    unsigned answered = 0;

    (void)arg;
    while (answered < CALLERS * CALLS) {
        struct mail *chain = mailbox_take(calls);
        struct media_call *c, *batch[CALLERS];
        unsigned n = 0;
        if (!chain)
            thread_wait(&fd, 1, INT64_MAX);
        while ((c = media_engine_next(&chain)) != NULL)
            batch[n++] = c;
        while (n > 0) {
            c = batch[--n];
            answered++;
            str_printf(c->reply, "%s:%.*s", c->room, (int)c->request.size,
                       (const char *)c->request.data);
            media_engine_answer(c, c->what == ENGINE_DELETE_ROOM ? "not_found" : NULL);
        }
    }
}

struct caller {
    struct media_engine engine;
    unsigned number, wrong;
};

static void ask_often(void *arg)
{
    struct caller *c = arg;

    for (unsigned i = 0; i < CALLS; i++) {
        char room[16], request[16], wanted[40];
        struct str reply;
        bool gone = i % 3 == 0;
        snprintf(room, sizeof room, "room%u", c->number);
        snprintf(request, sizeof request, "%u", i);
        snprintf(wanted, sizeof wanted, "%s:%s", room, request);
        str_init(&reply);
        int error =
            c->engine.plane.call(&c->engine.plane, gone ? ENGINE_DELETE_ROOM : ENGINE_LIST_ROOMS,
                                 room, span_of_str(request), &reply);
        c->wrong += error != (gone ? -ENOENT : 0) || strcmp(reply.text, wanted) != 0;
        str_fini(&reply);
    }
}

static void brings_each_its_answer(void **state)
{
    (void)state;
    struct caller callers[CALLERS];
    struct thread *threads[CALLERS];

    calls = mailbox_new();
    struct thread *control = thread_start("control", answer_all, NULL);
    for (unsigned i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){.number = i};
        media_engine_init(&callers[i].engine, calls);
        threads[i] = thread_start("caller", ask_often, &callers[i]);
    }
    for (unsigned i = 0; i < CALLERS; i++) {
        thread_join(threads[i]);
        assert_int_equal(callers[i].wrong, 0);
    }
    thread_join(control);
    for (unsigned i = 0; i < CALLERS; i++)
        media_engine_fini(&callers[i].engine);
    mailbox_free(calls, NULL);
}

static void translates_codes(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        int error;
    } cases[] = {{NULL, 0},
                 {"not_found", -ENOENT},
                 {"unavailable", -EBUSY},
                 {"invalid_argument", -EINVAL},
                 {"unimplemented", -EINVAL}};
    struct media_engine e;

    media_engine_init(&e, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct media_call c = {.back = e.back};
        media_engine_answer(&c, cases[i].code);
        assert_int_equal(c.error, cases[i].error);
        assert_ptr_equal(mailbox_take(e.back), &c.mail);
    }
    media_engine_fini(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(brings_each_its_answer),
        cmocka_unit_test(translates_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
