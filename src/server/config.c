/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration: every value is text first (from flag, variable, file or default), then checked by
 * one parser per option. libcyaml reads the file and refuses keys that are not in the table. */
#include "server/config.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "server/config_complete.h"
#include "server/webhook.h"

/* ---- the file: all keys are scalars, or sequences of scalars for media_ip ---- */

struct file {
    char *data_dir, *listen, *media_ip, *media_port, *workers, *dev, *log, *api_key, *api_secret,
        *tls_cert, *tls_key, *database, *public_url, *trusted_proxy, *cors_origins, *rate_limits,
        *livekit_url, *livekit_key, *livekit_secret, *webhook_urls, *webhook_nets;
};

#define FILE_KEY(name)                                                                             \
    CYAML_FIELD_STRING_PTR(#name, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file, name, 0,  \
                           CYAML_UNLIMITED)

static const cyaml_schema_field_t file_fields[] = {FILE_KEY(data_dir),
                                                   FILE_KEY(listen),
                                                   FILE_KEY(media_ip),
                                                   FILE_KEY(media_port),
                                                   FILE_KEY(workers),
                                                   FILE_KEY(dev),
                                                   FILE_KEY(log),
                                                   FILE_KEY(api_key),
                                                   FILE_KEY(api_secret),
                                                   FILE_KEY(tls_cert),
                                                   FILE_KEY(tls_key),
                                                   FILE_KEY(database),
                                                   FILE_KEY(public_url),
                                                   FILE_KEY(trusted_proxy),
                                                   FILE_KEY(cors_origins),
                                                   FILE_KEY(rate_limits),
                                                   FILE_KEY(livekit_url),
                                                   FILE_KEY(livekit_key),
                                                   FILE_KEY(livekit_secret),
                                                   FILE_KEY(webhook_urls),
                                                   FILE_KEY(webhook_nets),
                                                   CYAML_FIELD_END};

static const cyaml_schema_value_t file_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields)};

/* ---- the table ---- */

enum source { SOURCE_DEFAULT, SOURCE_FILE, SOURCE_VARIABLE, SOURCE_FLAG };

static const char *const source_names[] = {"default", "file", "variable", "flag"};

struct option {
    const char *key;      /* in the file; BEDRUD_<KEY> is the variable */
    const char *flag;     /* NULL: none, since a process list shows flags */
    const char *argument; /* NULL: a switch */
    const char *standard; /* default, NULL: none */
    const char *help;
    size_t in_file;
    /* Checks and stores. NULL, or what is expected. */
    const char *(*set)(struct config *c, const char *text);
    bool secret;
};

struct value {
    const char *text;
    enum source source;
};

static const char *set_data_dir(struct config *c, const char *text)
{
    str_set(&c->data_dir, text);
    return text[0] ? NULL : "a directory";
}

static const char *set_listen(struct config *c, const char *text)
{
    return addr_parse(text, &c->listen) ? NULL : "ADDRESS:PORT, for example 127.0.0.1:8090";
}

static const char *set_media_ip(struct config *c, const char *text)
{
    static const char expected[] = "up to 8 IP addresses separated by commas";
    const char *at = text;

    c->media_ip_count = 0;
    while (*at) {
        size_t size = strcspn(at, ",");
        char *one = xstrndup(at, size);
        bool good = c->media_ip_count < CONFIG_MEDIA_IPS &&
                    addr_parse_ip(one, &c->media_ips[c->media_ip_count]) &&
                    !addr_is_any(&c->media_ips[c->media_ip_count]);
        free(one);
        if (!good)
            return expected;
        c->media_ips[c->media_ip_count].local = (uint16_t)c->media_ip_count;
        c->media_ip_count++;
        at += size + (at[size] == ',');
    }
    return c->media_ip_count ? NULL : expected;
}

static bool whole_number(const char *text, long low, long high, long *out)
{
    char *end;

    errno = 0;
    *out = strtol(text, &end, 10);
    return text[0] && !*end && errno == 0 && *out >= low && *out <= high;
}

