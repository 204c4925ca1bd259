/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration of `bedrud run`: flag > variable BEDRUD_* > YAML file > default. One table in
 * config.c names every option once. */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include "base/addr.h"
#include "base/log.h"
#include "base/str.h"
#include "server/proxy.h"

#define CONFIG_MEDIA_IPS 8
#define CONFIG_WORKERS_MAX 64
#define CONFIG_ORIGIN_MAX 280 /* the longest host name, scheme and port */

struct config {
    char *data_dir;
    struct addr listen;
    bool listen_given;                       /* not by default */
    struct addr media_ips[CONFIG_MEDIA_IPS]; /* port 0; from the listen address and the interfaces
                                                when not given */
    unsigned media_ip_count;
    uint16_t
        media_port; /* of the first worker, one more for each; 0, never from a user: any free */
    unsigned workers;
    bool dev;
    enum log_level log;
    char *api_key, *api_secret; /* NULL: made and kept in data_dir */
    char *tls_cert, *tls_key;   /* NULL: clear text */
    char *database;             /* postgres://... or a file; in data_dir when not given */
    char *public_url;           /* "https://host[:port]", without a slash at the end; NULL */
    struct proxy_nets trusted_proxies;
    char *cors_origins; /* origins separated by commas; NULL: none but our own */
    bool rate_limits;
    char *livekit_url; /* "http[s]://host[:port]" of another server that carries the meetings; NULL:
                          our own do */
    char *livekit_key, *livekit_secret;
    char *webhook_urls; /* with commas between them; NULL */
    struct proxy_nets webhook_nets;
};

enum config_result { CONFIG_OK, CONFIG_PRINT, CONFIG_HELP, CONFIG_ERROR };

/* Reads flags (argv[0] is skipped), environment and file. On CONFIG_ERROR `message` says the key,
 * the value and the way out; on CONFIG_PRINT (--print-config) it is the result with the source of
 * each value, secrets masked. */
enum config_result config_load(int argc, char **argv, struct config *out, struct str *message);
/* Whether pages of this origin may read answers of the API. */
bool config_allows_origin(const struct config *c, const char *origin);
void config_fini(struct config *c);
/* The n-th option that is a flag; false behind the last. `argument` is NULL for a switch. */
bool config_option(unsigned n, const char **flag, const char **argument, const char **help);
/* One line per flag with variable and default, for --help and the man page. */
void config_help(struct str *out);

#endif
