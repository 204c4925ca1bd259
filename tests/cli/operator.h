/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of commands that speak to the API: each is run on a folder, with or without a server.
 */
#ifndef TESTS_CLI_OPERATOR_H
#define TESTS_CLI_OPERATOR_H

#include "serving.h"

#include <jansson.h>

/* Runs `bedrud <args> --data-dir <folder>`; `input` (NULL: none) is its standard input. */
static inline int operate(const char *const *args, const char *input, struct str *out,
                          struct str *err)
{
    const char *all[CHILD_ARGS];
    int fds[2], kept = dup(STDIN_FILENO);
    unsigned n = 0;

    for (; args[n]; n++)
        all[n] = args[n];
    all[n++] = "--data-dir";
    all[n++] = folder;
    all[n] = NULL;
    assert_int_equal(pipe(fds), 0);
    if (input)
        assert_int_equal(write(fds[1], input, strlen(input)), strlen(input));
    close(fds[1]);
    dup2(fds[0], STDIN_FILENO);
    close(fds[0]);
    int code = child_run(all, out, err);
    dup2(kept, STDIN_FILENO);
    close(kept);
    return code;
}

struct step {
    const char *args[10];
    const char *input;
    int code;
    const char *says;  /* on standard output, or of a failure on standard error */
    const char * not ; /* is on neither; NULL: nothing in particular */
};

static inline void operate_steps(const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct step *s = &steps[i];
        struct str out, err;
        int code = operate(s->args, s->input, &out, &err);
        if (code != s->code || !strstr(code ? err.text : out.text, s->says) ||
            (s->not &&(strstr(out.text, s->not ) || strstr(err.text, s->not ))))
            fail_msg("step %zu, %s %s: %d\n%s\n%s", i, s->args[0], s->args[1], code, out.text,
                     err.text);
        str_fini(&out);
        str_fini(&err);
    }
}

#define STEPS(steps) operate_steps((steps), sizeof(steps) / sizeof((steps)[0]))

/* The answer of a command with --json. */
static inline json_t *operate_json(const char *const *args)
{
    struct str out, err;
    const char *all[CHILD_ARGS];
    unsigned n = 0;

    for (; args[n]; n++)
        all[n] = args[n];
    all[n++] = "--json";
    all[n] = NULL;
    if (operate(all, NULL, &out, &err) != 0)
        fail_msg("%s", err.text);
    json_t *json = json_loads(out.text, JSON_REJECT_DUPLICATES, NULL);
    if (!json)
        fail_msg("%s", out.text);
    str_fini(&out);
    str_fini(&err);
    return json;
}

#endif
