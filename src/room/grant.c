/* SPDX-License-Identifier: Apache-2.0 */
/* Grants: copying, freeing, attributes. Owns what the grant points to. Any thread. */
#include "room/grant.h"

#include <stdlib.h>

#include "base/mem.h"

static void copy_text(char **text)
{
    *text = *text ? xstrdup(*text) : NULL;
}

struct grant *grant_copy(const struct grant *g)
{
    struct grant *copy = xmalloc(sizeof *copy);
    char **texts[] = {&copy->room,     &copy->identity,     &copy->name,
                      &copy->metadata, &copy->key_id,       &copy->reconnect_sid,
                      &copy->sdk,      &copy->version,      &copy->os,
                      &copy->browser,  &copy->device_model, &copy->room_metadata};

    *copy = *g;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        copy_text(texts[i]);
    copy->attributes = NULL;
    copy->attribute_count = 0;
    for (unsigned i = 0; i < g->attribute_count; i++)
        grant_set_attribute(copy, g->attributes[i].key, g->attributes[i].value);
    return copy;
}

void grant_free(struct grant *g)
{
    if (!g)
        return;
    char *texts[] = {g->room, g->identity, g->name, g->metadata, g->key_id,       g->reconnect_sid,
                     g->sdk,  g->version,  g->os,   g->browser,  g->device_model, g->room_metadata};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free(texts[i]);
    for (unsigned i = 0; i < g->attribute_count; i++) {
        free(g->attributes[i].key);
        free(g->attributes[i].value);
    }
    free(g->attributes);
    free(g);
}

static struct attribute *find(struct grant *g, const char *key)
{
    for (unsigned i = 0; i < g->attribute_count; i++)
        if (strcmp(g->attributes[i].key, key) == 0)
            return &g->attributes[i];
    return NULL;
}

static void delete (struct grant *g, struct attribute *a)
{
    if (!a)
        return;
    free(a->key);
    free(a->value);
    *a = g->attributes[--g->attribute_count];
}

void grant_set_attribute(struct grant *g, const char *key, const char *value)
{
    struct attribute *a = find(g, key);

    if (!value || !value[0]) {
        delete (g, a);
        return;
    }
    if (a) {
        str_set(&a->value, value);
        return;
    }
    g->attributes = xrealloc(g->attributes, (g->attribute_count + 1) * sizeof *g->attributes);
    g->attributes[g->attribute_count++] =
        (struct attribute){.key = xstrdup(key), .value = xstrdup(value)};
}