static const char *set_media_port(struct config *c, const char *text)
{
    long n;

    if (!whole_number(text, 1, 65535, &n))
        return "a UDP port, 1 to 65535";
    c->media_port = (uint16_t)n;
    return NULL;
}

static const char *set_workers(struct config *c, const char *text)
{
    long n;

    if (!whole_number(text, 1, CONFIG_WORKERS_MAX, &n))
        return "a number of threads, 1 to 64";
    c->workers = (unsigned)n;
    return NULL;
}

static const char *read_switch(const char *text, bool *out)
{
    *out = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    return *out || strcmp(text, "false") == 0 || strcmp(text, "0") == 0 ? NULL : "true or false";
}

static const char *set_dev(struct config *c, const char *text)
{
    return read_switch(text, &c->dev);
}

static const char *set_rate_limits(struct config *c, const char *text)
{
    return read_switch(text, &c->rate_limits);
}

static const char *set_log(struct config *c, const char *text)
{
    return log_level_parse(text, &c->log) ? NULL : "debug, info, warn or error";
}

static const char *set_api_key(struct config *c, const char *text)
{
    str_set(&c->api_key, text);
    return strlen(text) >= 3 ? NULL : "at least 3 characters";
}

static const char *set_api_secret(struct config *c, const char *text)
{
    str_set(&c->api_secret, text);
    return strlen(text) >= 32 ? NULL : "at least 32 characters";
}

static const char *set_tls_cert(struct config *c, const char *text)
{
    str_set(&c->tls_cert, text);
    return access(text, R_OK) == 0 ? NULL : "a readable PEM file";
}

static const char *set_tls_key(struct config *c, const char *text)
{
    str_set(&c->tls_key, text);
    return access(text, R_OK) == 0 ? NULL : "a readable PEM file";
}

static const char *set_database(struct config *c, const char *text)
{
    str_set(&c->database, text);
    return text[0] ? NULL : "postgres://... or a file";
}

/* "scheme://host[:port]", which may stand in a header. */
static bool is_origin(const char *text, size_t size)
{
    size_t scheme = strncmp(text, "https://", 8) == 0  ? 8
                    : strncmp(text, "http://", 7) == 0 ? 7
                                                       : 0;

    return scheme && size > scheme && size <= CONFIG_ORIGIN_MAX &&
           strspn(text + scheme, "abcdefghijklmnopqrstuvwxyz0123456789.-:[]") >= size - scheme;
}

static const char *set_public_url(struct config *c, const char *text)
{
    str_set(&c->public_url, text);
    return is_origin(text, strlen(text)) ? NULL
                                         : "https://host or https://host:port, in small letters";
}

static const char *set_trusted_proxy(struct config *c, const char *text)
{
    return proxy_parse(text, &c->trusted_proxies)
               ? NULL
               : "up to 16 addresses or networks such as 10.0.0.0/8, separated by commas";
}

static const char *set_cors_origins(struct config *c, const char *text)
{
    const char *at = text;

    str_set(&c->cors_origins, text);
    while (*at) {
        size_t size = strcspn(at, ",");
        if (!is_origin(at, size))
            break;
        at += size + (at[size] == ',');
    }
    return text[0] && !*at ? NULL : "origins such as https://app.example.org, separated by commas";
}

/* Clients are given the address with ws, the server API with http. */
static const char *set_livekit_url(struct config *c, const char *text)
{
    struct str url;

    str_init(&url);
    if (strncmp(text, "ws", 2) == 0)
        str_printf(&url, "http%s", text + 2);
    else
        str_append(&url, text);
    free(c->livekit_url);
    c->livekit_url = str_take(&url);
    return is_origin(c->livekit_url, strlen(c->livekit_url))
               ? NULL
               : "https://host or https://host:port, in small letters";
}

static const char *set_livekit_key(struct config *c, const char *text)
{
    str_set(&c->livekit_key, text);
    return strlen(text) >= 3 ? NULL : "at least 3 characters";
}

static const char *set_livekit_secret(struct config *c, const char *text)
{
    str_set(&c->livekit_secret, text);
    return text[0] ? NULL : "the secret of livekit_key";
}

