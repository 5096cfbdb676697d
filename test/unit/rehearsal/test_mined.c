/*
 * Mined invariants: what held before a change and no longer does, and what is no reason to say anything.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/effects_rig.h"
#include "rehearsal/mined.h"

#define ORDERS                                                                                                         \
    "CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, city TEXT);"                                         \
    "INSERT INTO customers VALUES (1, 'a@x', 'Ulm'), (2, 'b@x', 'Ulm'), (3, 'c@x', NULL), (4, 'd@x', 'Ulm');"         \
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, status TEXT, paid_at TEXT, total INTEGER,"     \
    " created_at TEXT, shipped_at TEXT);"                                                                              \
    "INSERT INTO orders VALUES (1, 1, 'paid', '2026-01-02', 5, '2026-01-01', '2026-01-03'),"                          \
    " (2, 1, 'paid', '2026-01-02', 7, '2026-01-01', '2026-01-03'), (3, 2, 'new', NULL, 0, '2026-01-01', NULL),"       \
    " (4, 3, 'paid', '2026-01-02', 9, '2026-01-01', '2026-01-04'), (5, 4, 'new', NULL, 0, '2026-01-01', NULL),"       \
    " (6, 4, 'new', NULL, 0, '2026-01-01', NULL);"                                                                     \
    "CREATE TABLE items (id INTEGER PRIMARY KEY, order_id INTEGER, price INTEGER);"                                   \
    "INSERT INTO items VALUES (1, 1, 2), (2, 1, 3), (3, 2, 7), (4, 4, 9);"

static const struct {
    const char *name, *change, *found;
} cases[] = {
    {"nothing", "SELECT 1", ""},
    {"a value that never was NULL", "UPDATE orders SET status = CASE status WHEN 'paid' THEN 'done' END",
     "mined-not-null: orders.status never was NULL; now it is in 3 rows: 3, 5, 6\n"},
    {"a column that often was NULL", "UPDATE customers SET city = NULL WHERE id = 1", ""},
    {"an address that two have", "UPDATE customers SET email = 'a@x' WHERE id = 3",
     "mined-unique: customers.email never had a value twice; now 1 row has one that another has: a@x\n"},
    {"a city that two have", "UPDATE customers SET city = 'Bonn'", ""},
    {"addresses that change", "UPDATE customers SET email = upper(email)", ""},
    {"partners that are gone", "DELETE FROM customers WHERE id = 4",
     "mined-inclusion: orders.customer_id always had its row in customers; now 2 rows have none: 4\n"},
    {"partners that are gone with what they have", "DELETE FROM customers WHERE id = 4; DELETE FROM orders WHERE customer_id = 4", ""},
    {"a partner that never was", "UPDATE orders SET customer_id = 77 WHERE id = 1",
     "mined-inclusion: orders.customer_id always had its row in customers; now 1 row has none: 77\n"},
    {"values that change places", "UPDATE orders SET status = CASE status WHEN 'paid' THEN 'new' ELSE 'paid' END",
     "mined-presence: orders: rows whose status is 'new' never had a paid_at; now 3 of 3 have one\n"
     "mined-presence: orders: rows whose status is 'new' never had a shipped_at; now 3 of 3 have one\n"
     "mined-presence: orders: rows whose status is 'paid' always had a paid_at; now 3 of 3 have none\n"
     "mined-presence: orders: rows whose status is 'paid' always had a shipped_at; now 3 of 3 have none\n"},
    {"values that are called otherwise", "UPDATE orders SET status = CASE status WHEN 'paid' THEN 'settled' ELSE 'open' END", ""},
    {"a moment before another", "UPDATE orders SET shipped_at = '2025-01-01' WHERE id = 1",
     "mined-order: orders.created_at never was after shipped_at; now it is in 1 row: 1\n"
     "mined-order: orders.paid_at never was after shipped_at; now it is in 1 row: 1\n"},
    {"all moments a day later", "UPDATE orders SET created_at = date(created_at, '+1 day'), paid_at = date(paid_at, '+1 day'),"
                                " shipped_at = date(shipped_at, '+1 day')", ""},
    {"a part that is lost", "DELETE FROM items WHERE id = 2",
     "mined-sum: orders.total always was the sum of items.price; now it is not in 1 row\n"},
    {"a part that is doubled", "INSERT INTO items SELECT id + 100, order_id, price FROM items WHERE id = 1",
     "mined-doubled: items: 1 of the rows that the change adds equal another: id=101\n"
     "mined-sum: orders.total always was the sum of items.price; now it is not in 1 row\n"},
    {"a name joined with no city", "ALTER TABLE customers ADD COLUMN label TEXT; UPDATE customers SET label = email || ' of ' || city",
     "mined-joined: customers.label is city and email joined, and NULL in 1 rows that have no city: text joined with NULL is NULL\n"},
    {"a name joined with what city there is",
     "ALTER TABLE customers ADD COLUMN label TEXT; UPDATE customers SET label = email || coalesce(' of ' || city, '')", ""},
    {"a table written anew without its key",
     "CREATE TABLE n (id INTEGER, order_id INTEGER, price INTEGER); INSERT INTO n (id, order_id, price) SELECT id, order_id, price FROM items;"
     " DROP TABLE items; ALTER TABLE n RENAME TO items",
     "mined-rebuilt: items was written anew without its PRIMARY KEY (id)\n"},
    {"columns that changed places",
     "CREATE TABLE n (id INTEGER PRIMARY KEY, price INTEGER, order_id INTEGER); INSERT INTO n SELECT * FROM items;"
     " DROP TABLE items; ALTER TABLE n RENAME TO items",
     "mined-names: 0003_change.up.sql:1 INSERT: items.order_id is filled from price, although items has a column order_id too\n"
     "mined-names: 0003_change.up.sql:1 INSERT: items.price is filled from order_id, although items has a column price too\n"},
    {"parts and totals in cents", "UPDATE items SET price = price * 100; UPDATE orders SET total = total * 100", ""},
    {"a table under another name", "ALTER TABLE customers RENAME TO clients; UPDATE clients SET email = 'a@x' WHERE id = 3",
     "mined-unique: clients.email never had a value twice; now 1 row has one that another has: a@x\n"},
};

static char *findings_text(TALLOC_CTX *mem, const struct findings *findings)
{
    char *text = mem_strdup(mem, "");
    for (size_t i = 0; i < findings->n; i++)
        text = mem_printf(mem, "%s%s: %s\n", text, findings->list[i].rule, findings->list[i].message);
    return text;
}

static struct schema *schema_of(TALLOC_CTX *mem, struct effects_rig *rig, size_t i)
{
    struct schema *schema;
    if (!engine_sqlite.catalog->read(mem, rig->targets[i].engine, &schema, &rig->err))
        fail_msg("%s", rig->err.message);
    return schema;
}

static char *mine(TALLOC_CTX *mem, struct effects_rig *rig, const char *change)
{
    struct findings *findings = mem_new(mem, struct findings);
    findings->mem = mem;
    effects_rig_change(rig, change);
    if (!effects_rig_find(mem, rig, change))
        fail_msg("%s", rig->err.message);
    const struct mined_request request = {
        .before = &rig->targets[0],
        .after = &rig->targets[1],
        .schema_before = schema_of(mem, rig, 0),
        .schema_after = schema_of(mem, rig, 1),
        .effects = &rig->effects,
        .trace = effects_rig_trace(mem, rig, change),
        .path = "0003_change.up.sql",
    };
    if (!mined_find(mem, &request, findings, &rig->err))
        fail_msg("%s", rig->err.message);
    return findings_text(mem, findings);
}

static void test_mined__what_no_longer_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        struct effects_rig rig = {.is_traced = true};
        print_message("# %s\n", cases[i].name);
        effects_rig_make(&rig, &engine_sqlite, ORDERS);
        assert_string_equal(mine(tmp, &rig, cases[i].change), cases[i].found);
        effects_rig_end(&rig);
    }
}

// Values of a masked column do not leave.
static void test_mined__masked_values(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const char *const columns[] = {"email"};
    struct effects_rig rig = {.is_traced = true};
    effects_rig_make(&rig, &engine_sqlite, ORDERS);
    target_mask(tmp, &rig.targets[1], columns, 1);
    assert_string_equal(mine(tmp, &rig, "UPDATE customers SET email = 'a@x' WHERE id = 3"),
                        "mined-unique: customers.email never had a value twice; now 1 row has one that another has\n");
    effects_rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mined__what_no_longer_holds),
        cmocka_unit_test(test_mined__masked_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
