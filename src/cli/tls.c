/* SPDX-License-Identifier: Apache-2.0 */
/* `bedrud tls`, and what `bedrud doctor` wants to know of certificates. */
#include "cli/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/encode.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/show.h"
#include "server/config.h"

#define DAYS_STANDARD 365
#define DAYS_MOST 825 /* what Apple's systems take at most */
#define HOUR_S 3600

/* ---- making ---- */

static bool add_extension(X509 *cert, int what, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &context, what, value);
    bool added = e && X509_add_ext(cert, e, -1) == 1;
    X509_EXTENSION_free(e);
    return added;
}

/* Letters, digits, dots and dashes: a name cannot say more than itself. */
static bool is_name(const char *text)
{
    struct addr a;

    return addr_parse_ip(text, &a) ||
           (text[0] && strlen(text) <= 253 &&
            strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-*") ==
                strlen(text));
}

static bool name_it(X509 *cert, const struct tls_request *r)
{
    X509_NAME *subject = X509_get_subject_name(cert);
    struct str list;

    str_init(&list);
    for (unsigned i = 0; i < r->count; i++) {
        struct addr a;
        str_printf(&list, "%s%s:%s", i ? "," : "", addr_parse_ip(r->names[i], &a) ? "IP" : "DNS",
                   r->names[i]);
    }
    /* A common name has 64 characters at most; who looks at the certificate goes by the list. */
    const char *common = strlen(r->names[0]) <= 64 ? r->names[0] : "bedrud";
    bool good = X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                           (const unsigned char *)common, -1, -1, 0) == 1 &&
                X509_set_issuer_name(cert, subject) == 1 &&
                add_extension(cert, NID_subject_alt_name, list.text) &&
                add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
                add_extension(cert, NID_key_usage, "critical,digitalSignature") &&
                add_extension(cert, NID_ext_key_usage, "serverAuth");
    str_fini(&list);
    return good;
}

/* Positive and of 16 bytes, RFC 5280 4.1.2.2. */
static bool number_it(X509 *cert)
{
    uint8_t bytes[16];
    BIGNUM *n = RAND_bytes(bytes, sizeof bytes) == 1 ? BN_bin2bn(bytes, sizeof bytes, NULL) : NULL;
    bool good = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)) != NULL;

    BN_free(n);
    return good;
}

static X509 *make_certificate(const struct tls_request *r, EVP_PKEY *key)
{
    X509 *cert = X509_new();

    /* From an hour ago, for clocks that are late. */
    if (cert && X509_set_version(cert, 2) == 1 && number_it(cert) &&
        X509_gmtime_adj(X509_getm_notBefore(cert), -HOUR_S) &&
        X509_gmtime_adj(X509_getm_notAfter(cert), (long)r->days * 24 * HOUR_S) &&
        X509_set_pubkey(cert, key) == 1 && name_it(cert, r) && X509_sign(cert, key, EVP_sha256()))
        return cert;
    X509_free(cert);
    return NULL;
}

static int open_new(const char *path, mode_t mode, FILE **out, struct str *message)
{
    char reason[128];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    int error = fd < 0 ? -errno : 0;

    *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (error)
        str_printf(message, "cannot write %s: %s", path, strerror_r(-error, reason, sizeof reason));
    return error;
}

static int write_files(const struct tls_request *r, X509 *cert, EVP_PKEY *key, struct str *message)
{
    FILE *key_file, *cert_file = NULL;
    int error = open_new(r->key, 0600, &key_file, message);

    if (error)
        return error;
    error = open_new(r->cert, 0644, &cert_file, message);
    bool good = !error && PEM_write_PrivateKey(key_file, key, NULL, NULL, 0, NULL, NULL) == 1 &&
                PEM_write_X509(cert_file, cert) == 1;
    good = fclose(key_file) == 0 && good;
    good = (!cert_file || fclose(cert_file) == 0) && good;
    if (good)
        return 0;
    unlink(r->key);
    if (!error) {
        unlink(r->cert);
        str_printf(message, "cannot write %s", r->cert);
    }
    return error ? error : -EIO;
}

static void write_fingerprint(const X509 *cert, struct str *out)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    char hex[2 * EVP_MAX_MD_SIZE + 1];
    unsigned size = 0;

    X509_digest(cert, EVP_sha256(), digest, &size);
    hex_encode(span_of(digest, size), hex);
    str_append(out, hex);
}

int tls_make(const struct tls_request *r, struct str *fingerprint, struct str *message)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = key ? make_certificate(r, key) : NULL;
    int error = cert ? write_files(r, cert, key, message) : -EINVAL;

    if (!cert)
        str_append(message, "no certificate can be made for these names");
    else if (!error)
        write_fingerprint(cert, fingerprint);
    X509_free(cert);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return error;
}

/* ---- looking ---- */

/* A key with a passphrase is of no use to a server that starts by itself. */
static int no_passphrase(char *buffer, int size, int writing, void *arg)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

static void look_at_times(const X509 *cert, struct tls_facts *out)
{
    int days = 0, seconds = 0;

    if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(cert)) == 1)
        out->days_left = seconds < 0 && days == 0 ? -1 : days;
    out->not_yet_valid = X509_cmp_current_time(X509_get0_notBefore(cert)) > 0;
}

