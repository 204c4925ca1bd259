/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.1 messages. Holds no state; the chunk reader's belongs to its caller. */
#include "net/web_http.h"

#include "base/str.h"

#include <stdlib.h>
#include <strings.h>

#define LENGTH_DIGITS_MAX                                                                          \
    15 /* of a Content-Length, and hexadecimal of a chunk's size: no overflow in 64 bits */
#define CHUNK_EXTRA_MAX 4096
#define TARGET_FORM "http://"

/* A place in the head; text[end] may be written to. */
struct scan {
    char *text;
    size_t at, end;
};

/* What only one header may say, and what the framing needs to know in the end. */
struct framing {
    unsigned lengths, codings, hosts;
    bool upgrade_websocket, connection_upgrade, connection_close, connection_keep_alive;
};

static bool token_char(char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        return true;
    return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool value_char(char c)
{
    unsigned char u = (unsigned char)c;
    return u == '\t' || (u >= 0x20 && u != 0x7f);
}

size_t web_http_head_end(struct span in, size_t from)
{
    /* The empty line may have been cut in the middle. */
    size_t i = from > 3 ? from - 3 : 0;
    while (i < in.size) {
        const uint8_t *lf = memchr(in.data + i, '\n', in.size - i);
        if (!lf)
            return 0;
        i = (size_t)(lf - in.data) + 1;
        /* A bare LF ends a head as well here, so that it is refused and not waited for. */
        if (i < in.size && in.data[i] == '\n')
            return i + 1;
        if (i + 1 < in.size && in.data[i] == '\r' && in.data[i + 1] == '\n')
            return i + 2;
    }
    return 0;
}

/* The next line without its CRLF, which is overwritten by a zero; NULL when it ends otherwise. */
static char *line_take(struct scan *s, size_t *size)
{
    char *line = s->text + s->at;
    char *lf = memchr(line, '\n', s->end - s->at);
    if (!lf || lf == line || lf[-1] != '\r')
        return NULL;
    *size = (size_t)(lf - 1 - line);
    line[*size] = '\0';
    s->at += *size + 2;
    return line;
}

static const char *method_find(const char *name)
{
    static const char *const methods[] = {"GET",   "HEAD",   "POST",   "PUT",
                                          "PATCH", "DELETE", "OPTIONS"};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (strcmp(methods[i], name) == 0)
            return methods[i];
    return NULL;
}

/* Splits "/a//b?c" in place; two slashes become one. */
static bool target_parse(char *target, struct web_http_head *out)
{
    if (strncasecmp(target, TARGET_FORM, sizeof(TARGET_FORM) - 1) == 0) {
        target = strchr(target + sizeof(TARGET_FORM) - 1, '/');
        if (!target)
            return false;
    }
    if (target[0] == '*' && target[1] == '\0') {
        out->path = span_of(target, 1);
        return strcmp(out->method, "OPTIONS") == 0;
    }
    if (target[0] != '/')
        return false;
    char *query = strchr(target, '?');
    if (query) {
        *query++ = '\0';
        out->query = span_of_str(query);
    }
    size_t n = 0;
    for (const char *p = target; *p; p++)
        if (*p != '/' || n == 0 || target[n - 1] != '/')
            target[n++] = *p;
    out->path = span_of(target, n);
    return true;
}

static unsigned request_line_parse(char *line, size_t size, struct web_http_head *out)
{
    for (size_t i = 0; i < size; i++)
        if (line[i] < 0x20 || line[i] > 0x7e)
            return 400;
    char *target = strchr(line, ' ');
    char *version = target ? strchr(target + 1, ' ') : NULL;
    if (!version || target == line)
        return 400;
    *target++ = '\0';
    *version++ = '\0';
    for (const char *p = line; *p; p++)
        if (!token_char(*p))
            return 400;
    if (strncmp(version, "HTTP/", 5) != 0 || strlen(version) != 8 || version[6] != '.')
        return 400;
    if (version[5] != '1' || version[7] < '0' || version[7] > '9')
        return 505;
    out->http_1_1 = version[7] != '0';
    out->method = method_find(line);
    if (!out->method)
        return 501;
    return target_parse(target, out) ? 0 : 400;
}

/* Whether the comma-separated list has the token, in any case. */
static bool list_has(const char *list, const char *token)
{
    size_t n = strlen(token);
    while (*list) {
        list += strspn(list, ", \t");
        size_t size = strcspn(list, ", \t");
        if (size == n && strncasecmp(list, token, n) == 0)
            return true;
        list += size;
    }
    return false;
}

static unsigned header_note(const struct web_header *h, struct web_http_head *out,
                            struct framing *f)
{
    if (strcmp(h->name, "content-length") == 0) {
        size_t n = strlen(h->value);
        if (f->lengths++ > 0 || n == 0 || n > LENGTH_DIGITS_MAX ||
            strspn(h->value, "0123456789") != n)
            return 400;
        out->content_length = strtoull(h->value, NULL, 10);
    } else if (strcmp(h->name, "transfer-encoding") == 0) {
        if (f->codings++ > 0)
            return 400;
        if (strcasecmp(h->value, "chunked") != 0)
            return 501;
        out->chunked = true;
    } else if (strcmp(h->name, "connection") == 0) {
        f->connection_close |= list_has(h->value, "close");
        f->connection_keep_alive |= list_has(h->value, "keep-alive");
        f->connection_upgrade |= list_has(h->value, "upgrade");
    } else if (strcmp(h->name, "upgrade") == 0) {
        f->upgrade_websocket |= list_has(h->value, "websocket");
    } else if (strcmp(h->name, "host") == 0) {
        f->hosts++;
    } else if (strcmp(h->name, "expect") == 0) {
        out->expects_continue |= strcasecmp(h->value, "100-continue") == 0;
    }
    return 0;
}

static unsigned header_parse(char *line, size_t size, struct web_http_head *out, struct framing *f)
{
    if (out->header_count == LIMIT_HTTP_HEADERS)
        return 431;
    size_t n = 0;
    while (n < size && token_char(line[n])) {
        if (line[n] >= 'A' && line[n] <= 'Z')
            line[n] = (char)(line[n] + ('a' - 'A'));
        n++;
    }
    if (n == 0 || line[n] != ':')
        return 400;
    line[n] = '\0';
    char *value = line + n + 1, *end = line + size;
    for (const char *p = value; p < end; p++)
        if (!value_char(*p))
            return 400;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *end = '\0';
    struct web_header *h = &out->headers[out->header_count++];
    *h = (struct web_header){line, value};
    return header_note(h, out, f);
}

unsigned web_http_head_parse(char *text, size_t size, struct web_http_head *out)
{
    memset(out, 0, sizeof(*out));
    struct framing f = {0};
    struct scan s = {text, 0, size};
    size_t line_size;
    char *line = line_take(&s, &line_size);
    unsigned status = line ? request_line_parse(line, line_size, out) : 400;
    while (status == 0) {
        line = line_take(&s, &line_size);
        if (!line)
            return 400;
        if (line_size == 0)
            break;
        status = header_parse(line, line_size, out, &f);
    }
    if (status != 0)
        return status;
    if (s.at != s.end || f.hosts > 1 || (out->http_1_1 && f.hosts == 0))
        return 400;
    if (out->chunked && (f.lengths > 0 || !out->http_1_1))
        return 400;
    out->keep_alive = !f.connection_close && (out->http_1_1 || f.connection_keep_alive);
    out->upgrade = f.upgrade_websocket && f.connection_upgrade && out->http_1_1 &&
                   strcmp(out->method, "GET") == 0;
    return 0;
}

const char *web_http_header(const struct web_http_head *head, const char *lower_case_name)
{
    for (unsigned i = 0; i < head->header_count; i++)
        if (strcmp(head->headers[i].name, lower_case_name) == 0)
            return head->headers[i].value;
    return NULL;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A byte of the line that tells the next chunk's size. */
static bool chunk_size_byte(struct web_http_chunks *c, uint8_t byte)
{
    if (byte == '\n') {
        c->state = c->left > 0 ? WEB_CHUNK_DATA : WEB_CHUNK_TRAILER;
        c->line = 0;
        return c->digits > 0;
    }
    if (byte == '\r')
        return true;
    if (c->state == WEB_CHUNK_EXTENSION)
        return ++c->extra <= CHUNK_EXTRA_MAX;
    if (byte == ';') {
        c->state = WEB_CHUNK_EXTENSION;
        return c->digits > 0;
    }
    if (hex_digit(byte) < 0 || ++c->digits > LENGTH_DIGITS_MAX)
        return false;
    c->left = c->left << 4 | (uint64_t)hex_digit(byte);
    return true;
}

static bool trailer_byte(struct web_http_chunks *c, uint8_t byte)
{
    if (byte == '\n') {
        if (c->line == 0)
            c->state = WEB_CHUNK_DONE;
        c->line = 0;
        return true;
    }
    if (byte == '\r')
        return true;
    c->line++;
    return ++c->extra <= CHUNK_EXTRA_MAX;
}

/* One byte of the framing; false when it is out of place. CR and LF come together or not at all. */
static bool chunk_byte(struct web_http_chunks *c, uint8_t byte)
{
    if (c->cr != (byte == '\n'))
        return false;
    c->cr = byte == '\r';
    switch (c->state) {
    case WEB_CHUNK_SIZE:
    case WEB_CHUNK_EXTENSION:
        return chunk_size_byte(c, byte);
    case WEB_CHUNK_DATA_END:
        if (byte == '\n') {
            c->state = WEB_CHUNK_SIZE;
            c->digits = 0;
        }
        return byte == '\n' || byte == '\r';
    case WEB_CHUNK_TRAILER:
        return trailer_byte(c, byte);
    case WEB_CHUNK_DATA:
    case WEB_CHUNK_DONE:
        break;
    }
    return false;
}

unsigned web_http_chunks_read(struct web_http_chunks *c, struct span in, size_t limit,
                              struct web_buffer *out, size_t *used)
{
    *used = 0;
    while (*used < in.size && c->state != WEB_CHUNK_DONE) {
        if (c->state != WEB_CHUNK_DATA) {
            if (!chunk_byte(c, in.data[(*used)++]))
                return 400;
            /* Refused when it is announced, not when it has come. */
            if (c->state == WEB_CHUNK_DATA && c->left > limit - web_buffer_size(out))
                return 413;
            continue;
        }
        struct span piece = span_first(span_from(in, *used), (size_t)c->left);
        web_buffer_append(out, piece);
        *used += piece.size;
        c->left -= piece.size;
        if (c->left == 0)
            c->state = WEB_CHUNK_DATA_END;
    }
    return 0;
}

const char *web_http_reason(unsigned status)
{
    static const struct {
        unsigned status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {422, "Unprocessable Content"},
        {426, "Upgrade Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Status";
}

static void header_write(struct str *head, const char *name, const char *value)
{
    for (const char *p = name; *p; p++)
        if (!token_char(*p))
            return;
    for (const char *p = value; *p; p++)
        if (!value_char(*p))
            return;
    str_printf(head, "%s: %s\r\n", name, value);
}

void web_http_reply_write(const struct web_reply *reply, struct web_http_form form,
                          struct web_buffer *out)
{
    struct str head;
    str_init(&head);
    str_printf(&head, "HTTP/1.1 %u %s\r\n", reply->status, web_http_reason(reply->status));
    bool bodiless = reply->status == 204 || reply->status == 304;
    if (reply->content_type && !bodiless)
        header_write(&head, "Content-Type", reply->content_type);
    for (unsigned i = 0; i < reply->header_count; i++)
        header_write(&head, reply->headers[i].name, reply->headers[i].value);
    if (!bodiless)
        str_printf(&head, "Content-Length: %zu\r\n", reply->body.size);
    if (!form.keep_alive)
        str_append(&head, "Connection: close\r\n");
    else if (!form.http_1_1)
        str_append(&head, "Connection: keep-alive\r\n");
    str_append(&head, "\r\n");
    web_buffer_append(out, str_span(&head));
    str_fini(&head);
    if (!bodiless && !form.head_only)
        web_buffer_append(out, reply->body);
}
