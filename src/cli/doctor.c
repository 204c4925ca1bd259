/* SPDX-License-Identifier: Apache-2.0 */
/* `bedrud doctor`: looks at everything that a server needs, and says of each whether it is well,
 * and if not what to do. Changes nothing. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/doctor.h"
#include "cli/remote.h"
#include "cli/show.h"
#include "cli/tls.h"
#include "net/loop.h"
#include "net/udp.h"
#include "server/running.h"
#include "store/migrate.h"
#include "store/users.h"

#define MEBIBYTE (1024 * 1024LL)
#define DISK_LEAST (100 * MEBIBYTE) /* a log file's and a backup's worth */
#define DISK_GOOD (1024 * MEBIBYTE)
#define DAYS_GOOD 14
#define YEAR_2025_MS 1735689600000LL

enum verdict { GOOD, WARN, FAIL };

static const char *const words[] = {"ok", "warn", "fail"};

struct patient {
    struct config config;
    bool running;
    struct str url, cert;
    struct str json;
    bool as_json, failed;
};

/* One finding. `advice` is the way out; NULL: none is needed. */
static void say(struct patient *p, const char *what, enum verdict v, const char *text,
                const char *advice)
{
    p->failed |= v == FAIL;
    if (!p->as_json) {
        printf("%-5s %-10s %s\n", words[v], what, text);
        if (advice)
            printf("%-16s -> %s\n", "", advice);
        return;
    }
    str_printf(&p->json,
               "%s{\"check\":\"%s\",\"verdict\":\"%s\",\"text\":", p->json.size ? "," : "", what,
               words[v]);
    show_quote(&p->json, text);
    str_append(&p->json, ",\"advice\":");
    show_quote(&p->json, advice ? advice : "");
    str_append(&p->json, "}");
}

__attribute__((format(printf, 5, 6))) static void tell(struct patient *p, const char *what,
                                                       enum verdict v, const char *advice,
                                                       const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    say(p, what, v, text, advice);
}

/* ---- the data directory and its disk ---- */

static void check_data_dir(struct patient *p)
{
    const char *path = p->config.data_dir;
    struct stat st;

    if (stat(path, &st) != 0)
        tell(p, "data", errno == ENOENT ? WARN : FAIL,
             "the first `bedrud run` makes it; or name "
             "another with --data-dir",
             "there is no %s", path);
    else if (!S_ISDIR(st.st_mode) || access(path, R_OK | W_OK | X_OK) != 0)
        tell(p, "data", FAIL, "give it to the user that runs the server", "%s cannot be used",
             path);
    else if (st.st_mode & 077)
        tell(p, "data", WARN, "chmod 700, since it holds secrets", "%s is open to others", path);
    else
        tell(p, "data", GOOD, NULL, "%s", path);
}

static void check_disk(struct patient *p)
{
    struct statvfs fs;

    if (statvfs(p->config.data_dir, &fs) != 0 && statvfs(".", &fs) != 0)
        return;
    int64_t free_bytes = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
    enum verdict v = free_bytes < DISK_LEAST ? FAIL : free_bytes < DISK_GOOD ? WARN : GOOD;
    tell(p, "disk", v, v == GOOD ? NULL : "make room, or move the data directory",
         "%lld MiB are free", (long long)(free_bytes / MEBIBYTE));
}

/* ---- ports ---- */

static int try_tcp(const struct addr *a)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(a->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(a->port)};
    bool is_v4 = addr_is_v4(a);
    int on = 1, fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    memcpy(&v4.sin_addr, a->ip + 12, 4);
    memcpy(&v6.sin6_addr, a->ip, 16);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    int result = is_v4 ? bind(fd, (const struct sockaddr *)(const void *)&v4, sizeof v4)
                       : bind(fd, (const struct sockaddr *)(const void *)&v6, sizeof v6);
    int error = result == 0 ? 0 : -errno;
    close(fd);
    return error;
}

static void say_port(struct patient *p, const char *what, const struct addr *a, int error,
                     const char *option)
{
    char text[ADDR_TEXT_MAX], reason[128], advice[160];

    if (!error) {
        tell(p, what, GOOD, NULL, "%s is free", addr_format(a, true, text));
        return;
    }
    snprintf(advice, sizeof advice, "%s %s",
             error == -EACCES ? "allow it (CAP_NET_BIND_SERVICE), or choose another with"
                              : "stop what uses it, or choose another with",
             option);
    tell(p, what, FAIL, advice, "%s cannot be bound: %s", addr_format(a, true, text),
         strerror_r(-error, reason, sizeof reason));
}

