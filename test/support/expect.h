/*
 * Expectations: cmocka with what it wants included first, and errors that must say something.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_SUPPORT_EXPECT_H
#define TEST_SUPPORT_EXPECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

// The call must succeed; its last argument is `&err`.
#define EXPECT_OK(call)                                                                            \
    do {                                                                                           \
        if (!(call))                                                                               \
            fail_msg("%s\nhint: %s", err.message, err.hint);                                       \
        assert_int_equal(err.code, ERROR_NONE);                                                    \
    } while (0)

// The call must fail with this code and exactly this message.
#define EXPECT_ERROR(call, expected_code, expected_message)                                        \
    do {                                                                                           \
        err = (struct error){0};                                                                   \
        assert_false(call);                                                                        \
        assert_string_equal(err.message, expected_message);                                        \
        assert_int_equal(err.code, expected_code);                                                 \
        err = (struct error){0};                                                                   \
    } while (0)

#endif
