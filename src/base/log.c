/* SPDX-License-Identifier: Apache-2.0 */
/* The log: builds a line and hands it to the system with one write, so that lines of several
 * threads do not mix. Owns the level and form of the process. What strangers chose (names, ids)
 * cannot start a new line, leave its quotes or steer a terminal. */
#include "base/log.h"

#include "base/encode.h"
#include "base/str.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* Longer field texts are cut: a line is for reading, and one write to a pipe is atomic only up to
 * 4,096 bytes. */
#define LOG_TEXT_MAX 512
#define LOG_WINDOW_US (10 * 1000000LL)

static _Atomic int current_level = LOG_INFO;
static _Atomic int json_form = -1;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&current_level, (int)level, memory_order_relaxed);
}

enum log_level log_level(void)
{
    return (enum log_level)atomic_load_explicit(&current_level, memory_order_relaxed);
}

void log_set_json(int json)
{
    atomic_store_explicit(&json_form, json < 0 ? !isatty(STDERR_FILENO) : json != 0,
                          memory_order_relaxed);
}

static bool log_json(void)
{
    int form = atomic_load_explicit(&json_form, memory_order_relaxed);
    if (form < 0) {
        log_set_json(-1);
        form = atomic_load_explicit(&json_form, memory_order_relaxed);
    }
    return form != 0;
}

bool log_level_parse(const char *text, enum log_level *out)
{
    for (int i = LOG_DEBUG; i <= LOG_ERROR; i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

static void append_time(struct str *line)
{
    struct timespec now;
    struct tm parts;
    char date[32];
    clock_gettime(CLOCK_REALTIME, &now);
    if (!gmtime_r(&now.tv_sec, &parts))
        parts = (struct tm){.tm_mday = 1, .tm_year = 70};
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts);
    str_printf(line, "%s.%03ldZ", date, now.tv_nsec / 1000000);
}

/* A string literal of JSON; the text form uses it too. C1 controls (U+0080..U+009F) steer some
 * terminals. Text that is not UTF-8 has its bytes from 0x80 up replaced. */
static void append_quoted(struct str *line, struct span text)
{
    bool utf8 = utf8_valid(text);
    str_append_char(line, '"');
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (c == '"' || c == '\\')
            str_printf(line, "\\%c", c);
        else if (c == '\n')
            str_append(line, "\\n");
        else if (c < 0x20 || c == 0x7f)
            str_printf(line, "\\u%04x", c);
        else if (c >= 0x80 && !utf8)
            str_append(line, "\\ufffd");
        else if (c == 0xc2 && text.data[i + 1] < 0xa0)
            str_printf(line, "\\u%04x", text.data[++i]);
        else
            str_append_char(line, (char)c);
    }
    str_append_char(line, '"');
}

/* Cuts a long text before the sequence that would not fit. */
static struct span cut(struct span text)
{
    if (text.size <= LOG_TEXT_MAX)
        return text;
    size_t n = LOG_TEXT_MAX;
    while (n > LOG_TEXT_MAX - 4 && (text.data[n] & 0xc0) == 0x80)
        n--;
    return span_first(text, n);
}

static bool is_plain(struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=')
            return false;
    }
    return text.size > 0;
}

static void append_field(struct str *line, const struct log_field *f, bool json)
{
    if (json) {
        str_append_char(line, ',');
        append_quoted(line, span_of_str(f->name));
        str_append_char(line, ':');
    } else {
        str_printf(line, " %s=", f->name);
    }
    if (!f->text) {
        str_printf(line, "%lld", (long long)f->number);
        return;
    }
    struct span text = cut(span_of_str(f->text));
    if (!json && is_plain(text))
        str_append_span(line, text);
    else
        append_quoted(line, text);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields,
               size_t count)
{
    if (level < log_level())
        return;
    bool json = log_json();
    struct str line;
    str_init(&line);
    if (json)
        str_append(&line, "{\"time\":\"");
    append_time(&line);
    if (json) {
        str_printf(&line, "\",\"level\":\"%s\",\"event\":", level_names[level]);
        append_quoted(&line, span_of_str(event));
    } else {
        str_printf(&line, " %-5s %s", level_names[level], event);
    }
    for (size_t i = 0; i < count; i++)
        append_field(&line, &fields[i], json);
    str_append(&line, json ? "}\n" : "\n");
    /* There is nowhere to report a log that cannot be written. */
    while (write(STDERR_FILENO, line.text, line.size) < 0 && errno == EINTR) {
    }
    str_fini(&line);
}

bool log_allow(struct log_limiter *l, uint32_t burst, const char *event)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t now_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    if (l->window_start_us == 0 || now_us - l->window_start_us >= LOG_WINDOW_US) {
        uint32_t suppressed = l->suppressed;
        *l = (struct log_limiter){.window_start_us = now_us};
        if (suppressed > 0)
            log_event(LOG_WARN, "log_suppressed", LOG_STR("of", event),
                      LOG_NUM("lines", suppressed));
    }
    if (l->count < burst) {
        l->count++;
        return true;
    }
    if (l->suppressed < UINT32_MAX)
        l->suppressed++;
    return false;
}