static void check_ports(struct patient *p)
{
    const struct config *c = &p->config;
    struct addr addrs[CONFIG_MEDIA_IPS];
    unsigned failed = 0;

    if (p->running) {
        say(p, "ports", GOOD, "held by the server that runs", NULL);
        return;
    }
    say_port(p, "http", &c->listen, try_tcp(&c->listen), "--listen");
    for (unsigned w = 0; w < c->workers; w++) {
        int error = 0;
        memcpy(addrs, c->media_ips, sizeof addrs);
        for (unsigned i = 0; i < c->media_ip_count; i++)
            addrs[i].port = (uint16_t)(c->media_port + w);
        struct udp *u = udp_new(addrs, c->media_ip_count, &error, &failed);
        if (!u || w + 1 == c->workers)
            say_port(p, "media", &addrs[u ? 0 : failed], u ? 0 : error, "--media-port");
        udp_free(u);
        if (!u)
            return;
    }
}

static void check_server(struct patient *p)
{
    struct str answer, message, url;

    if (!p->running) {
        tell(p, "server", GOOD, NULL, "none runs on %s", p->config.data_dir);
        return;
    }
    str_init(&answer);
    str_init(&message);
    str_init(&url);
    str_printf(&url, "%s/api/ready", p->url.text);
    long status = remote_http(
        &(struct remote_request){.method = "GET", .url = url.text, .cert = p->cert.text}, &answer,
        &message);
    if (status == 200)
        tell(p, "server", GOOD, NULL, "%s is ready", p->url.text);
    else
        tell(p, "server", FAIL, "its log says why", "%s is not ready: %s", p->url.text,
             message.size ? message.text : "its database does not answer");
    str_fini(&answer);
    str_fini(&message);
    str_fini(&url);
}

/* ---- the database ---- */

static void check_rows(struct patient *p, struct db *db)
{
    unsigned version = 0;
    int64_t owners = 0;

    if (migrate_version(db, &version) != 0)
        say(p, "database", FAIL, "it cannot be read", "restore a backup: `bedrud db restore FILE`");
    else if (version > schema.count)
        tell(p, "database", FAIL, "run that newer bedrud, or `bedrud db restore` a backup",
             "its schema is version %u, this program knows %u", version, schema.count);
    else if (version < schema.count)
        tell(p, "database", WARN, "`bedrud db migrate`, or the next start, brings it up",
             "its schema is version %u of %u", version, schema.count);
    else if (users_count_superadmins(db, &owners) != 0 || owners == 0)
        say(p, "database", WARN, "it has no superadmin",
            "`bedrud user create EMAIL --admin`, or the code that `bedrud run` prints");
    else
        tell(p, "database", GOOD, NULL, "schema %u", version);
}

static void check_database(struct patient *p)
{
    const char *where = p->config.database;
    struct str message;
    struct db *db;

    if (!db_is_postgres(where) && access(where, F_OK) != 0) {
        tell(p, "database", GOOD, NULL, "%s will be made by the first start", where);
        return;
    }
    str_init(&message);
    if (db_open(where, &db, &message) == 0) {
        check_rows(p, db);
        db_close(db);
    } else {
        say(p, "database", FAIL, message.text,
            db_is_postgres(where) ? "is the server up, and the URL right?"
                                  : "restore a backup: `bedrud db restore FILE`");
    }
    str_fini(&message);
}

/* ---- clock ---- */

static void check_clock(struct patient *p)
{
    struct timex t = {.modes = 0};
    int state = adjtimex(&t);

    if (clock_unix_ms() < YEAR_2025_MS)
        say(p, "clock", FAIL, "it is years behind",
            "set it: tokens and certificates are refused otherwise");
    else if (state == TIME_ERROR || t.status & STA_UNSYNC)
        say(p, "clock", WARN, "nobody keeps it right",
            "run systemd-timesyncd or chrony: tokens of clocks that differ are refused");
    else
        say(p, "clock", GOOD, "kept right", NULL);
}

/* ---- TLS and addresses ---- */

/* The host of the public URL, without port; NULL. */
static const char *public_host(const struct config *c, char out[256])
{
    const char *host = c->public_url ? strstr(c->public_url, "://") + 3 : NULL;

    if (!host)
        return NULL;
    bool bracket = host[0] == '[';
    host += bracket;
    snprintf(out, 256, "%.*s", (int)strcspn(host, bracket ? "]" : ":"), host);
    return out;
}

