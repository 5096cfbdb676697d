/*
 * The table of rules: one row each, in the order of their families.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"

#define POSTGRES (1U << DIALECT_POSTGRES)
#define SQLITE (1U << DIALECT_SQLITE)

const struct rule rule_table[] = {
    // --- Data loss by DDL
    {
        .id = "drop-table",
        .severity = SEVERITY_STOP,
        .dialects = POSTGRES | SQLITE,
        .summary = "DROP TABLE of a table that was there before the migration",
        .why = "Every row of it is gone when the migration commits, and no down brings rows "
               "back.",
        .safe_form = "prove that it is empty or backed up, rename it first and drop it a "
                     "release later",
        .source = "PostgreSQL 15 manual, DROP TABLE",
        .check = check_drop_table,
    },
    {
        .id = "drop-column",
        .severity = SEVERITY_STOP,
        .dialects = POSTGRES | SQLITE,
        .summary = "DROP COLUMN of a column that was there before the migration",
        .why = "Every value of it is gone when the migration commits; a down can add the "
               "column again, not its values.",
        .safe_form = "prove that nothing reads it and that it is empty or copied, stop writing "
                     "it a release before",
        .source = "PostgreSQL 15 manual, ALTER TABLE",
        .check = check_drop_column,
    },
    {
        .id = "drop-schema",
        .severity = SEVERITY_STOP,
        .dialects = POSTGRES,
        .summary = "DROP SCHEMA or DROP DATABASE",
        .why = "Everything in it goes at once, also what nobody thought of.",
        .safe_form = "drop the tables one by one, each proven empty or backed up",
        .source = "PostgreSQL 15 manual, DROP SCHEMA",
        .check = check_drop_schema,
    },
    {
        .id = "cascade",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "DROP or TRUNCATE with CASCADE",
        .why = "What goes is decided by what happens to depend on it in production, not by "
               "what the script names.",
        .safe_form = "name each dependent object in its own DROP and leave CASCADE out",
        .source = "PostgreSQL 15 manual, Dependency Tracking",
        .check = check_cascade,
    },
    {
        .id = "truncate",
        .severity = SEVERITY_STOP,
        .dialects = POSTGRES,
        .summary = "TRUNCATE of a table that was there before the migration",
        .why = "Every row is gone, no trigger for rows fires, and older snapshots see an empty "
               "table.",
        .safe_form = "keep a copy of the rows first, or delete those that may go by a WHERE",
        .source = "PostgreSQL 15 manual, TRUNCATE",
        .check = check_truncate,
    },
    {
        .id = "type-narrowing",
        .severity = SEVERITY_STOP,
        .dialects = POSTGRES,
        .summary = "a change of type that rounds or cuts values without an error",
        .why = "The server converts what it can and says nothing about what was cut off.",
        .safe_form = "add a column of the new type, copy, compare both, then swap",
        .source = "PostgreSQL 15 manual, Type Conversion",
        .check = check_type_narrowing,
    },
    {
        .id = "time-zone-assumed",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "a change between timestamp and timestamptz without AT TIME ZONE",
        .why = "The session's TimeZone decides which instant each value means; in another session "
               "it means another.",
        .safe_form =
            "USING column AT TIME ZONE 'UTC', with the zone that the values were written in",
        .source = "PostgreSQL 15 manual, Date/Time Types",
        .check = check_time_zone_assumed,
    },
    {
        .id = "using-expression-lossy",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "ALTER COLUMN TYPE ... USING with an expression that may map two values to "
                   "one",
        .why = "The old values are replaced by what the expression makes of them; what it "
               "drops is gone.",
        .safe_form = "compare on a copy: count the rows whose new value does not lead back to "
                     "the old one",
        .source = "PostgreSQL 15 manual, ALTER TABLE",
        .check = check_using_expression_lossy,
    },
    {
        .id = "on-delete-cascade",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES | SQLITE,
        .summary = "a foreign key with ON DELETE CASCADE added to a table with rows",
        .why = "From now on deleting one row deletes others that nobody named.",
        .safe_form = "RESTRICT, and delete children by name; or say why losing them is right",
        .source = "PostgreSQL 15 manual, Constraints",
        .check = check_on_delete_cascade,
    },
    {
        .id = "drop-deletes-children",
        .severity = SEVERITY_WARN,
        .dialects = SQLITE,
        .summary =
            "DROP TABLE of a table that others reference with ON DELETE CASCADE, SET NULL or "
            "SET DEFAULT, also in a rebuild",
        .why =
            "With foreign keys on, SQLite deletes the table's rows first, and the children's rows "
            "go or change without a word. It stops when foreign keys are on for sure, and when "
            "they are turned off inside a transaction, where that does nothing.",
        .safe_form = "PRAGMA foreign_keys = OFF before the transaction begins (tell the tool not "
                     "to open one), PRAGMA foreign_key_check before COMMIT",
        .source = "SQLite, Foreign Key Support, 5; measured on SQLite 3.40",
        .check = check_drop_deletes_children,
    },
    {
        .id = "foreign-key-follows-rename",
        .severity = SEVERITY_STOP,
        .dialects = POSTGRES | SQLITE,
        .summary = "a table is renamed away and replaced or dropped while foreign keys still "
                   "reference it",
        .why = "Foreign keys follow the table that is renamed, not the name: the children point at "
               "the old rows or nowhere, and new ones are refused.",
        .safe_form = "SQLite: fill the new table, drop the old one, rename the new one last; "
                     "PostgreSQL: drop the foreign key and add it to the new table",
        .source = "SQLite, ALTER TABLE RENAME (since 3.26); PostgreSQL 15; measured on both",
        .check_migration = check_foreign_key_follows_rename,
    },
    {
        .id = "replaced-table-loses-constraints",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES | SQLITE,
        .summary =
            "a table is replaced by a copy that lacks its keys, constraints, defaults, indexes "
            "or triggers",
        .why =
            "Nothing fails: duplicates, orphans and NULLs come in from now on. It stops for a lost "
            "primary key or uniqueness.",
        .safe_form =
            "PostgreSQL: CREATE TABLE new (LIKE old INCLUDING ALL), then its foreign keys and "
            "triggers; SQLite: write the definition out, and every index and trigger again",
        .source = "PostgreSQL 15 manual, CREATE TABLE AS, CREATE TABLE; SQLite, CREATE TABLE",
        .check_migration = check_replaced_table_loses_constraints,
    },
    {
        .id = "uniqueness-dropped",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES | SQLITE,
        .summary =
            "a primary key, UNIQUE constraint or unique index is dropped, and no other keeps the "
            "rows apart",
        .why =
            "From now on the same row may come in twice, and the way back fails on the duplicates.",
        .safe_form =
            "make the new key first, then drop the old one; or say why duplicates are right",
        .source = "PostgreSQL 15 manual, Unique Indexes",
        .check_migration = check_uniqueness_dropped,
    },
    {
        .id = "triggers-off",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "triggers are disabled, or session_replication_role is set to replica",
        .why =
            "Audit, denormalised columns and, as a superuser, foreign keys are not kept: what is "
            "written meanwhile stays wrong without an error.",
        .safe_form = "leave them on, or write what they would have written in the same transaction",
        .source = "PostgreSQL 15 manual, ALTER TABLE; session_replication_role",
        .check = check_triggers_off,
    },
    // --- Data loss by DML
    {
        .id = "update-delete-without-where",
        .severity = SEVERITY_STOP,
        .dialects = POSTGRES | SQLITE,
        .summary = "UPDATE or DELETE without WHERE, or with one that is always true",
        .why = "Every row is deleted, or every value of a column is overwritten; the old ones "
               "are nowhere.",
        .safe_form = "write the WHERE that is meant, state how many rows it must hit, keep the "
                     "old values",
        .source = "PostgreSQL 15 manual, DELETE and UPDATE",
        .check = check_update_delete_without_where,
    },
    {
        .id = "dedupe-delete",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES | SQLITE,
        .summary = "DELETE of rows because another row of the same table equals them",
        .why = "Which of the equal rows stays is an accident when nothing orders them, and "
               "rows that differ in another column are lost.",
        .safe_form = "copy the rows that go into a table first, and name the order that "
                     "decides which stays",
        .source = "PostgreSQL 15 manual, DELETE",
        .check = check_dedupe_delete,
    },
    {
        .id = "insert-select-join-loses-rows",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES | SQLITE,
        .summary = "INSERT ... SELECT (or CREATE TABLE AS) with an inner join that may lose or "
                   "double rows",
        .why = "A row without a partner vanishes, one with two partners arrives twice, and the "
               "count may still be right. It stops when the copy takes the table's place.",
        .safe_form = "LEFT JOIN and look at the NULLs, join by a key, compare keys before and "
                     "after",
        .source = "PostgreSQL 15 manual, Joined Tables",
        .check = check_insert_select_join_loses_rows,
    },
    {
        .id = "copy-leaves-rows-out",
        .severity = SEVERITY_STOP,
        .dialects = POSTGRES | SQLITE,
        .summary =
            "a copy that takes a table's place is made with LIMIT, DISTINCT, GROUP BY, UNION or "
            "WHERE",
        .why = "The rows that are left out are missing from now on under the table's name. A WHERE "
               "says so, and warns.",
        .safe_form = "copy every row, compare the counts, then delete what must go, by name",
        .source = "PostgreSQL 15 manual, SELECT; SQLite, SELECT",
        .check = check_copy_leaves_rows_out,
    },
    {
        .id = "move-loses-rows",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES | SQLITE,
        .summary = "rows are deleted here and inserted there by two different conditions",
        .why = "What is deleted and not inserted is gone. It stops when the copy has a LIMIT or "
               "DISTINCT, and when the rows of WITH ... DELETE are filtered again.",
        .safe_form =
            "WITH gone AS (DELETE ... RETURNING *) INSERT ... SELECT * FROM gone; or delete "
            "only what arrived: WHERE id IN (SELECT id FROM the copy)",
        .source = "PostgreSQL 15 manual, Data-Modifying Statements in WITH",
        .check = check_move_loses_rows,
    },
    {
        .id = "values-by-position",
        .severity = SEVERITY_STOP,
        .dialects = POSTGRES | SQLITE,
        .summary = "INSERT ... SELECT * into a table whose columns stand in another order",
        .why =
            "Values go by position and not by name: two columns of one type are exchanged without "
            "an error.",
        .safe_form = "name the columns on both sides",
        .source = "PostgreSQL 15 manual, INSERT; SQLite, INSERT",
        .check = check_values_by_position,
    },
    {
        .id = "update-join-not-unique",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "UPDATE ... FROM a table that no key makes unique for the joined row",
        .why = "When two rows match, one of them wins, and nothing says which.",
        .safe_form = "join by a primary key or unique column, or aggregate the other side to "
                     "one row first",
        .source = "PostgreSQL 15 manual, UPDATE, Notes",
        .check = check_update_join_not_unique,
    },
    {
        .id = "on-conflict-do-nothing",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES | SQLITE,
        .summary = "rows copied with ON CONFLICT DO NOTHING, OR IGNORE or OR REPLACE",
        .why = "A row that collides is skipped (or replaces another) without an error and "
               "without a count.",
        .safe_form = "let it fail, or count what collides before and write those rows elsewhere",
        .source = "PostgreSQL 15 manual, INSERT; SQLite, ON CONFLICT clause",
        .check = check_on_conflict_do_nothing,
    },
    {
        .id = "case-without-else",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES | SQLITE,
        .summary = "a column set from a CASE without ELSE, for every row",
        .why = "A value that no WHEN names becomes NULL; a category missing from the list is "
               "discarded.",
        .safe_form = "write ELSE with the old value, or a WHERE that holds exactly the values "
                     "mapped",
        .source = "PostgreSQL 15 manual, Conditional Expressions",
        .check = check_case_without_else,
    },
    {
        .id = "lookup-may-yield-null",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES | SQLITE,
        .summary = "UPDATE that sets a column from a subquery which may find nothing",
        .why = "A row whose value is missing from the lookup table gets NULL, without an error.",
        .safe_form = "COALESCE with the old value, or WHERE EXISTS with the same condition; "
                     "list what has no match",
        .source = "PostgreSQL 15 manual, Scalar Subqueries",
        .check = check_lookup_may_yield_null,
    },
    // --- Failure that the data decides
    {
        .id = "unique-may-fail",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES | SQLITE,
        .summary = "a UNIQUE index or constraint on columns that already hold values",
        .why = "Two rows that agree make it fail, in production only.",
        .safe_form = "count duplicates first: GROUP BY the columns HAVING count(*) > 1",
        .source = "PostgreSQL 15 manual, Unique Indexes",
        .check = check_unique_may_fail,
    },
    {
        .id = "not-null-may-fail",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .in_downs = true,
        .summary = "SET NOT NULL on a column that may hold NULL",
        .why = "One NULL makes it fail, in production only.",
        .safe_form = "count the NULLs first, fill them, then set it",
        .source = "PostgreSQL 15 manual, ALTER TABLE",
        .check = check_not_null_may_fail,
    },
    {
        .id = "not-null-no-default",
        .severity = SEVERITY_STOP,
        .dialects = POSTGRES | SQLITE,
        .in_downs = true,
        .summary = "ADD COLUMN ... NOT NULL without a default on a table that may have rows",
        .why = "It fails at once when the table has a row.",
        .safe_form = "add it with a DEFAULT, or nullable, fill it, then set NOT NULL",
        .source = "PostgreSQL 15 manual, ALTER TABLE; SQLite, ALTER TABLE ADD COLUMN",
        .check = check_not_null_no_default,
    },
    {
        .id = "check-may-fail",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "ADD CHECK on a table whose rows were never checked",
        .why = "One row that breaks it makes it fail, in production only.",
        .safe_form = "count the rows that break it first; add it NOT VALID, mend, VALIDATE",
        .source = "PostgreSQL 15 manual, ALTER TABLE",
        .check = check_check_may_fail,
    },
    {
        .id = "fk-may-fail",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "ADD FOREIGN KEY on columns whose values were never checked",
        .why = "One orphan makes it fail, in production only.",
        .safe_form = "count the orphans first; add it NOT VALID, mend, VALIDATE",
        .source = "PostgreSQL 15 manual, ALTER TABLE",
        .check = check_fk_may_fail,
    },
    {
        .id = "type-cast-may-fail",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "ALTER COLUMN TYPE to a type that not every old value fits",
        .why = "One value that does not fit makes it fail; from text to another type without "
               "USING fails always.",
        .safe_form = "count the values that do not fit first; PostgreSQL 16 and later: "
                     "pg_input_is_valid",
        .source = "PostgreSQL 15 manual, ALTER TABLE",
        .check = check_type_cast_may_fail,
    },
    {
        .id = "add-column-refused",
        .severity = SEVERITY_STOP,
        .dialects = SQLITE,
        .in_downs = true,
        .summary =
            "ADD COLUMN that SQLite takes on an empty table only: STORED, or a default that is "
            "no constant",
        .why = "It works on a laptop and fails at once when the table has a row.",
        .safe_form =
            "add it with a constant default or none and fill it by UPDATE; STORED: rebuild "
            "the table",
        .source = "SQLite, ALTER TABLE ADD COLUMN; measured on SQLite 3.40",
        .check = check_add_column_refused,
    },
    // --- What exists
    {
        .id = "object-missing-or-exists",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .in_downs = true,
        .summary = "a statement names what no earlier migration made, or makes what is already "
                   "there",
        .why = "It fails: the history says so. With --schema or a live catalog this is sure "
               "and stops.",
        .safe_form = "mend the name, or bring the migration that creates the object into the "
                     "folder",
        .source = "the history of the migrations, or --schema",
        .check = check_object_missing_or_exists,
    },
    {
        .id = "drop-has-dependents",
        .severity = SEVERITY_STOP,
        .dialects = POSTGRES,
        .in_downs = true,
        .summary = "DROP of what a view, a foreign key, a trigger or a column still needs, "
                   "without CASCADE",
        .why = "It fails: the server refuses to drop what others depend on.",
        .safe_form = "drop or change what depends on it first, by name",
        .source = "PostgreSQL 15 manual, Dependency Tracking",
        .check = check_drop_has_dependents,
    },
    {
        .id = "statement-invalid",
        .severity = SEVERITY_STOP,
        .dialects = SQLITE,
        .in_downs = true,
        .summary = "a statement that SQLite refuses against the schema known so far",
        .why = "It fails when it is run: SQLite itself says so about an empty copy of the "
               "schema.",
        .safe_form = "mend the statement, or give the schema that it stands on with --schema",
        .source = "sqlite3_prepare_v2",
        .check = check_statement_invalid,
    },
    {
        .id = "syntax-not-understood",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES | SQLITE,
        .in_downs = true,
        .summary = "a statement that the grammar does not know",
        .why = "What it does is unknown, and unknown is never pass; in a down it means that "
               "nobody ever ran it.",
        .safe_form = "mend the statement; when it is newer than the grammar, rehearse it: the "
                     "verdict stays HOLD",
        .source = "PostgreSQL 15 grammar (libpg_query); SQLite",
        .check_migration = check_syntax_not_understood,
    },
    // --- Blocking
    {
        .id = "index-create-blocking",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "CREATE INDEX without CONCURRENTLY on a table with rows",
        .why = "SHARE lock: no write to the table until the index is built.",
        .safe_form = "CREATE INDEX CONCURRENTLY, outside a transaction",
        .source = "measured on PostgreSQL 15 (docs/effects.md)",
        .check = check_index_create_blocking,
    },
    {
        .id = "index-drop-blocking",
        .severity = SEVERITY_NOTE,
        .dialects = POSTGRES,
        .summary = "DROP INDEX without CONCURRENTLY",
        .why = "ACCESS EXCLUSIVE on the table: short, but it waits for every reader, and "
               "everybody waits behind it.",
        .safe_form = "DROP INDEX CONCURRENTLY, outside a transaction",
        .source = "measured on PostgreSQL 15 (docs/effects.md)",
        .check = check_index_drop_blocking,
    },
    {
        .id = "reindex-blocking",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "REINDEX without CONCURRENTLY",
        .why = "SHARE on the table and ACCESS EXCLUSIVE on the index: writes wait, and reads "
               "that plan on the index.",
        .safe_form = "REINDEX ... CONCURRENTLY, outside a transaction",
        .source = "measured on PostgreSQL 15 (docs/effects.md)",
        .check = check_reindex_blocking,
    },
    {
        .id = "matview-refresh-blocking",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "REFRESH MATERIALIZED VIEW without CONCURRENTLY",
        .why = "ACCESS EXCLUSIVE on the view for as long as its query runs.",
        .safe_form = "a unique index on the view and REFRESH MATERIALIZED VIEW CONCURRENTLY",
        .source = "measured on PostgreSQL 15 (docs/effects.md)",
        .check = check_matview_refresh_blocking,
    },
    {
        .id = "vacuum-full",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "VACUUM FULL or CLUSTER",
        .why = "ACCESS EXCLUSIVE while the whole table is copied.",
        .safe_form = "pg_repack, or plain VACUUM",
        .source = "measured on PostgreSQL 15 (docs/effects.md)",
        .check = check_vacuum_full,
    },
    {
        .id = "set-not-null-scan",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "SET NOT NULL that no valid CHECK proves",
        .why = "ACCESS EXCLUSIVE while the whole table is searched for a NULL.",
        .safe_form = "ADD CONSTRAINT c CHECK (col IS NOT NULL) NOT VALID; VALIDATE CONSTRAINT "
                     "c in its own transaction; SET NOT NULL; DROP CONSTRAINT c",
        .source = "measured on PostgreSQL 15 (docs/effects.md)",
        .check = check_set_not_null_scan,
    },
    {
        .id = "fk-add-locks-both",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "ADD FOREIGN KEY that is checked at once",
        .why = "SHARE ROW EXCLUSIVE on both tables while every row of the child is looked up.",
        .safe_form = "ADD ... NOT VALID, then VALIDATE CONSTRAINT in its own transaction",
        .source = "measured on PostgreSQL 15 (docs/effects.md)",
        .check = check_fk_add_locks_both,
    },
    {
        .id = "check-add-scan",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "ADD CHECK that is checked at once, also inline on a new column",
        .why = "ACCESS EXCLUSIVE while every row is checked; even a new column that is NULL "
               "everywhere is scanned.",
        .safe_form = "ADD ... NOT VALID, then VALIDATE CONSTRAINT in its own transaction",
        .source = "measured on PostgreSQL 15 (docs/effects.md)",
        .check = check_check_add_scan,
    },
    {
        .id = "unique-constraint",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "ADD UNIQUE, PRIMARY KEY or EXCLUDE that builds its index",
        .why = "ACCESS EXCLUSIVE until the index is built.",
        .safe_form = "CREATE UNIQUE INDEX CONCURRENTLY, then ADD ... USING INDEX; EXCLUDE has "
                     "no online way",
        .source = "measured on PostgreSQL 15 (docs/effects.md)",
        .check = check_unique_constraint,
    },
    {
        .id = "type-change-rewrite",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "ALTER COLUMN TYPE that copies the whole table",
        .why = "ACCESS EXCLUSIVE while every row is written again and every index rebuilt.",
        .safe_form = "new column, write both, backfill in batches, swap",
        .source = "measured on PostgreSQL 15 (docs/effects.md)",
        .check = check_type_change_rewrite,
    },
    {
        .id = "volatile-default",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "ADD COLUMN with a volatile default, serial, identity or a stored generated "
                   "value",
        .why = "ACCESS EXCLUSIVE while the whole table is copied, because every row gets its "
               "own value.",
        .safe_form = "add the column without default, SET DEFAULT, backfill in batches",
        .source = "measured on PostgreSQL 15 (docs/effects.md)",
        .check = check_volatile_default,
    },
    {
        .id = "no-lock-timeout",
        .severity = SEVERITY_NOTE,
        .dialects = POSTGRES,
        .summary = "the first ACCESS EXCLUSIVE lock of a migration without lock_timeout",
        .why = "A lock that waits holds up everybody who comes after it, readers too.",
        .safe_form = "SET lock_timeout = '2s' first, and try again when it fails",
        .source = "PostgreSQL 15 manual, Explicit Locking",
        .check_migration = check_no_lock_timeout,
    },
    // --- The release that still runs
    {
        .id = "rename-table",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES | SQLITE,
        .summary = "RENAME of a table or view that the running release knows by its old name",
        .why = "Until the new release serves everywhere, every query of the old one fails.",
        .safe_form = "rename and create a view with the old name in the same transaction, or "
                     "expand and contract",
        .source = "PostgreSQL 15 manual, ALTER TABLE",
        .check = check_rename_table,
    },
    {
        .id = "rename-column",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES | SQLITE,
        .summary = "RENAME COLUMN of a column that the running release knows by its old name",
        .why = "Until the new release serves everywhere, every query of the old one that names "
               "it fails.",
        .safe_form = "add the new column, write both, move readers, drop the old one",
        .source = "PostgreSQL 15 manual, ALTER TABLE",
        .check = check_rename_column,
    },
    {
        .id = "required-column",
        .severity = SEVERITY_NOTE,
        .dialects = POSTGRES,
        .summary = "a column that the running release may leave out becomes required",
        .why = "INSERTs of the release that still runs fail from now on.",
        .safe_form = "keep a DEFAULT until the old release is gone",
        .source = "PostgreSQL 15 manual, ALTER TABLE",
        .check = check_required_column,
    },
    {
        .id = "new-constraint-breaks-old-writers",
        .severity = SEVERITY_NOTE,
        .dialects = POSTGRES | SQLITE,
        .summary = "a constraint added while the old release still writes",
        .why = "It holds for new rows at once, even NOT VALID: what the old release writes may "
               "fail.",
        .safe_form = "deploy the code that keeps to it first",
        .source = "PostgreSQL 15 manual, ALTER TABLE, ADD table_constraint",
        .check = check_new_constraint_breaks_old_writers,
    },
    {
        .id = "drop-in-use",
        .severity = SEVERITY_STOP,
        .dialects = POSTGRES,
        .summary = "DROP TABLE of a table that the function of a remaining trigger names",
        .why = "PostgreSQL does not look into functions: the drop succeeds, and the next write "
               "fires a function that fails.",
        .safe_form = "replace the function or drop the trigger in the same migration",
        .source = "PostgreSQL 15 manual, Dependency Tracking",
        .check_migration = check_drop_in_use,
    },
    // --- The transaction
    {
        .id = "non-transactional-statement-in-transaction",
        .severity = SEVERITY_STOP,
        .dialects = POSTGRES,
        .in_downs = true,
        .summary = "a statement that cannot run inside a transaction stands in one",
        .why = "It fails: by the rule of its tool, or an open BEGIN, it runs inside a "
               "transaction.",
        .safe_form = "a migration of its own, marked as running without a transaction in the "
                     "way of its tool",
        .source = "PostgreSQL 15 manual",
        .check = check_non_transactional_statement_in_transaction,
    },
    {
        .id = "mix-ddl-and-dml",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "rows are changed in the transaction that already holds a strong lock",
        .why = "The lock of the DDL is held until the last row is changed, and everybody waits.",
        .safe_form = "split: DDL in one migration, the backfill in batches in another",
        .source = "PostgreSQL 15 manual, Explicit Locking: locks are held until the end of the "
                  "transaction",
        .check = check_mix_ddl_and_dml,
    },
    {
        .id = "not-valid-and-validate-together",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "VALIDATE CONSTRAINT in the transaction that added it NOT VALID",
        .why = "The strong lock of ADD is held through the scan, so nothing was won.",
        .safe_form = "VALIDATE in a migration of its own",
        .source = "measured on PostgreSQL 15 (docs/effects.md)",
        .check = check_not_valid_and_validate_together,
    },
    {
        .id = "backfill-in-one-statement",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "UPDATE of many rows in one statement",
        .why = "Locks on every row until the end, a burst of WAL, lag on replicas, bloat.",
        .safe_form = "batches by ranges of the primary key, each its own transaction, with a "
                     "pause",
        .source = "PostgreSQL 15 manual, Routine Vacuuming",
        .check = check_backfill_in_one_statement,
    },
    {
        .id = "dynamic-ddl",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .in_downs = true,
        .summary = "work that its text does not show: DO, CALL, EXECUTE, code of another "
                   "language",
        .why = "What it does cannot be read from its text: not understood, so the verdict is "
               "HOLD.",
        .safe_form = "write the statements out, or rehearse it and look at what it did",
        .source = "PostgreSQL 15 manual, DO and CALL",
        .check = check_dynamic_ddl,
        .check_migration = check_unseen_code,
    },
    {
        .id = "tool-managed-transaction",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES,
        .summary = "COMMIT inside the transaction of the migration tool",
        .why = "The transaction ends there: what follows is not taken back when it fails.",
        .safe_form = "leave BEGIN and COMMIT to the tool, or switch its transaction off",
        .source = "PostgreSQL 15 manual, COMMIT",
        .check = check_tool_managed_transaction,
    },
    // --- The way back
    {
        .id = "missing-down",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES | SQLITE,
        .summary = "a migration without a down, although others of the change have one",
        .why = "The release can be rolled back, this migration cannot.",
        .safe_form = "write the down, or say in it why there is none",
        .source = "the migrations of this change",
        .check_migration = check_missing_down,
    },
    {
        .id = "irreversible-down",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES | SQLITE,
        .in_downs = true,
        .summary = "a down that brings back a table or column, but not what was in it",
        .why = "After the rollback the schema looks right and the data is gone.",
        .safe_form = "copy the values away in the up and write them back in the down, or plan "
                     "for a restore",
        .source = "downs of three public projects, run on PostgreSQL 15: many bring the schema "
                  "back without the data",
        .check_migration = check_irreversible_down,
    },
    {
        .id = "down-does-not-restore",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES | SQLITE,
        .in_downs = true,
        .summary = "a down after which the schema differs from the one before the up",
        .why = "The next release meets a schema that no migration describes; a second up may "
               "fail.",
        .safe_form = "make the down the exact opposite of the up: types, defaults, NOT NULL, "
                     "constraints, indexes",
        .source = "downs of three public projects, run on PostgreSQL 15: one in ten left a "
                  "different schema",
        .check_migration = check_down_does_not_restore,
    },
    // --- Code and other tools
    {
        .id = "code-writes-table",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES | SQLITE,
        .summary = "changed code that writes a table",
        .why = "A change of code alone can discard or duplicate records as well as a migration.",
        .safe_form = "take a baseline of the table, and write the invariant that must hold "
                     "after the release",
        .source = "paths: map, SQL strings, models and task files of the range",
    },
    {
        .id = "code-path-unmapped",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES | SQLITE,
        .summary = "changed code of which nothing says what it writes",
        .why = "What nobody knows is never pass.",
        .safe_form = "add the path to the paths: map of tminus.yaml, with the tables that it "
                     "writes, or none",
        .source = "paths: map of tminus.yaml",
    },
    {
        .id = "released-migration-edited",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES | SQLITE,
        .summary = "a range edits, renames or removes a migration that its base already had",
        .why = "Who applied the old text never gets the new one: databases that count as equal "
               "differ, and tools that keep checksums refuse to go on.",
        .safe_form = "restore the file as the base has it, and write what is to change into a new "
                     "migration",
        .source = "the git range of --base",
    },
    {
        .id = "findings-malformed",
        .severity = SEVERITY_WARN,
        .dialects = POSTGRES | SQLITE,
        .summary = "the findings of another tool could not be read",
        .why = "What that tool found is unknown, so the verdict is HOLD.",
        .safe_form = "give a SARIF 2.1.0 file as the tool wrote it",
        .source = "SARIF 2.1.0",
    },
};
const size_t rule_count = COUNT_OF(rule_table);