static const char *set_webhook_urls(struct config *c, const char *text)
{
    const char *at = text;
    unsigned n = 0;

    str_set(&c->webhook_urls, text);
    while (*at && n < LIMIT_WEBHOOK_URLS && webhook_url_fits(at, strcspn(at, ","))) {
        at += strcspn(at, ",");
        at += *at == ',';
        n++;
    }
    return n && !*at ? NULL
                     : "up to 8 addresses such as https://a.example/hook with commas between";
}

static const char *set_webhook_nets(struct config *c, const char *text)
{
    return proxy_parse(text, &c->webhook_nets)
               ? NULL
               : "up to 16 addresses or networks such as 10.0.0.0/8, separated by commas";
}

#define OPTION(name, flag_, argument_, standard_, help_)                                           \
    {                                                                                              \
        .key = #name, .flag = (flag_), .argument = (argument_), .standard = (standard_),           \
        .help = (help_), .in_file = offsetof(struct file, name), .set = set_##name                 \
    }

static const struct option options[] = {
    OPTION(data_dir, "--data-dir", "DIR", "./data", "where secrets and data are kept"),
    OPTION(listen, "--listen", "ADDR:PORT", "127.0.0.1:8090", "HTTP and WebSocket address"),
    OPTION(media_ip, "--media-ip", "IP[,IP]", NULL,
           "addresses that clients send media to; by default the listen address, or those of all "
           "interfaces"),
    OPTION(media_port, "--media-port", "PORT", "7882", "first UDP port, one more for each worker"),
    OPTION(workers, "--workers", "N", NULL, "media threads; by default one a core"),
    OPTION(dev, "--dev", NULL, "false", "also accept devkey/secret; loopback only"),
    OPTION(log, "--log", "LEVEL", "info", "debug, info, warn or error"),
    OPTION(tls_cert, "--tls-cert", "FILE", NULL, "certificate chain, PEM"),
    OPTION(tls_key, "--tls-key", "FILE", NULL, "private key, PEM"),
    OPTION(database, "--database", "FILE|URL", NULL,
           "SQLite file or postgres://...; by default bedrud.db in the data directory"),
    OPTION(public_url, "--public-url", "URL", NULL, "how clients reach this server"),
    OPTION(trusted_proxy, "--trusted-proxy", "IP[/N],..", NULL,
           "reverse proxies whose X-Forwarded-For is believed"),
    OPTION(cors_origins, "--cors-origins", "URL[,URL]", NULL,
           "other sites whose pages may use the API"),
    OPTION(rate_limits, "--rate-limits", "BOOL", "true", "hold back addresses that ask too often"),
    OPTION(livekit_url, "--livekit-url", "URL", NULL,
           "LiveKit server or cluster that carries the meetings, in place of our own media"),
    OPTION(livekit_key, "--livekit-key", "KEY", NULL, "API key of that server"),
    {.key = "livekit_secret",
     .help = "API secret of that server",
     .in_file = offsetof(struct file, livekit_secret),
     .set = set_livekit_secret,
     .secret = true},
    OPTION(webhook_urls, "--webhook-urls", "URL[,URL]", NULL,
           "where LiveKit's webhooks are sent, signed with the API key"),
    OPTION(webhook_nets, "--webhook-nets", "IP[/N],..", NULL,
           "private networks in which receivers of room events may be"),
    OPTION(api_key, NULL, NULL, NULL, "API key; made at the first start when not given"),
    {.key = "api_secret",
     .help = "API secret, at least 32 characters",
     .in_file = offsetof(struct file, api_secret),
     .set = set_api_secret,
     .secret = true},
};

#define OPTIONS (sizeof options / sizeof options[0])

static void variable_name(const struct option *o, char out[64])
{
    size_t n = (size_t)snprintf(out, 64, "BEDRUD_%s", o->key);

    for (size_t i = 0; i < n; i++)
        if (out[i] >= 'a' && out[i] <= 'z')
            out[i] = (char)(out[i] - 'a' + 'A');
}

/* ---- collecting ---- */

struct flags {
    struct value values[OPTIONS];
    const char *file;
    bool print;
};

