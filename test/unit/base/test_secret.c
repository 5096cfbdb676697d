/*
 * Secrets: what a URL keeps when it is shown, and what never is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/secret.h"
#include "expect.h"

static void test_secret_mask(void **state)
{
    (void)state;
    const struct {
        const char *value, *shown;
    } cases[] = {
        {"postgres://app:hunter2@db.example:5432/shop?sslmode=require",
         "postgres://app:****@db.example:5432/shop?sslmode=require"},
        {"postgres://app@db/shop", "postgres://app@db/shop"},
        {"postgres://db:5432/shop", "postgres://db:5432/shop"},
        {"postgresql:///shop?user=app&password=hunter2&application_name=x",
         "postgresql:///shop?user=app&password=****&application_name=x"},
        {"https://hooks.example/x?Access_Token=abc#frag",
         "https://hooks.example/x?Access_Token=****#frag"},
        // Unescaped delimiters in the password: libpq takes the first of these two.
        {"postgres://u:p?hunter2@h/db", "postgres://u:****@h/db"},
        {"postgres://u:p@hunter2@h/db", "postgres://u:****@h/db"},
        {"postgres://u:p/hunter2@h/db", "postgres://u:****@h/db"},
        {"sqlite:/var/mail.db", "sqlite:/var/mail.db"},
        {"file:mail.db?key=hunter2", "file:mail.db?key=****"},
        {"host=db password=hunter2", "****"},
        {"hunter2", "****"},
        {"user:hunter2", "****"},
        {"", "****"},
    };
    SCRATCH(tmp);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct secret *secret = secret_make(tmp, cases[i].value);
        assert_string_equal(secret_reveal(secret), cases[i].value);
        assert_string_equal(secret_mask(tmp, secret), cases[i].shown);
    }
}

static void test_secret_hide(void **state)
{
    (void)state;
    SCRATCH(tmp);
    assert_string_equal(secret_hide(tmp, "nothing is known: hunter2x"),
                        "nothing is known: hunter2x");
    secret_veil("hunter2x", "${PASSWORD}");
    secret_veil("key=hunter2x&a", "${QUERY}"); // holds the other one: the longer one goes first
    secret_veil("8080", "${PORT}");            // would be found everywhere
    secret_veil("hunter2x", "${AGAIN}");
    assert_string_equal(secret_hide(tmp, "hunter2x:8080?key=hunter2x&a=hunter2"),
                        "${PASSWORD}:8080?${QUERY}=hunter2");
    assert_null(secret_hide(tmp, NULL));
    struct secret *url = secret_make(tmp, "https://example.org/hunter2x/?b=1");
    assert_string_equal(secret_mask(tmp, url), "https://example.org/${PASSWORD}/?b=1");
}

// What an error says is cut only after that: half a secret would be found by nobody.
static void test_secret_hide__errors(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    char *long_text = mem_strdup(tmp, "");
    secret_veil("swordfish", "****");
    while (strlen(long_text) < sizeof(err.message) - 5)
        long_text = mem_printf(tmp, "%sx", long_text);
    error_set(&err, ERROR_INPUT, "%s swordfish", long_text);
    assert_null(strstr(err.message, "swo"));
    error_set(&err, ERROR_INPUT, "the server said swordfish");
    error_hint(&err, "not swordfish");
    error_wrap(&err, "of swordfish");
    assert_string_equal(err.message, "of ****: the server said ****");
    assert_string_equal(err.hint, "not ****");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secret_mask),
        cmocka_unit_test(test_secret_hide),
        cmocka_unit_test(test_secret_hide__errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