void tls_look(const char *cert_file, const char *key_file, const char *host, struct tls_facts *out)
{
    FILE *f = fopen(cert_file, "re"), *k = fopen(key_file, "re");
    X509 *cert = f ? PEM_read_X509(f, NULL, no_passphrase, NULL) : NULL;
    EVP_PKEY *key = k ? PEM_read_PrivateKey(k, NULL, no_passphrase, NULL) : NULL;
    struct addr a;

    *out = (struct tls_facts){.readable = cert && key};
    if (out->readable) {
        out->pair = X509_check_private_key(cert, key) == 1;
        out->self_signed = X509_self_signed(cert, 0) == 1;
        out->fits =
            !host || (addr_parse_ip(host, &a) ? X509_check_ip_asc(cert, host, 0) == 1
                                              : X509_check_host(cert, host, 0, 0, NULL) == 1);
        look_at_times(cert, out);
    }
    X509_free(cert);
    EVP_PKEY_free(key);
    ERR_clear_error();
    if (f)
        fclose(f);
    if (k)
        fclose(k);
}

/* ---- the command ---- */

/* Without names it is for this machine: by name, and by the addresses that clients come to. */
static void choose_names(const struct command_call *c, const struct config *config,
                         struct tls_request *r, struct arena *a)
{
    char host[256] = "";

    for (unsigned i = 0; i < COMMAND_ARGS && c->args[i]; i++)
        r->names[r->count++] = c->args[i];
    if (r->count > 0)
        return;
    if (gethostname(host, sizeof host - 1) == 0 && is_name(host))
        r->names[r->count++] = arena_strdup(a, span_of_str(host));
    r->names[r->count++] = "localhost";
    r->names[r->count++] = "127.0.0.1";
    r->names[r->count++] = "::1";
    for (unsigned i = 0; i < config->media_ip_count && r->count < TLS_NAMES; i++) {
        char ip[ADDR_TEXT_MAX];
        addr_format(&config->media_ips[i], false, ip);
        if (strcmp(ip, "127.0.0.1") != 0)
            r->names[r->count++] = arena_strdup(a, span_of_str(ip));
    }
}

static const char *path_of(const struct command_call *c, const char *option,
                           const struct config *config, const char *name, struct arena *a)
{
    const char *given = command_value(c, option);

    return given ? given : arena_printf(a, "%s/%s", config->data_dir, name);
}

static int read_days(const struct command_call *c, unsigned *days)
{
    const char *text = command_value(c, "--days");
    char *end;
    long n = text ? strtol(text, &end, 10) : DAYS_STANDARD;

    if (n < 1 || n > DAYS_MOST || (text && (*end || !text[0])))
        return command_fail(c, EXIT_USAGE, "--days: expected a number from 1 to 825");
    *days = (unsigned)n;
    return 0;
}

static void say_files(const struct command_call *c, const struct tls_request *r,
                      const struct str *fingerprint)
{
    struct str json;

    if (!c->json) {
        printf("certificate  %s\nkey          %s\nSHA-256      %s\n\nServe with it: bedrud run "
               "--tls-cert %s --tls-key %s\n",
               r->cert, r->key, fingerprint->text, r->cert, r->key);
        return;
    }
    str_init(&json);
    str_append(&json, "{\"cert\":");
    show_quote(&json, r->cert);
    str_append(&json, ",\"key\":");
    show_quote(&json, r->key);
    str_printf(&json, ",\"sha256\":\"%s\"}", fingerprint->text);
    show_json(&json);
    str_fini(&json);
}

static int make(const struct command_call *c, const struct config *config, struct arena *a)
{
    struct tls_request r = {.cert = path_of(c, "--cert", config, "tls-cert.pem", a),
                            .key = path_of(c, "--key", config, "tls-key.pem", a)};
    struct str fingerprint, message;
    int code = read_days(c, &r.days);

    choose_names(c, config, &r, a);
    for (unsigned i = 0; i < r.count && code == 0; i++)
        if (!is_name(r.names[i]))
            code = command_fail(c, EXIT_USAGE, "expected host names and IP addresses");
    if (code)
        return code;
    (void)mkdir(config->data_dir, 0700); /* when it cannot be made, the files say why */
    str_init(&fingerprint);
    str_init(&message);
    if (tls_make(&r, &fingerprint, &message) == 0)
        say_files(c, &r, &fingerprint);
    else
        code = command_fail(c, 1, message.text);
    str_fini(&fingerprint);
    str_fini(&message);
    return code;
}

static int run_self_signed(struct command_call *c)
{
    struct config config = {0};
    struct str message;
    struct arena a;
    int code = EXIT_USAGE;

    str_init(&message);
    arena_init(&a);
    if (config_load(c->config_argc, c->config_argv, &config, &message) == CONFIG_OK)
        code = make(c, &config, &a);
    else
        command_fail(c, code, message.text);
    config_fini(&config);
    str_fini(&message);
    arena_fini(&a);
    return code;
}

static const struct command_option self_signed_options[] = {
    {"--days", "N", "how long it is valid; 365"},
    {"--cert", "FILE", "where it goes; tls-cert.pem in the data directory"},
    {"--key", "FILE", "where its key goes; tls-key.pem in the data directory"},
    {.name = NULL},
};

const struct command tls_commands[] = {
    {"tls", "self-signed", "[NAME]...", 0, COMMAND_ARGS,
     "make a certificate for a test at home\n\nFor these host names and addresses, or else for "
     "this "
     "machine's. Browsers ask whether it is\nto be trusted; compare the SHA-256 then. Files that "
     "are "
     "there already are not touched.",
     self_signed_options, run_self_signed},
    {.name = NULL},
};

int cli_tls(int argc, char **argv)
{
    return command_main(tls_commands, argc, argv);
}