/* `--name value` and `--name=value`. */
static enum config_result read_flag(int argc, char **argv, int *i, struct flags *f,
                                    struct str *message)
{
    const char *arg = argv[*i], *equals = strchr(arg, '=');
    size_t size = equals ? (size_t)(equals - arg) : strlen(arg);

    if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0)
        return CONFIG_HELP;
    if (strcmp(arg, "--print-config") == 0) {
        f->print = true;
        return CONFIG_OK;
    }
    const char **value = size == 8 && strncmp(arg, "--config", 8) == 0 ? &f->file : NULL;
    bool is_switch = false;
    for (size_t k = 0; k < OPTIONS; k++) {
        if (!options[k].flag || strlen(options[k].flag) != size ||
            strncmp(options[k].flag, arg, size) != 0)
            continue;
        f->values[k].source = SOURCE_FLAG;
        value = &f->values[k].text;
        is_switch = !options[k].argument;
    }
    if (!value) {
        str_printf(message, "unknown argument %s; `bedrud run --help` lists all", arg);
        return CONFIG_ERROR;
    }
    *value = equals ? equals + 1 : is_switch ? "true" : *i + 1 < argc ? argv[++*i] : NULL;
    if (!*value) {
        str_printf(message, "%s needs a value", arg);
        return CONFIG_ERROR;
    }
    return CONFIG_OK;
}

/* Keeps the first error, which names the key. */
__attribute__((format(printf, 3, 0))) static void on_yaml_log(cyaml_log_t level, void *context,
                                                              const char *format, va_list args)
{
    struct str *message = context;
    char line[512];

    if (level != CYAML_LOG_ERROR || message->size)
        return;
    vsnprintf(line, sizeof line, format, args);
    line[strcspn(line, "\n")] = 0;
    str_append(message, line);
}

static const cyaml_config_t *yaml_config(cyaml_config_t *c, struct str *message)
{
    *c = (cyaml_config_t){.log_fn = on_yaml_log,
                          .log_ctx = message,
                          .mem_fn = cyaml_mem,
                          .log_level = CYAML_LOG_ERROR};
    return c;
}

static bool read_file(const char *path, struct file **out, struct str *message)
{
    cyaml_config_t config;
    struct str detail;

    str_init(&detail);
    cyaml_err_t err = cyaml_load_file(path, yaml_config(&config, &detail), &file_schema,
                                      (cyaml_data_t **)(void *)out, NULL);
    if (err != CYAML_OK)
        str_printf(message, "%s: %s%s%s; the keys are those that `bedrud run --print-config` shows",
                   path, cyaml_strerror(err), detail.size ? ": " : "",
                   detail.size ? detail.text : "");
    str_fini(&detail);
    return err == CYAML_OK;
}

static void collect(struct value *values, const struct file *file)
{
    for (size_t k = 0; k < OPTIONS; k++) {
        char name[64];
        const char *in_file = NULL;
        if (values[k].text)
            continue;
        if (file)
            memcpy(&in_file, (const char *)file + options[k].in_file, sizeof in_file);
        variable_name(&options[k], name);
        const char *variable = secure_getenv(name);
        if (variable)
            values[k] = (struct value){variable, SOURCE_VARIABLE};
        else if (in_file)
            values[k] = (struct value){in_file, SOURCE_FILE};
        else
            values[k] = (struct value){options[k].standard, SOURCE_DEFAULT};
    }
}

static void print(const struct value *values, const struct config *c, struct str *out)
{
    for (size_t k = 0; k < OPTIONS; k++) {
        const char *text = values[k].text ? values[k].text : "";
        char derived[CONFIG_MEDIA_IPS * (ADDR_TEXT_MAX + 1)] = "";
        if (options[k].set == set_workers && !values[k].text) {
            snprintf(derived, sizeof derived, "%u", c->workers);
            text = derived;
        } else if (options[k].set == set_media_ip && !values[k].text) {
            for (unsigned i = 0; i < c->media_ip_count; i++) {
                char ip[ADDR_TEXT_MAX];
                size_t used = strlen(derived);
                snprintf(derived + used, sizeof derived - used, "%s%s", i ? "," : "",
                         addr_format(&c->media_ips[i], false, ip));
            }
            text = derived;
        }
        if (options[k].set == set_database)
            text = c->database;
        /* A database's URL may hold a password. */
        if (text[0] &&
            (options[k].secret || (options[k].set == set_database && strstr(text, "://"))))
            text = "********";
        str_printf(out, "%s: \"%s\" # %s\n", options[k].key, text, source_names[values[k].source]);
    }
}