static void check_no_tls(struct patient *p)
{
    const struct config *c = &p->config;
    bool proxied = c->public_url && strncmp(c->public_url, "https:", 6) == 0;

    if (proxied)
        say(p, "tls", GOOD, "left to the proxy in front of --public-url", NULL);
    else if (addr_is_loopback(&c->listen))
        say(p, "tls", GOOD, "none, on this machine only", NULL);
    else
        say(p, "tls", WARN, "none: browsers give microphone and camera to https pages only",
            "--tls-cert and --tls-key (`bedrud tls self-signed` makes some to try), or a proxy and "
            "--public-url https://...");
}

static void check_tls(struct patient *p)
{
    const struct config *c = &p->config;
    char host[256];
    struct tls_facts f;

    if (!c->tls_cert) {
        check_no_tls(p);
        return;
    }
    tls_look(c->tls_cert, c->tls_key, public_host(c, host), &f);
    if (!f.readable)
        say(p, "tls", FAIL, "certificate or key cannot be read",
            "give PEM files, without passphrase");
    else if (!f.pair)
        say(p, "tls", FAIL, "certificate and key are no pair", "give the key of this certificate");
    else if (f.days_left < 0)
        say(p, "tls", FAIL, "the certificate has expired", "renew it, then send the server SIGHUP");
    else if (f.not_yet_valid)
        say(p, "tls", FAIL, "the certificate is not valid yet", "is the clock right?");
    else if (!f.fits)
        tell(p, "tls", FAIL, "get one for this name, or correct --public-url",
             "the certificate is not for %s", host);
    else if (f.days_left < DAYS_GOOD)
        tell(p, "tls", WARN, "renew it, then send the server SIGHUP", "%lld days are left",
             (long long)f.days_left);
    else if (f.self_signed)
        say(p, "tls", WARN, "the certificate is self-signed: browsers ask, and apps refuse it",
            "get one from a certificate authority");
    else
        tell(p, "tls", GOOD, NULL, "valid for %lld days", (long long)f.days_left);
}

static void check_addresses(struct patient *p)
{
    const struct config *c = &p->config;
    struct str list;
    bool outside = false, loopback = true;

    str_init(&list);
    for (unsigned i = 0; i < c->media_ip_count; i++) {
        char text[ADDR_TEXT_MAX];
        str_printf(&list, "%s%s", i ? ", " : "", addr_format(&c->media_ips[i], false, text));
        loopback = loopback && addr_is_loopback(&c->media_ips[i]);
        outside = outside || addr_is_public(&c->media_ips[i]);
    }
    if (loopback && (c->public_url || !addr_is_loopback(&c->listen)))
        tell(p, "addresses", FAIL, "--media-ip with an address that clients reach",
             "media goes to %s, which is this machine only", list.text);
    else if (loopback)
        tell(p, "addresses", GOOD, NULL, "%s: for clients on this machine", list.text);
    else if (!outside)
        tell(p, "addresses", WARN,
             "fine within this network; for others use a machine with a public address",
             "%s: private, so clients elsewhere get no media", list.text);
    else
        tell(p, "addresses", GOOD, NULL, "%s", list.text);
    str_fini(&list);
}

/* ---- the visit ---- */

static int examine(struct patient *p)
{
    p->running = running_find(p->config.data_dir, &p->url, &p->cert);
    say(p, "config", GOOD, "understood", NULL);
    check_data_dir(p);
    check_disk(p);
    check_server(p);
    check_ports(p);
    check_database(p);
    check_clock(p);
    check_tls(p);
    check_addresses(p);
    return p->failed ? 1 : 0;
}

static int run_doctor(struct command_call *c)
{
    struct patient p = {.as_json = c->json};
    struct str message;
    int code = EXIT_USAGE;

    str_init(&p.url);
    str_init(&p.cert);
    str_init(&p.json);
    str_init(&message);
    log_set_level(LOG_ERROR);
    if (config_load(c->config_argc, c->config_argv, &p.config, &message) == CONFIG_OK)
        code = examine(&p);
    else
        say(&p, "config", FAIL, message.text, "`bedrud run --help` tells what is expected");
    if (c->json)
        printf("{\"ok\":%s,\"checks\":[%s]}\n", p.failed ? "false" : "true", p.json.text);
    config_fini(&p.config);
    str_fini(&p.url);
    str_fini(&p.cert);
    str_fini(&p.json);
    str_fini(&message);
    return code;
}

const struct command doctor_commands[] = {
    {NULL, "doctor", NULL, 0, 0,
     "look at what a server needs: each with a verdict and the way out\n\nChanges nothing. Ends "
     "with "
     "1 when something is wrong; with --json, {\"ok\", \"checks\"}.",
     NULL, run_doctor},
    {.name = NULL},
};

int cli_doctor(int argc, char **argv)
{
    return command_main(doctor_commands, argc, argv);
}
