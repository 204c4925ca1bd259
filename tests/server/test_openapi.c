/* SPDX-License-Identifier: Apache-2.0 */
/* docs/api/openapi.yaml and the table of routes say the same, and the server shows the file. */
#include "server/api_match.h"

#include "api_kit.h"

#define OPERATIONS_MAX 400

struct operation {
    char method[8], path[128], needs[16];
};

static struct operation operations[OPERATIONS_MAX];
static unsigned operation_count;
static struct str file;

static const char *const needs[] = {[API_ANYBODY] = "anybody",
                                    [API_MAYBE] = "maybe",
                                    [API_SOMEBODY] = "somebody",
                                    [API_ACCOUNT] = "account",
                                    [API_SUPERADMIN] = "superadmin"};

static void read_file(void)
{
    FILE *in = fopen(TEST_SOURCE_DIR "/docs/api/openapi.yaml", "re");
    char part[4096];
    size_t n;

    assert_non_null(in);
    str_init(&file);
    while ((n = fread(part, 1, sizeof part, in)) > 0)
        str_append_span(&file, span_of(part, n));
    fclose(in);
}

/* "/room/{id}" as the table has it: "/room/:id". */
static void take_path(const char *line, size_t size, char out[128])
{
    size_t n = 0;

    for (size_t i = 0; i < size && line[i] != ':' && n < 127; i++)
        if (line[i] != '}')
            out[n++] = line[i] == '{' ? ':' : line[i];
    out[n] = 0;
}

static void take_method(const char *line, const char *path)
{
    static const char *const names[] = {"get", "post", "put", "delete", "patch"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t size = strlen(names[i]);
        if (strncmp(line, names[i], size) != 0 || line[size] != ':')
            continue;
        assert_true(operation_count < OPERATIONS_MAX);
        struct operation *o = &operations[operation_count++];
        for (size_t k = 0; k <= size; k++)
            o->method[k] = (char)(names[i][k] & ~0x20);
        snprintf(o->path, sizeof o->path, "%s", path);
    }
}

static void find_operations(void)
{
    char path[128] = "";

    for (const char *at = strstr(file.text, "\npaths:\n") + 8; strncmp(at, "  ", 2) == 0;) {
        size_t size = strcspn(at, "\n");
        if (strncmp(at, "  /", 3) == 0)
            take_path(at + 2, size - 2, path);
        else if (strncmp(at, "      x-needs: ", 15) == 0)
            snprintf(operations[operation_count - 1].needs, sizeof operations[0].needs, "%.*s",
                     (int)(size - 15), at + 15);
        else if (strncmp(at, "    ", 4) == 0)
            take_method(at + 4, path);
        at += size + (at[size] == '\n');
    }
}

static int setup(void **state)
{
    read_file();
    find_operations();
    return api_setup(state);
}

static int teardown(void **state)
{
    str_fini(&file);
    return api_teardown(state);
}

static const struct operation *find(const struct api_route *r)
{
    for (unsigned i = 0; i < operation_count; i++)
        if (strcmp(operations[i].method, r->method) == 0 &&
            strcmp(operations[i].path, r->path) == 0)
            return &operations[i];
    return NULL;
}

static void every_route_is_described(void **state)
{
    (void)state;
    const struct api_route *r;
    unsigned missing = 0;

    for (unsigned n = 0; (r = api_match_nth(n)) != NULL; n++) {
        const struct operation *o = find(r);
        if (o && strcmp(o->needs, needs[r->need]) == 0)
            continue;
        missing++;
        if (o)
            print_error("docs/api/openapi.yaml, %s %s: write x-needs: %s instead of %s\n",
                        r->method, r->path, needs[r->need], o->needs);
        else
            print_error("docs/api/openapi.yaml has no %s %s. Add under paths, with {name} for "
                        ":name, its method in small letters and in it operationId, summary, tags, "
                        "x-needs: %s, requestBody, responses (the codes of errors are the "
                        "description); a row in tests/api/roles.py says who may call it\n",
                        r->method, r->path, needs[r->need]);
    }
    assert_int_equal(missing, 0);
}

static void nothing_else_is_described(void **state)
{
    (void)state;
    const struct api_route *r;

    for (unsigned i = 0; i < operation_count; i++) {
        bool found = false;
        for (unsigned n = 0; !found && (r = api_match_nth(n)) != NULL; n++)
            found = find(r) == &operations[i];
        if (!found)
            fail_msg("docs/api/openapi.yaml: there is no route %s %s", operations[i].method,
                     operations[i].path);
    }
    assert_true(operation_count > 80);
}

static struct peer *fetch(const char *path, const char *type)
{
    struct peer *p;

    assert_int_equal(site_ask(api_site.port, &(struct ask){"GET", path, NULL, {NULL, 0}}, &p), 200);
    assert_true(site_has_header(p, type));
    assert_true(site_has_header(p, "x-content-type-options: nosniff"));
    assert_true(site_has_header(p, "content-security-policy: default-src 'none'"));
    return p;
}

static void shows_the_file(void **state)
{
    (void)state;
    struct peer *p = fetch("/api/openapi.yaml", "content-type: application/yaml");

    assert_int_equal(p->body_size, file.size);
    assert_memory_equal(p->body, file.text, file.size);
    peer_free(p);
}

static bool has(const struct peer *p, const char *text)
{
    return memmem(p->body, p->body_size, text, strlen(text)) != NULL;
}

/* Everything is on it, and it asks nobody else for anything. */
static void shows_a_page(void **state)
{
    (void)state;
    static const char *const foreign[] = {"<script", "src=", "style=", "<style", "url(", "@import"};
    struct peer *p = fetch("/api/docs", "content-type: text/html"),
                *style = fetch("/api/docs.css", "content-type: text/css");

    for (unsigned i = 0; i < operation_count; i++) {
        struct str heading;
        str_init(&heading);
        str_printf(&heading, ">%s</b> <code>/api", operations[i].method);
        for (const char *at = operations[i].path; *at;) {
            size_t size = strcspn(at, ":");
            str_append_span(&heading, span_of(at, size));
            at += size;
            size = *at ? strcspn(at, "/") : 0;
            if (size)
                str_printf(&heading, "{%.*s}", (int)size - 1, at + 1);
            at += size;
        }
        str_append(&heading, "</code>");
        if (!has(p, heading.text))
            fail_msg("%s is not on the page", heading.text);
        str_fini(&heading);
    }
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        assert_false(has(p, foreign[i]));
        assert_true(i < 4 || !has(style, foreign[i]));
    }
    assert_true(has(p, "href=\"/api/docs.css\""));
    assert_false(has(p, "href=\"http"));
    peer_free(p);
    peer_free(style);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_is_described),
        cmocka_unit_test(nothing_else_is_described),
        cmocka_unit_test(shows_the_file),
        cmocka_unit_test(shows_a_page),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