static bool check(const struct value *values, struct config *out, struct str *message)
{
    for (size_t k = 0; k < OPTIONS; k++) {
        out->listen_given |= options[k].set == set_listen && values[k].source != SOURCE_DEFAULT;
        const char *expected = values[k].text ? options[k].set(out, values[k].text) : NULL;
        if (!expected)
            continue;
        str_printf(message, "%s: \"%s\" (from %s) is not %s", options[k].key,
                   options[k].secret ? "********" : values[k].text, source_names[values[k].source],
                   expected);
        return false;
    }
    return config_complete(out, message);
}

enum config_result config_load(int argc, char **argv, struct config *out, struct str *message)
{
    struct flags flags = {0};
    struct file *file = NULL;
    enum config_result result = CONFIG_OK;

    *out = (struct config){0};
    for (int i = 1; i < argc && result == CONFIG_OK; i++)
        result = read_flag(argc, argv, &i, &flags, message);
    if (result != CONFIG_OK)
        return result;
    if (!flags.file)
        flags.file = secure_getenv("BEDRUD_CONFIG");
    if (flags.file && !read_file(flags.file, &file, message))
        return CONFIG_ERROR;
    collect(flags.values, file);
    if (!check(flags.values, out, message))
        result = CONFIG_ERROR;
    else if (flags.print)
        result = CONFIG_PRINT;
    if (result == CONFIG_PRINT)
        print(flags.values, out, message);
    cyaml_config_t config;
    struct str ignored;
    str_init(&ignored);
    cyaml_free(yaml_config(&config, &ignored), &file_schema, file, 0);
    str_fini(&ignored);
    return result;
}

bool config_allows_origin(const struct config *c, const char *origin)
{
    const char *at = c->cors_origins;
    size_t wanted = strlen(origin);

    while (at && *at) {
        size_t size = strcspn(at, ",");
        if (size == wanted && strncmp(at, origin, size) == 0)
            return true;
        at += size + (at[size] == ',');
    }
    return false;
}

void config_fini(struct config *c)
{
    free(c->data_dir);
    free(c->api_key);
    if (c->api_secret)
        mem_wipe(c->api_secret, strlen(c->api_secret));
    free(c->api_secret);
    free(c->tls_cert);
    free(c->tls_key);
    free(c->database);
    free(c->public_url);
    free(c->cors_origins);
    free(c->webhook_urls);
    free(c->livekit_url);
    free(c->livekit_key);
    if (c->livekit_secret)
        mem_wipe(c->livekit_secret, strlen(c->livekit_secret));
    free(c->livekit_secret);
    *c = (struct config){0};
}

void config_help(struct str *out)
{
    str_append(out, "  --config FILE           YAML with the keys below (BEDRUD_CONFIG)\n");
    for (size_t k = 0; k < OPTIONS; k++) {
        char name[64], left[64];
        variable_name(&options[k], name);
        snprintf(left, sizeof left, "%s%s%s", options[k].flag ? options[k].flag : options[k].key,
                 options[k].argument ? " " : "", options[k].argument ? options[k].argument : "");
        str_printf(out, "  %-23s %s (%s", left, options[k].help, name);
        if (options[k].standard)
            str_printf(out, ", default %s", options[k].standard);
        str_append(out, ")\n");
    }
    str_append(out, "  --print-config          show every value with its source and end\n");
}

bool config_option(unsigned n, const char **flag, const char **argument, const char **help)
{
    if (n == 0) {
        *flag = "--config";
        *argument = "FILE";
        *help = "YAML with the other options as keys";
        return true;
    }
    for (size_t k = 0; k < OPTIONS; k++) {
        if (!options[k].flag || --n > 0)
            continue;
        *flag = options[k].flag;
        *argument = options[k].argument;
        *help = options[k].help;
        return true;
    }
    return false;
}
