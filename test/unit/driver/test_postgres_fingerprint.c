/*
 * Fingerprints of PostgreSQL tables, on a real server: every blindness that is known of other tools
 * is a pair of tables that must differ, and what does not matter (order of rows, settings of the
 * session, OIDs after a dump and restore) must not.
 *
 * Sources of the pairs: PostgreSQL's hash_record_extended (folded bigints, columns summed linearly,
 * 1.0 = 1.00, -0.0 = 0.0, '1 mon' = '30 days', citext, OIDs of enums), pingcap/tidb-tools#344 (xor
 * cancels), Shopify/ghostferry#137 (NULL and 'NULL'), block/spirit#931 (no separator),
 * block/spirit#916 (truncation).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/fingerprint_rig.h"

// --- pairs

#define TABLE "CREATE TABLE t (id int PRIMARY KEY, x text, y text);"
#define VALUES(x, y) TABLE "INSERT INTO t VALUES (1, " x ", " y ")"
#define TYPED(type, value) "CREATE TABLE t (id int PRIMARY KEY, x " type "); INSERT INTO t VALUES (1, " value ")"

static const struct {
    const char *name, *one, *other;
    bool is_equal;
} pairs[] = {
    {"the same rows", VALUES("'a'", "'b'"), VALUES("'a'", "'b'"), true},
    {"order of rows", TABLE "INSERT INTO t VALUES (1, 'a', 'b'), (2, 'c', 'd')",
     TABLE "INSERT INTO t VALUES (2, 'c', 'd'), (1, 'a', 'b')", true},
    {"an update to what was there", VALUES("'a'", "'b'"), VALUES("'a'", "'b'") "; UPDATE t SET x = x", true},
    {"a dropped column before it", VALUES("'a'", "'b'"),
     "CREATE TABLE t (gone int, id int PRIMARY KEY, x text, y text); INSERT INTO t VALUES (9, 1, 'a', 'b');"
     "ALTER TABLE t DROP COLUMN gone", true},
    {"compressed, out of line and plain", "CREATE TABLE t (id int PRIMARY KEY, x text); ALTER TABLE t ALTER x SET STORAGE PLAIN;"
     "INSERT INTO t VALUES (1, repeat('abc', 2000))",
     "CREATE TABLE t (id int PRIMARY KEY, x text); ALTER TABLE t ALTER x SET STORAGE EXTERNAL;"
     "INSERT INTO t VALUES (1, repeat('abc', 2000))", true},
    {"varchar and text", TYPED("text", "'abc'"), TYPED("varchar(10)", "'abc'"), true},
    {"two rows that swapped a value", TABLE "INSERT INTO t VALUES (1, 'a', ''), (2, 'b', '')",
     TABLE "INSERT INTO t VALUES (1, 'b', ''), (2, 'a', '')", false},
    {"two columns that swapped their values", VALUES("'a'", "'b'"), VALUES("'b'", "'a'"), false},
    {"a value moved to the other column", VALUES("'a'", "NULL"), VALUES("NULL", "'a'"), false},
    {"no separator between columns", VALUES("'x0'", "'y'"), VALUES("'x'", "'0y'"), false},
    {"NULL and 'NULL'", VALUES("NULL", "''"), VALUES("'NULL'", "''"), false},
    {"NULL and ''", VALUES("NULL", "''"), VALUES("''", "''"), false},
    {"equal rows twice cancel under xor", "CREATE TABLE t (x text); INSERT INTO t VALUES ('a'), ('a')",
     "CREATE TABLE t (x text); INSERT INTO t VALUES ('b'), ('b')", false},
    {"twice and none", "CREATE TABLE t (x text); INSERT INTO t VALUES ('a'), ('a')", "CREATE TABLE t (x text)", false},
    {"without key, rows of swapped values", "CREATE TABLE t (x int, y int); INSERT INTO t VALUES (1, 2), (3, 4)",
     "CREATE TABLE t (x int, y int); INSERT INTO t VALUES (1, 4), (3, 2)", false},
    {"without key, the order of rows", "CREATE TABLE t (x int); INSERT INTO t VALUES (1), (2)",
     "CREATE TABLE t (x int); INSERT INTO t VALUES (2), (1)", true},
    {"a row under another key", TABLE "INSERT INTO t VALUES (1, 'a', '')", TABLE "INSERT INTO t VALUES (2, 'a', '')", false},
    {"composite keys without separator", "CREATE TABLE t (a text, b text, PRIMARY KEY (a, b)); INSERT INTO t VALUES ('x0', 'y')",
     "CREATE TABLE t (a text, b text, PRIMARY KEY (a, b)); INSERT INTO t VALUES ('x', '0y')", false},
    {"1 and 2^32", TYPED("bigint", "1"), TYPED("bigint", "4294967296"), false},
    {"-1 and 2^32 - 1", TYPED("bigint", "-1"), TYPED("bigint", "4294967295"), false},
    {"0 and 2^32 + 1", TYPED("bigint", "0"), TYPED("bigint", "4294967297"), false},
    {"every number shifted by 32 bits", "CREATE TABLE t (id int PRIMARY KEY, x bigint); INSERT INTO t VALUES (1, 5), (2, 6)",
     "CREATE TABLE t (id int PRIMARY KEY, x bigint); INSERT INTO t VALUES (1, 5::bigint << 32), (2, 6::bigint << 32)", false},
    {"timestamps 2^32 microseconds apart", TYPED("timestamp", "'2000-01-01 00:00:00'"),
     TYPED("timestamp", "timestamp '2000-01-01' + interval '4294.967296 s'"), false},
    {"numeric 1.0 and 1.00", TYPED("numeric", "1.0"), TYPED("numeric", "1.00"), false},
    {"numeric NaN and infinity", TYPED("numeric", "'NaN'"), TYPED("numeric", "'Infinity'"), false},
    {"0.0 and -0.0", TYPED("float8", "'0'"), TYPED("float8", "'-0'"), false},
    {"the last bit of a float", TYPED("float8", "0.3"), TYPED("float8", "0.1::float8 + 0.2::float8"), false},
    {"infinity and -infinity", TYPED("float4", "'infinity'"), TYPED("float4", "'-infinity'"), false},
    {"date infinity and its neighbour", TYPED("date", "'infinity'"), TYPED("date", "'5874897-12-31'"), false},
    {"'1 mon' and '30 days'", TYPED("interval", "'1 mon'"), TYPED("interval", "'30 days'"), false},
    {"'1 day' and '24:00'", TYPED("interval", "'1 day'"), TYPED("interval", "'24:00'"), false},
    {"timetz of one instant", TYPED("timetz", "'12:00+00'"), TYPED("timetz", "'13:00+01'"), false},
    {"timestamptz under another TimeZone", "SET timezone = 'UTC';" TYPED("timestamptz", "'2026-01-01 12:00+00'"),
     "SET timezone = 'Asia/Tokyo';" TYPED("timestamptz", "'2026-01-01 12:00+00'"), true},
    {"jsonb 1.0 and 1.00", TYPED("jsonb", "'[1.0]'"), TYPED("jsonb", "'[1.00]'"), false},
    {"jsonb blanks", TYPED("jsonb", "'{\"a\":1}'"), TYPED("jsonb", "'{\"a\": 1}'"), true},
    {"json blanks", TYPED("json", "'{\"a\":1}'"), TYPED("json", "'{\"a\": 1}'"), false},
    {"xml", TYPED("xml", "'<a/>'"), TYPED("xml", "'<a></a>'"), false},
    {"char(n) and its blanks", TYPED("char(5)", "'a'"), TYPED("char(6)", "'a'"), false},
    {"citext", TYPED("citext", "'A'"), TYPED("citext", "'a'"), false},
    {"hstore", TYPED("hstore", "'a=>1'"), TYPED("hstore", "'a=>NULL'"), false},
    {"NFC and NFD", VALUES("U&'\\00e9'", "''"), VALUES("U&'e\\0301'", "''"), false},
    {"the last byte of a long text", VALUES("repeat('x', 300000) || 'a'", "''"), VALUES("repeat('x', 300000) || 'b'", "''"), false},
    {"bytes with a NUL", TYPED("bytea", "'\\x6100'"), TYPED("bytea", "'\\x61'"), false},
    {"bit strings of other lengths", TYPED("varbit", "B'1'"), TYPED("varbit", "B'10'"), false},
    {"money", TYPED("money", "'1.00'"), TYPED("money", "'1.01'"), false},
    {"ranges", TYPED("numrange", "'[1,2]'"), TYPED("numrange", "'[1,2)'"), false},
    {"a range that is empty and NULL", TYPED("int4range", "'empty'"), TYPED("int4range", "NULL"), false},
    {"multiranges", TYPED("int4multirange", "'{[1,2), [3,4)}'"), TYPED("int4multirange", "'{[1,4)}'"), false},
    {"arrays {1,2} and {{1,2}}", TYPED("int[]", "'{1,2}'"), TYPED("int[]", "'{{1,2}}'"), false},
    {"arrays {1,2} and [0:1]={1,2}", TYPED("int[]", "'{1,2}'"), TYPED("int[]", "'[0:1]={1,2}'"), false},
    {"arrays of NULL and empty ones", TYPED("text[]", "'{NULL}'"), TYPED("text[]", "'{}'"), false},
    {"points", TYPED("point", "'(0,0)'"), TYPED("point", "'(-0,0)'"), false},
    {"booleans", TYPED("bool", "true"), TYPED("bool", "false"), false},
    {"tsvector", TYPED("tsvector", "'a:1'"), TYPED("tsvector", "'a:2'"), false},
    {"an enum in another order", "CREATE TYPE e AS ENUM ('x', 'y');" TYPED("e", "'y'"),
     "CREATE TYPE e AS ENUM ('y', 'x');" TYPED("e", "'y'"), true},
    {"an enum's labels", "CREATE TYPE e AS ENUM ('x', 'y');" TYPED("e", "'y'"),
     "CREATE TYPE e AS ENUM ('x', 'y');" TYPED("e", "'x'"), false},
    {"arrays of an enum, whose OID is another", "CREATE TYPE e AS ENUM ('x');" TYPED("e[]", "'{x,NULL}'"),
     "CREATE TYPE e AS ENUM ('x');" TYPED("e[]", "'{x,NULL}'"), true},
    {"composite types, whose fields' OIDs are others",
     "CREATE TYPE e AS ENUM ('x'); CREATE TYPE c AS (a int, b e, d e[]);" TYPED("c", "ROW(1, 'x', '{x}')::c"),
     "CREATE TYPE e AS ENUM ('x'); CREATE TYPE c AS (a int, b e, d e[]);" TYPED("c", "ROW(1, 'x', '{x}')::c"), true},
    {"composite types of other values", "CREATE TYPE c AS (a int, b text);" TYPED("c", "ROW(1, 'x')::c"),
     "CREATE TYPE c AS (a int, b text);" TYPED("c", "ROW(1, 'y')::c"), false},
    {"a composite of NULLs and NULL", "CREATE TYPE c AS (a int, b text);" TYPED("c", "ROW(NULL, NULL)::c"),
     "CREATE TYPE c AS (a int, b text);" TYPED("c", "NULL"), false},
    {"arrays of composites in a domain in a composite",
     "CREATE TYPE c AS (a int[]); CREATE DOMAIN d AS c[]; CREATE TYPE o AS (x d);" TYPED("o", "ROW(ARRAY[ROW('{1,2}')::c])::o"),
     "CREATE TYPE c AS (a int[]); CREATE DOMAIN d AS c[]; CREATE TYPE o AS (x d);" TYPED("o", "ROW(ARRAY[ROW('{1,2}')::c])::o"), true},
    {"and another value in it",
     "CREATE TYPE c AS (a int[]); CREATE DOMAIN d AS c[]; CREATE TYPE o AS (x d);" TYPED("o", "ROW(ARRAY[ROW('{1,2}')::c])::o"),
     "CREATE TYPE c AS (a int[]); CREATE DOMAIN d AS c[]; CREATE TYPE o AS (x d);" TYPED("o", "ROW(ARRAY[ROW('{1,3}')::c])::o"), false},
    {"ranges of an own type", "CREATE TYPE e AS ENUM ('x', 'y'); CREATE TYPE r AS RANGE (subtype = e);" TYPED("r", "'[x,y]'"),
     "CREATE TYPE e AS ENUM ('x', 'y'); CREATE TYPE r AS RANGE (subtype = e);" TYPED("r", "'[x,y]'"), true},
    {"ranges of composites, with OIDs in their bounds",
     "CREATE TYPE e AS ENUM ('x'); CREATE TYPE c AS (a int, b e); CREATE TYPE r AS RANGE (subtype = c);" TYPED("r", "r(ROW(1, 'x')::c, NULL)"),
     "CREATE TYPE e AS ENUM ('x'); CREATE TYPE c AS (a int, b e); CREATE TYPE r AS RANGE (subtype = c);" TYPED("r", "r(ROW(1, 'x')::c, NULL)"), true},
    {"and of another bound",
     "CREATE TYPE c AS (a int); CREATE TYPE r AS RANGE (subtype = c);" TYPED("r", "r(ROW(1)::c, NULL)"),
     "CREATE TYPE c AS (a int); CREATE TYPE r AS RANGE (subtype = c);" TYPED("r", "r(NULL, ROW(1)::c)"), false},
    {"a key that is an array of an own type", "CREATE TYPE e AS ENUM ('x'); CREATE TABLE t (a e[] PRIMARY KEY, b int); INSERT INTO t VALUES ('{x}', 1)",
     "CREATE TYPE e AS ENUM ('x'); CREATE TABLE t (a e[] PRIMARY KEY, b int); INSERT INTO t VALUES ('{x}', 1)", true},
    {"a domain and what it is over", "CREATE DOMAIN d AS int;" TYPED("d", "7"), TYPED("int", "7"), true},
    {"a generated column", "CREATE TABLE t (id int PRIMARY KEY, x int GENERATED ALWAYS AS (id + 1) STORED); INSERT INTO t VALUES (1)",
     "CREATE TABLE t (id int PRIMARY KEY, x int GENERATED ALWAYS AS (id + 2) STORED); INSERT INTO t VALUES (1)", false},
    {"partitions and one table", "CREATE TABLE t (id int PRIMARY KEY, x text) PARTITION BY RANGE (id);"
     "CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE TABLE high PARTITION OF t DEFAULT;"
     "INSERT INTO t VALUES (1, 'a'), (11, 'b')",
     "CREATE TABLE t (id int PRIMARY KEY, x text); INSERT INTO t VALUES (1, 'a'), (11, 'b')", true},
    {"a child's rows are its parent's", "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u () INHERITS (t); INSERT INTO u VALUES (1)",
     "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)", true},
    {"an unlogged table", "CREATE UNLOGGED TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)",
     "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)", true},
    {"no columns, other rows", "CREATE TABLE t (); INSERT INTO t DEFAULT VALUES", "CREATE TABLE t ()", false},
};

static void test_fingerprint__pairs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        make_schema("one", pairs[i].one);
        make_schema("other", pairs[i].other);
        struct engine_fingerprint *a = print_in("one");
        struct engine_fingerprint *b = print_in("other");
        if (is_equal(&a->sum, &b->sum) != pairs[i].is_equal)
            fail_msg("%s: equal should be %d", pairs[i].name, pairs[i].is_equal);
    }
}

// Which column? Only the one that changed, and the number of NULLs in it.
static void test_fingerprint__names_the_column(void **state)
{
    (void)state;
    make_schema("one", TABLE "INSERT INTO t VALUES (1, 'a', 'b'), (2, 'c', NULL)");
    struct engine_fingerprint *before = print_in("one");
    postgres_execute(shared->path, "UPDATE one.t SET y = 'z' WHERE id = 2");
    struct engine_fingerprint *after = print_in("one");
    assert_string_equal(after->method, "xxh3-128/typsend/1");
    assert_int_equal(after->rows, 2);
    assert_true(after->has_key);
    assert_int_equal(after->n_columns, 3);
    assert_string_equal(after->columns[0].type, "integer");
    assert_string_equal(after->columns[2].column, "y");
    assert_true(is_equal(&before->columns[1].sum, &after->columns[1].sum));
    assert_false(is_equal(&before->columns[2].sum, &after->columns[2].sum));
    assert_int_equal(before->columns[2].nulls, 1);
    assert_int_equal(after->columns[2].nulls, 0);
}

// A column sum must survive its column's renaming, other columns beside it and a rewrite.
static void test_fingerprint__column_sums_survive_a_migration(void **state)
{
    static const char *const renamed[] = {"z"};
    (void)state;
    make_schema("one", TABLE "INSERT INTO t VALUES (1, 'a', 'b'), (2, 'c', NULL)");
    struct engine_fingerprint *before = print_in("one");
    postgres_execute(shared->path, "ALTER TABLE one.t RENAME y TO z; ALTER TABLE one.t DROP COLUMN x;"
                                   "ALTER TABLE one.t ADD n float8 DEFAULT random(); ALTER TABLE one.t ALTER z TYPE varchar(9)");
    const struct engine_fingerprint_request request = {.table = {"one", "t"}, .columns = renamed, .n_columns = 1};
    struct engine_fingerprint *after = print_of(&request);
    assert_true(is_equal(&before->columns[2].sum, &after->columns[0].sum));
}

// Stored baselines are compared with what a later version computes. Source of the value: the steps
// of docs/fingerprints.md in a program of its own on libxxhash 0.8.1.
static void test_fingerprint__stays_as_it_is_stored(void **state)
{
    (void)state;
    make_schema("one", VALUES("'a'", "NULL"));
    struct engine_fingerprint *print = print_in("one");
    char hex[33];
    for (size_t i = 0; i < 16; i++)
        snprintf(hex + 2 * i, 3, "%02x", print->sum.bytes[i]);
    assert_string_equal(hex, "10f85fde86059c237883ed1aafba524f");
}

// --- images of rows

struct seen {
    char text[2048]; // keys and shown values
    size_t n;
    uint8_t images[8][128];
    size_t lengths[8];
    uint64_t writers[8];
    uint64_t hashes[8];
    size_t n_shown;
    size_t stop_at;
};

static bool see(void *context, const struct engine_row_image *image)
{
    struct seen *seen = context;
    size_t used = strlen(seen->text);
    used += (size_t)snprintf(seen->text + used, sizeof seen->text - used, "[%s", image->key_text);
    for (size_t i = 0; i < seen->n_shown; i++)
        used += (size_t)snprintf(seen->text + used, sizeof seen->text - used, "|%d:%s:%zu", (int)image->shown[i].kind,
                                 image->shown[i].is_null ? "NULL" : image->shown[i].text, image->shown[i].len);
    snprintf(seen->text + used, sizeof seen->text - used, "]");
    if (seen->n < COUNT_OF(seen->images)) {
        memcpy(seen->images[seen->n], image->key, image->key_len);
        seen->lengths[seen->n] = image->key_len;
        seen->writers[seen->n] = image->writer;
        seen->hashes[seen->n] = image->n_columns > 0 ? image->column_hash[image->n_columns - 1] : 0;
    }
    return ++seen->n != seen->stop_at;
}

static const struct {
    const char *sql, *keys;
    bool has_key;
} key_cases[] = {
    {TABLE "INSERT INTO t VALUES (42, 'a', ''), (-7, 'b', '')", "[id=42][id=-7]", true},
    {"CREATE TABLE t (a int, b text, PRIMARY KEY (b, a)); INSERT INTO t VALUES (1, 'x')", "[b='x', a=1]", true},
    {"CREATE TABLE t (a bytea PRIMARY KEY); INSERT INTO t VALUES ('\\x00ff')", "[a=x'00ff']", true},
    {"CREATE TABLE t (a float8 PRIMARY KEY, b smallint); INSERT INTO t VALUES (1.5, 1)", "[a=1.5]", true},
    {"CREATE TABLE t (a numeric PRIMARY KEY); INSERT INTO t VALUES (1.50)", "[a=1.50]", true},
    {"CREATE TABLE t (a bigint PRIMARY KEY); INSERT INTO t VALUES (-9223372036854775808)", "[a=-9223372036854775808]", true},
    {"CREATE TABLE t (a smallint PRIMARY KEY); INSERT INTO t VALUES (-32768)", "[a=-32768]", true},
    {"CREATE TABLE t (a oid PRIMARY KEY); INSERT INTO t VALUES (4294967295)", "[a=4294967295]", true},
    {"CREATE DOMAIN d AS int; CREATE TABLE t (a d PRIMARY KEY); INSERT INTO t VALUES (5)", "[a=5]", true},
    {"CREATE TABLE t (a uuid PRIMARY KEY); INSERT INTO t VALUES ('01234567-89ab-cdef-0123-456789abcdef')",
     "[a='01234567-89ab-cdef-0123-456789abcdef']", true},
    {"CREATE TABLE t (a date PRIMARY KEY); INSERT INTO t VALUES ('2026-11-22')", "[a='2026-11-22']", true},
    {"CREATE TABLE t (x text); INSERT INTO t VALUES ('a')", "[]", false},
    {"CREATE TABLE u (a int PRIMARY KEY); INSERT INTO u VALUES (1); CREATE VIEW t AS SELECT a FROM u", "[]", false},
    {"CREATE MATERIALIZED VIEW t AS SELECT 1 AS a", "[]", false},
    {"CREATE TABLE t (\"od\"\"d\nline\" text PRIMARY KEY); INSERT INTO t VALUES ('q')", "[od\"d\nline='q']", true},
    {"CREATE TABLE t (a text PRIMARY KEY); INSERT INTO t VALUES (repeat('x', 199) || 'äö')",
     "[a='xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…']", true},
};

static void test_fingerprint__keys_for_people(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(key_cases); i++) {
        make_schema("one", key_cases[i].sql);
        struct seen seen = {0};
        const struct engine_fingerprint_request request = {.table = {"one", "t"}, .image = see, .context = &seen};
        struct engine_fingerprint *print = print_of(&request);
        assert_string_equal(seen.text, key_cases[i].keys);
        assert_int_equal(print->has_key, key_cases[i].has_key);
        assert_int_equal(print->n_key > 0, key_cases[i].has_key);
        if (seen.n == 2)
            assert_memory_not_equal(seen.images[0], seen.images[1], seen.lengths[0]);
    }
}

static void test_fingerprint__a_key_that_is_given(void **state)
{
    static const char *const given[] = {"y", "x"};
    (void)state;
    make_schema("one", TABLE "INSERT INTO t VALUES (1, 'a', 'k'), (2, NULL, 'k')");
    struct seen seen = {0};
    const struct engine_fingerprint_request request = {
        .table = {"one", "t"}, .image = see, .context = &seen, .key = given, .n_key = 2};
    struct engine_fingerprint *print = print_of(&request);
    assert_string_equal(seen.text, "[y='k', x='a'][y='k', x=NULL]");
    assert_int_equal(print->n_key, 2);
    assert_string_equal(print->key[1], "x");
    // Lengths are part of it, NULL is -1.
    assert_int_equal(seen.lengths[0], 10);
    assert_memory_equal(seen.images[1], "\0\0\0\1k\377\377\377\377", 9);
}

static void test_fingerprint__shows_values(void **state)
{
    static const size_t shown[] = {1, 2, 3, 4, 5, 0};
    (void)state;
    make_schema("one", "CREATE TABLE t (id int PRIMARY KEY, a text, b numeric, c bytea, d bool, e timestamptz);"
                       "SET timezone = 'UTC';"
                       "INSERT INTO t VALUES (1, 'it''s', 1.50, '\\x61', true, NULL), (2, '', 'NaN', '', false, NULL)");
    struct seen seen = {.n_shown = COUNT_OF(shown)};
    const struct engine_fingerprint_request request = {
        .table = {"one", "t"}, .image = see, .context = &seen, .shown = shown, .n_shown = COUNT_OF(shown)};
    print_of(&request);
    assert_string_equal(seen.text, "[id=1|3:it's:4|2:1.50:4|4:x'61':5|3:true:4|0:NULL:0|1:1:1]"
                                   "[id=2|3::0|2:NaN:3|4:x'':3|3:false:5|0:NULL:0|1:2:1]");
}

// The number of the transaction that wrote the row's version; a view's rows have none.
static void test_fingerprint__the_writer(void **state)
{
    (void)state;
    make_schema("one", TABLE "INSERT INTO t VALUES (1, 'a', ''); CREATE VIEW v AS SELECT * FROM t");
    PGconn *connection = PQconnectdb(shared->path);
    PGresult *result = PQexec(connection, "SELECT xmin FROM one.t");
    uint64_t expected = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    PQfinish(connection);
    struct seen seen = {0};
    struct engine_fingerprint_request request = {
        .table = {"one", "t"}, .image = see, .context = &seen, .wants_writer = true};
    struct engine_fingerprint *with = print_of(&request);
    assert_int_equal(seen.writers[0], expected);
    assert_true(is_equal(&with->sum, &print_in("one")->sum));
    request.table.name = "v";
    seen.n = 0;
    print_of(&request);
    assert_int_equal(seen.writers[0], 0);
}

// What a migration will make of a column, hashed before it does.
static void test_fingerprint__of_a_value(void **state)
{
    static const char *const columns[] = {"x"};
    static const struct {
        const char *type, *value, *migration;
    } cases[] = {
        {"text", "upper(x)", "UPDATE one.t SET x = upper(x)"},
        {"varchar(3)", "x", "ALTER TABLE one.t ALTER x TYPE varchar(3) USING x::varchar(3)"},
        {"integer", "id * 2", "ALTER TABLE one.t ALTER x TYPE integer USING id * 2"},
        {"numeric(9,2)", "id / 3.0 -- a third", "ALTER TABLE one.t ALTER x TYPE numeric(9,2) USING id / 3.0"},
        {"text[]", "ARRAY[x]", "ALTER TABLE one.t ALTER x TYPE text[] USING ARRAY[x]"},
        {"boolean", "NULL", "ALTER TABLE one.t ALTER x TYPE boolean USING NULL"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        make_schema("one", TABLE "INSERT INTO t VALUES (1, 'abcd', ''), (2, 'efgh', ''), (3, NULL, '')");
        struct engine_fingerprint_request request = {.table = {"one", "t"}, .columns = columns, .n_columns = 1,
                                                     .value = cases[i].value, .value_type = cases[i].type,
                                                     .where = "id < 3 -- but one"};
        struct engine_fingerprint *before = print_of(&request);
        postgres_execute(shared->path, cases[i].migration);
        request.value = request.value_type = NULL;
        struct engine_fingerprint *after = print_of(&request);
        assert_int_equal(before->rows, 2);
        if (!is_equal(&before->columns[0].sum, &after->columns[0].sum))
            fail_msg("%s as %s", cases[i].value, cases[i].type);
    }
}

static void test_fingerprint__content_whatever_the_key(void **state)
{
    (void)state;
    make_schema("one", TABLE "INSERT INTO t VALUES (1, 'a', 'b'), (2, 'c', NULL)");
    static const char *const columns[] = {"x", "y"};
    const struct engine_fingerprint_request request = {
        .table = {"one", "t"}, .columns = columns, .n_columns = 2, .wants_content = true};
    struct engine_fingerprint *before = print_of(&request);
    postgres_execute(shared->path, "UPDATE one.t SET id = id + 10");
    struct engine_fingerprint *after = print_of(&request);
    assert_false(is_equal(&before->sum, &after->sum));
    assert_true(is_equal(&before->content, &after->content));
    postgres_execute(shared->path, "UPDATE one.t SET y = 'd' WHERE x = 'c'");
    assert_false(is_equal(&before->content, &print_of(&request)->content));
}

// --- what cannot be read, in whole or in part

static void expect_failure(struct engine_fingerprint_request request, enum error_code code, const char *message,
                           const char *hint)
{
    struct engine_fingerprint *print = NULL;
    struct error err = {0};
    assert_false(postgres_fingerprint(shared, engine, &request, &print, &err));
    assert_string_equal(err.message, message);
    assert_string_equal(err.hint, hint);
    assert_int_equal(err.code, code);
    assert_null(print);
    // The connection is as it was.
    assert_int_equal(PQtransactionStatus(connection_handle(engine->connection)), PQTRANS_IDLE);
}

static void test_fingerprint__what_is_not_there(void **state)
{
    static const char *const missing[] = {"id", "nix"};
    (void)state;
    make_schema("one", TABLE "CREATE SEQUENCE s; CREATE TYPE c AS (a int); CREATE TEMPORARY TABLE hidden (a int)");
    const struct engine_fingerprint_request table = {.table = {"one", "t"}};
    struct engine_fingerprint_request request = {.table = {NULL, "nowhere"}};
    expect_failure(request, ERROR_UNKNOWN, "no such table: 'nowhere'", "");
    request.table = (struct name){"nowhere", "t"};
    expect_failure(request, ERROR_UNKNOWN, "no such table: 'nowhere.t'", "");
    request.table = (struct name){"one", "s"};
    expect_failure(request, ERROR_UNKNOWN, "one.s is a sequence",
                   "tables, partitioned tables, views and materialized views are read");
    request.table = (struct name){"one", "t_pkey"};
    expect_failure(request, ERROR_UNKNOWN, "one.t_pkey is an index",
                   "tables, partitioned tables, views and materialized views are read");
    request = table;
    request.columns = missing;
    request.n_columns = 2;
    expect_failure(request, ERROR_UNKNOWN, "table 'one.t' has no column 'nix'", "");
    request = table;
    request.key = missing;
    request.n_key = 2;
    expect_failure(request, ERROR_UNKNOWN, "table 'one.t' has no column 'nix' for its key", "");
    request = table;
    request.value = "1";
    request.value_type = "nix";
    expect_failure(request, ERROR_UNKNOWN, "one.t: there is no type 'nix'", "");
}

static void test_fingerprint__rows_elsewhere(void **state)
{
    (void)state;
    SCRATCH(tmp);
    make_schema("one", "CREATE TABLE t (id int) PARTITION BY RANGE (id);");
    postgres_execute(postgres_url(tmp, "postgres", shared->folder),
                     "SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS postgres_fdw;"
                     "DROP SERVER IF EXISTS s CASCADE; CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw;"
                     "CREATE FOREIGN TABLE one.f (id int) SERVER s;"
                     "CREATE FOREIGN TABLE one.part PARTITION OF one.t FOR VALUES FROM (0) TO (10) SERVER s;"
                     "GRANT SELECT ON one.f TO deployer");
    const struct engine_fingerprint_request table = {.table = {"one", "f"}};
    const struct engine_fingerprint_request parts = {.table = {"one", "t"}};
    expect_failure(table, ERROR_UNKNOWN, "one.f is a foreign table: its rows are on another server",
                   "tables, partitioned tables, views and materialized views are read");
    expect_failure(parts, ERROR_UNKNOWN, "one.t: its part 'part' is a foreign table, on another server",
                   "name the other parts one by one");
    postgres_execute(postgres_url(tmp, "postgres", shared->folder),
                     "SET client_min_messages = warning; DROP SCHEMA one CASCADE; DROP SERVER s");
}

static void test_fingerprint__a_temporary_table_of_another(void **state)
{
    (void)state;
    SCRATCH(tmp);
    PGconn *other = PQconnectdb(shared->path);
    PQclear(PQexec(other, "CREATE TEMPORARY TABLE hidden (a int)"));
    PGresult *result = PQexec(other, "SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema()");
    const char *schema = PQgetvalue(result, 0, 0);
    const struct engine_fingerprint_request request = {.table = {schema, "hidden"}};
    expect_failure(request, ERROR_UNKNOWN,
                   mem_printf(tmp, "%s.hidden is a temporary table of another session", schema), "");
    PQclear(result);
    PQfinish(other);
}

static void connect_reader(void)
{
    SCRATCH(tmp);
    postgres_execute(postgres_url(tmp, "postgres", "postgres"),
                     "DO $$ BEGIN CREATE ROLE fingerprint_reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
    engine = open_as(postgres_url(tmp, "fingerprint_reader", shared->folder));
}

// Column by column: the others count, what may not be read is named.
static void test_fingerprint__without_privileges(void **state)
{
    (void)state;
    struct engine *own = engine;
    make_schema("one", TABLE "INSERT INTO t VALUES (1, 'a', 'b'); GRANT USAGE ON SCHEMA one TO PUBLIC");
    make_schema("closed", TABLE);
    struct engine_fingerprint *before = print_in("one");
    connect_reader();
    const struct engine_fingerprint_request request = {.table = {"one", "t"}};
    const struct engine_fingerprint_request closed = {.table = {"closed", "t"}};
    expect_failure(closed, ERROR_UNKNOWN, "closed.t: role 'fingerprint_reader' may not use schema 'closed'",
                   "GRANT USAGE ON SCHEMA \"closed\" TO \"fingerprint_reader\"");
    expect_failure(request, ERROR_UNKNOWN, "one.t: role 'fingerprint_reader' may not read it",
                   "GRANT SELECT ON \"one\".\"t\" TO \"fingerprint_reader\", or make it a member of pg_read_all_data");
    postgres_execute(shared->path, "GRANT SELECT (id, x) ON one.t TO fingerprint_reader");
    struct engine_fingerprint *part = print_in("one");
    assert_true(part->has_key);
    assert_true(is_equal(&part->columns[1].sum, &before->columns[1].sum));
    assert_null(part->columns[1].unknown);
    assert_string_equal(part->columns[2].unknown, "permission denied");
    static const struct engine_sum none;
    assert_true(is_equal(&part->columns[2].sum, &none));
    static const char *const hidden[] = {"y"};
    struct engine_fingerprint_request key = request;
    key.key = hidden;
    key.n_key = 1;
    expect_failure(key, ERROR_UNKNOWN, "one.t: the key column 'y' cannot be read: permission denied",
                   "GRANT SELECT (\"y\") ON \"one\".\"t\", or name another key");
    // The rows are there, but their key cannot be told.
    postgres_execute(shared->path, "REVOKE SELECT (id) ON one.t FROM fingerprint_reader");
    struct engine_fingerprint_request writer = request;
    struct seen seen = {0};
    writer.wants_writer = true;
    writer.image = see;
    writer.context = &seen;
    part = print_of(&writer);
    assert_false(part->has_key);
    assert_int_equal(part->rows, 1);
    assert_int_equal(seen.writers[0], 0);
    talloc_free(engine);
    engine = own;
}

// A part of the rows is no proof of the table.
static void test_fingerprint__rows_hidden_by_a_policy(void **state)
{
    (void)state;
    struct engine *own = engine;
    make_schema("one", TABLE "INSERT INTO t VALUES (1, 'a', 'b'), (2, 'a', 'b'); GRANT USAGE ON SCHEMA one TO PUBLIC;"
                             "GRANT SELECT ON t TO PUBLIC; ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
                             "CREATE POLICY p ON t USING (id = 1)");
    assert_int_equal(print_in("one")->rows, 2); // the owner sees all
    connect_reader();
    const struct engine_fingerprint_request request = {.table = {"one", "t"}};
    expect_failure(request, ERROR_UNKNOWN,
                   "one.t: row-level security hides rows of it from role 'fingerprint_reader': a part is no proof",
                   "audit with a role that sees every row: ALTER ROLE \"fingerprint_reader\" BYPASSRLS");
    talloc_free(engine);
    engine = own;
}

static void test_fingerprint__a_type_without_binary_form(void **state)
{
    (void)state;
    make_schema("one", "CREATE TABLE t (id int PRIMARY KEY, x aclitem, y aclitem[], z text);"
                       "INSERT INTO t VALUES (1, '=r/deployer', NULL, 'a')");
    struct engine_fingerprint *print = print_in("one");
    assert_string_equal(print->columns[1].unknown, "type 'aclitem' has no binary form");
    assert_string_equal(print->columns[2].unknown, "type 'aclitem' has no binary form");
    assert_null(print->columns[3].unknown);
}

// What the user wrote passes the guard, and so does a view.
static void test_fingerprint__is_guarded(void **state)
{
    (void)state;
    make_schema("one", TABLE "INSERT INTO t VALUES (1, 'a', 'b'); CREATE TABLE u (a int);"
                             "CREATE FUNCTION f() RETURNS bool LANGUAGE plpgsql AS 'BEGIN DELETE FROM one.u; RETURN true; END';"
                             "CREATE VIEW v AS SELECT one.f() AS x");
    static const struct {
        const char *table, *where, *value;
    } cases[] = {
        {"t", "one.f()", NULL}, {"t", NULL, "one.f()"}, {"v", NULL, NULL}, {"t", "true); DELETE FROM one.u; --", NULL},
        {"t", NULL, "pg_advisory_lock(1)"}, {"t", "pg_sleep(0) IS NULL AND", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct engine_fingerprint_request request = {
            .table = {"one", cases[i].table}, .where = cases[i].where, .value = cases[i].value, .value_type = "text"};
        struct engine_fingerprint *print;
        struct error err = {0};
        if (postgres_fingerprint(shared, engine, &request, &print, &err))
            fail_msg("case %zu was not refused", i);
        assert_int_equal(err.code, ERROR_UNKNOWN);
    }
}

static void test_fingerprint__stopped_is_no_fingerprint(void **state)
{
    (void)state;
    make_schema("one", TABLE "INSERT INTO t SELECT i, 'a', 'b' FROM generate_series(1, 100000) i");
    struct seen seen = {.stop_at = 3};
    const struct engine_fingerprint_request request = {.table = {"one", "t"}, .image = see, .context = &seen};
    expect_failure(request, ERROR_INTERRUPTED, "the fingerprint of 'one.t' was stopped", "");
    assert_int_equal(seen.n, 3);
}

// As many columns as a table may have, and a name of 63 bytes.
static void test_fingerprint__wide_and_odd_names(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char *sql = mem_strdup(tmp, "CREATE TABLE t (c0 int PRIMARY KEY");
    for (int i = 1; i < 1600; i++)
        sql = mem_printf(tmp, "%s, c%d bool DEFAULT %s", sql, i, i % 2 ? "true" : "NULL");
    make_schema("one", mem_printf(tmp, "%s); INSERT INTO t VALUES (1)", sql));
    struct engine_fingerprint_request request = {.table = {"one", "t"}, .wants_writer = true};
    struct engine_fingerprint *print = print_of(&request);
    assert_int_equal(print->n_columns, 1600);
    assert_int_equal(print->columns[1598].nulls, 1);
    const char *odd = "odd \"name\"\nwith a line and 63 bytes --------------- 63 bytes ä";
    assert_int_equal(strlen(odd), 63);
    make_schema("two", mem_printf(tmp, "CREATE TABLE %s (%s int PRIMARY KEY)", quote_name(tmp, odd), quote_name(tmp, odd)));
    request = (struct engine_fingerprint_request){.table = {"two", odd}};
    print = print_of(&request);
    assert_string_equal(print->columns[0].column, odd);
    assert_int_equal(print->rows, 0);
}

// Types have other numbers in the copy, rows another order, long values other pages.
static void test_fingerprint__after_dump_and_restore(void **state)
{
    (void)state;
    SCRATCH(tmp);
    make_schema("one", "CREATE TYPE e AS ENUM ('x', 'y'); CREATE TYPE c AS (a int, b e, d e[]); CREATE DOMAIN u AS c;"
                       "CREATE TYPE r AS RANGE (subtype = e);"
                       "CREATE TABLE t (id e PRIMARY KEY, a e[], b c, d c[], f u, g r, h text, i jsonb, j numeric, k timestamptz, l hstore,"
                       " m xml, n bytea, o tsvector, p int4multirange, q citext[]);"
                       "INSERT INTO t SELECT i::text::e, '{x,y}', ROW(1, 'x', '{y}')::c, ARRAY[ROW(2, 'y', NULL)::c], ROW(3, 'x', '{}')::c, '[x,y]',"
                       " repeat('long', 5000), '{\"a\": 1.0}', 1.00, '2026-11-22 12:00+01', 'a=>NULL', '<a/>', '\\x00', 'a b', '{[1,2)}', '{A,b}'"
                       " FROM (VALUES ('y'), ('x')) v (i)");
    // Numbers of types are given out in another order.
    struct database *copy = postgres_database_make("CREATE EXTENSION hstore; CREATE TYPE other AS ENUM ('z'); CREATE EXTENSION citext");
    const char *const argv[] = {"sh", "-c", mem_printf(tmp, "pg_dump -n one '%s' | psql -X -q -v ON_ERROR_STOP=1 '%s'", shared->path, copy->path), NULL};
    const struct process_options options = {.argv = argv};
    struct process_result result;
    assert_true(process_run(tmp, &options, &result, &shared->err));
    assert_int_equal(result.status, 0);
    struct engine *own = engine;
    struct engine_fingerprint *before = print_in("one");
    engine = open_as(copy->path);
    struct engine_fingerprint *after = print_in("one");
    talloc_free(engine);
    engine = own;
    assert_int_equal(after->rows, 2);
    assert_true(is_equal(&before->sum, &after->sum));
    talloc_free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fingerprint__pairs),
        cmocka_unit_test(test_fingerprint__names_the_column),
        cmocka_unit_test(test_fingerprint__column_sums_survive_a_migration),
        cmocka_unit_test(test_fingerprint__stays_as_it_is_stored),
        cmocka_unit_test(test_fingerprint__keys_for_people),
        cmocka_unit_test(test_fingerprint__a_key_that_is_given),
        cmocka_unit_test(test_fingerprint__shows_values),
        cmocka_unit_test(test_fingerprint__the_writer),
        cmocka_unit_test(test_fingerprint__of_a_value),
        cmocka_unit_test(test_fingerprint__content_whatever_the_key),
        cmocka_unit_test(test_fingerprint__what_is_not_there),
        cmocka_unit_test(test_fingerprint__rows_elsewhere),
        cmocka_unit_test(test_fingerprint__a_temporary_table_of_another),
        cmocka_unit_test(test_fingerprint__without_privileges),
        cmocka_unit_test(test_fingerprint__rows_hidden_by_a_policy),
        cmocka_unit_test(test_fingerprint__a_type_without_binary_form),
        cmocka_unit_test(test_fingerprint__is_guarded),
        cmocka_unit_test(test_fingerprint__stopped_is_no_fingerprint),
        cmocka_unit_test(test_fingerprint__wide_and_odd_names),
        cmocka_unit_test(test_fingerprint__after_dump_and_restore),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
