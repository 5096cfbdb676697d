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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secret_mask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
