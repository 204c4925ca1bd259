/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of one's own: made, refused, looked at. */
#include "cli/tls.h"

#include "child.h"

#include <openssl/pem.h>
#include <sys/stat.h>

static char *folder, cert[96], key[96];

static int setup(void **state)
{
    (void)state;
    folder = child_folder();
    snprintf(cert, sizeof cert, "%s/tls-cert.pem", folder);
    snprintf(key, sizeof key, "%s/tls-key.pem", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(cert);
    unlink(key);
    child_folder_remove(folder);
    return 0;
}

static void makes_what_servers_take(void **state)
{
    (void)state;
    struct tls_facts f;
    struct stat st;
    const struct child_case again = {
        {"tls", "self-signed", "--data-dir", folder, NULL}, 1, NULL, "File exists"};
    const struct child_case first = {
        {"tls", "self-signed", "meet.example.org", "192.0.2.7", "--data-dir", folder, NULL},
        0,
        "--tls-key ",
        NULL};

    child_check(&first, 1);
    assert_int_equal(stat(key, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    tls_look(cert, key, "meet.example.org", &f);
    assert_true(f.readable && f.pair && f.self_signed && f.fits && !f.not_yet_valid);
    assert_in_range(f.days_left, 364, 365);
    tls_look(cert, key, "192.0.2.7", &f);
    assert_true(f.fits);
    tls_look(cert, key, "other.example.org", &f);
    assert_false(f.fits);
    tls_look(cert, key, NULL, &f);
    assert_true(f.fits);
    child_check(&again, 1);
    tls_look(cert, key, "meet.example.org", &f);
    assert_true(f.pair);
}

static void sees_what_is_wrong(void **state)
{
    (void)state;
    struct str fingerprint, message;
    struct tls_facts f;
    char other[96];
    FILE *file;

    str_init(&fingerprint);
    str_init(&message);
    struct tls_request r = {.names = {"a"}, .count = 1, .days = 3, .cert = cert, .key = key};
    assert_int_equal(tls_make(&r, &fingerprint, &message), 0);
    assert_int_equal(strlen(fingerprint.text), 64);
    tls_look(cert, key, "a", &f);
    assert_in_range(f.days_left, 2, 3);
    snprintf(other, sizeof other, "%s/other", folder);
    tls_look(cert, other, "a", &f);
    assert_false(f.readable);
    EVP_PKEY *stranger = EVP_EC_gen("P-256");
    file = fopen(other, "w");
    assert_int_equal(PEM_write_PrivateKey(file, stranger, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
    tls_look(cert, other, "a", &f);
    assert_true(f.readable && !f.pair);
    file = fopen(other, "w");
    assert_int_equal(PEM_write_PrivateKey(file, stranger, EVP_aes_128_cbc(),
                                          (const unsigned char *)"secret", 6, NULL, NULL),
                     1);
    fclose(file);
    tls_look(cert, other, "a", &f); /* asks nobody for the passphrase */
    assert_false(f.readable);
    EVP_PKEY_free(stranger);
    unlink(other);
    str_fini(&fingerprint);
    str_fini(&message);
}

static void takes_names_only(void **state)
{
    (void)state;
    const struct child_case cases[] = {
        {{"tls", "self-signed", "a,IP:1.2.3.4", "--data-dir", folder, NULL},
         2,
         NULL,
         "expected host names"},
        {{"tls", "self-signed", "a b", "--data-dir", folder, NULL}, 2, NULL, "expected host names"},
        {{"tls", "self-signed", "--days", "0", "--data-dir", folder, NULL}, 2, NULL, "--days"},
        {{"tls", "self-signed", "--days=900", "--data-dir", folder, NULL}, 2, NULL, "--days"},
        {{"tls", "self-signed", "--json", "--data-dir", folder, NULL}, 0, "\"sha256\":\"", NULL},
    };

    child_check(cases, sizeof cases / sizeof cases[0]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(makes_what_servers_take, setup, teardown),
        cmocka_unit_test_setup_teardown(sees_what_is_wrong, setup, teardown),
        cmocka_unit_test_setup_teardown(takes_names_only, setup, teardown),
    };
    return child_take_path(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
