/*
 * What a flight is bound to: its database, by what is known of it, and the bytes of its migrations.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/binding.h"
#include "flight/flying.h"
#include "journal/events.h"
#include "tree.h"

#define UP "ALTER TABLE orders ADD COLUMN currency TEXT;"
#define DOWN "ALTER TABLE orders DROP COLUMN currency;"
#define TEXT(file, sql) {.path = (file), .text = (sql), .end = sizeof(sql) - 1, .in_transaction = true}

static struct journal *open_journal(TALLOC_CTX *mem, const char *run)
{
    static int n;
    struct tree *tree = tree_make(mem);
    const struct journal_place place = {.driver = &store_sqlite,
                                        .location = secret_make(mem, tree_path(tree, mem_printf(mem, "%d.db", n++)))};
    struct journal *journal;
    struct error err;

    assert_true(journal_open(mem, &place, run, &journal, &err));
    return journal;
}

// A flight of one migration, on the database of `target` (NULL: an older tminus began it).
static void begin(TALLOC_CTX *mem, struct journal *journal, const struct engine_identity *target)
{
    struct migration migration = {.version = "2", .path = "2.up.sql", .up = TEXT("2.up.sql", UP), .down = TEXT("2.down.sql", DOWN)};
    const struct change pending = {.migrations = &migration, .n_migrations = 1};
    json_t *settings = json_keep(mem, json_object());
    struct step step = {.name = "migrate", .phase = STEP_DEPLOY, .kind = "migrate", .settings = settings};
    struct flight flight = {.id = "F-1", .steps = &step, .n_steps = 1};
    struct error err;

    if (target != NULL) {
        json_put(settings, "migrations", binding_migrations_json(&pending));
        flight.target = json_keep(mem, binding_target_json(target));
    }
    assert_true(flight_begin(journal, &flight, &err));
}

static struct binding bound(TALLOC_CTX *mem, struct journal *journal)
{
    struct binding binding;
    struct error err;

    assert_true(binding_read(mem, journal, "F-1", &binding, &err));
    return binding;
}

static void test_the_database(void **state)
{
    static const struct engine_identity own = {.engine = "postgres", .system = "7301", .database = "shop", .text = "shop"};
    static const struct {
        struct engine_identity identity;
        bool is_own;
    } examples[] = {
        {{.engine = "postgres", .system = "7301", .database = "shop"}, true},
        {{.engine = "postgres", .system = "7302", .database = "shop"}, false},
        {{.engine = "postgres", .system = "7301", .database = "bank"}, false},
        {{.engine = "sqlite", .system = "7301", .database = "shop"}, false},
        {{.engine = "postgres", .system = NULL, .database = "shop"}, false},
        // A role that may not read the identifier: the name is what can be compared.
        {{.engine = "postgres", .system = "database-5", .database = "shop"}, true},
        {{.engine = "postgres", .system = "database-5", .database = "bank"}, false},
    };
    struct error err;
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct journal *journal = open_journal(mem, "F-1");

    begin(mem, journal, &own);
    const struct binding binding = bound(mem, journal);
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        struct engine_identity identity = examples[i].identity;
        identity.text = "what is there";
        assert_int_equal(binding_check_target(&binding, &identity, &err), examples[i].is_own);
        if (examples[i].is_own)
            continue;
        assert_int_equal(err.code, ERROR_UNKNOWN);
        assert_non_null(strstr(err.message, "what is there"));
        assert_non_null(strstr(err.message, "flight F-1 is of shop, id 7301"));
    }
    talloc_free(mem);
}

static void note_migration(struct journal *journal, const char *database, const char *system)
{
    json_t *data = json_object();
    struct error err;

    json_put_text(data, "database", database);
    json_put_text(data, "system", system);
    assert_true(journal_append(journal, EVENT_MIGRATION_STARTED, data, &err));
}

// An SQLite file gets its id by the flight's own first migration.
static void test_an_id_that_comes_later(void **state)
{
    static const struct engine_identity own = {.engine = "sqlite", .database = "/shop.db", .text = "shop"};
    static const struct engine_identity now = {.engine = "sqlite", .system = "a1", .database = "/shop.db", .text = "shop"};
    static const struct engine_identity other = {.engine = "sqlite", .system = "b2", .database = "/shop.db", .text = "shop"};
    struct error err;
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct journal *journal = open_journal(mem, "F-1");

    begin(mem, journal, &own);
    struct binding binding = bound(mem, journal);
    assert_true(binding_check_target(&binding, &own, &err));
    note_migration(journal, "/elsewhere.db", "b2");
    note_migration(journal, "/shop.db", "a1");
    note_migration(journal, "/shop.db", "b2");
    binding = bound(mem, journal);
    assert_string_equal(binding.system, "a1");
    assert_true(binding_check_target(&binding, &now, &err));
    assert_false(binding_check_target(&binding, &other, &err));
    assert_false(binding_check_target(&binding, &own, &err)); // it lost it
    talloc_free(mem);
}

static void test_the_migrations(void **state)
{
    static const struct engine_identity own = {.engine = "sqlite", .database = "/shop.db", .text = "shop"};
    struct migration now = {.version = "2", .path = "x/2.up.sql", .up = TEXT("x/2.up.sql", UP), .down = TEXT("x/2.down.sql", DOWN)};
    const struct migration_text up = now.up, edited = TEXT("x/2.up.sql", UP " "), none = {0};
    const struct change change = {.migrations = &now, .n_migrations = 1}, empty = {0};
    struct error err;
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct journal *journal = open_journal(mem, "F-1");

    begin(mem, journal, &own);
    const struct binding binding = bound(mem, journal);
    assert_true(binding_check_change(&binding, &change, &err)); // from another folder
    assert_true(binding_check_has(&binding, &now, &err));
    now.up = edited;
    assert_false(binding_check_change(&binding, &change, &err));
    assert_int_equal(err.code, ERROR_POLICY);
    assert_non_null(strstr(err.message, "x/2.up.sql: was changed since the gates of flight F-1"));
    now.up = up;
    now.up.in_transaction = false;
    assert_false(binding_check_change(&binding, &change, &err));
    now.up = up;
    now.down = none;
    assert_false(binding_check_change(&binding, &change, &err));
    assert_false(binding_check_change(&binding, &empty, &err));
    assert_non_null(strstr(err.message, "2.up.sql: is gone"));
    now.version = "1";
    assert_false(binding_check_has(&binding, &now, &err));
    talloc_free(mem);
}

static void test_a_flight_of_an_older_tminus(void **state)
{
    static const struct engine_identity any = {.engine = "sqlite", .database = "/any.db", .text = "any"};
    struct migration any_one = {.version = "9", .path = "9.up.sql", .up = TEXT("9.up.sql", UP)};
    const struct change change = {.migrations = &any_one, .n_migrations = 1};
    struct error err;
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct journal *journal = open_journal(mem, "F-1");

    begin(mem, journal, NULL);
    const struct binding binding = bound(mem, journal);
    assert_true(binding_check_target(&binding, &any, &err));
    assert_true(binding_check_change(&binding, &change, &err));
    assert_true(binding_check_has(&binding, &any_one, &err));
    talloc_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_database),
        cmocka_unit_test(test_an_id_that_comes_later),
        cmocka_unit_test(test_the_migrations),
        cmocka_unit_test(test_a_flight_of_an_older_tminus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
