/*
 * Value forms: is the value of a column that changed its type still the same value?
 *
 * int → bigint, varchar → text, json → jsonb keep it; a cast that rounds, cuts or shifts does not.
 * Of columns that kept their type nothing here is asked: those are told to the byte.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_VALUE_FORM_H
#define REHEARSAL_VALUE_FORM_H

#include "driver/engine.h"

enum value_form {
    FORM_TEXT, // and whatever is told by its text
    FORM_NUMBER,
    FORM_REAL, // of 4 bytes: has other digits when it is widened
    FORM_TRUTH,
    FORM_TIME,
    FORM_JSON,
    FORM_UUID
};

// By the name of a type of PostgreSQL: "numeric(10,2)" is a number.
enum value_form value_form_of(const char *type);
// Of SQLite, where each value has a type of its own.
enum value_form value_form_of_value(const struct engine_value *value);

// NULL is the same as NULL alone.
bool value_is_same(enum value_form before_form, const struct engine_value *before,
                   enum value_form after_form, const struct engine_value *after);

#endif
