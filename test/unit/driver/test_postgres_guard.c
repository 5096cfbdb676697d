/*
 * The guard of PostgreSQL on a real server: what may be asked, and each way out that is refused.
 *
 * Here the guard alone is asked and nothing runs; test/live/postgres_guard.t shows through the
 * program that nothing did. The attacker owns the database and had a superuser's help.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/postgres_server.h"
#include "driver/engine/postgres/postgres.h"

#define PLPGSQL " is written in plpgsql, so what it does cannot be told"
#define NOT_LISTED " is not on the list of what only reads"

static const char setup[] =
    "CREATE TABLE emails (id int PRIMARY KEY, category text, sent timestamptz, body jsonb);"
    "INSERT INTO emails VALUES (1, 'brief', now(), '{}');"
    "CREATE SCHEMA other; CREATE SCHEMA deployer; GRANT USAGE ON SCHEMA other, deployer TO public;"
    "CREATE FUNCTION bump() RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN DELETE FROM emails; RETURN 1; END';"
    "CREATE FUNCTION bump(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN DELETE FROM emails; RETURN 1; END';"
    "CREATE FUNCTION bump_text(text, text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN DELETE FROM emails; RETURN 1; END';"
    "CREATE FUNCTION bump_row(emails) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN DELETE FROM emails; RETURN 1; END';"
    "CREATE FUNCTION bump_check(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN DELETE FROM emails; RETURN true; END';"
    "CREATE FUNCTION calls_bump() RETURNS int LANGUAGE sql AS 'SELECT bump()';"
    "CREATE FUNCTION calls_calls() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT calls_bump(); END;"
    "CREATE FUNCTION returns_bump() RETURNS int LANGUAGE sql RETURN bump();"
    "CREATE FUNCTION deletes() RETURNS int LANGUAGE sql AS 'DELETE FROM emails RETURNING 1';"
    "CREATE FUNCTION deletes_atomic() RETURNS int LANGUAGE sql BEGIN ATOMIC DELETE FROM emails RETURNING 1; END;"
    "CREATE FUNCTION defaults(a int DEFAULT bump()) RETURNS int LANGUAGE sql AS 'SELECT 1';"
    "CREATE FUNCTION sets_role() RETURNS int LANGUAGE sql SET role = 'postgres' AS 'SELECT 1';"
    "CREATE FUNCTION other.hidden() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM emails; RETURN 1; END';"
    "CREATE FUNCTION finds_hidden() RETURNS int LANGUAGE sql SET search_path = other, pg_temp AS 'SELECT hidden()';"
    "CREATE FUNCTION compiled() RETURNS int LANGUAGE internal IMMUTABLE AS 'pg_backend_pid';"
    "CREATE FUNCTION recursive(int) RETURNS int LANGUAGE sql AS 'SELECT 1';"
    "CREATE OR REPLACE FUNCTION recursive(int) RETURNS int LANGUAGE sql AS 'SELECT CASE WHEN $1 = 0 THEN 0 ELSE recursive($1 - 1) END';"
    "CREATE FUNCTION lower(varchar) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN DELETE FROM emails; RETURN 1; END';"
    "CREATE FUNCTION deployer.upper(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN DELETE FROM emails; RETURN 1; END';"
    "CREATE VIEW v AS SELECT calls_bump() AS n; CREATE VIEW w AS SELECT * FROM v;"
    "CREATE VIEW locks AS SELECT * FROM emails FOR UPDATE;"
    "CREATE VIEW samples AS SELECT * FROM emails TABLESAMPLE system (10);"
    "CREATE MATERIALIZED VIEW m AS SELECT calls_calls() AS n WITH NO DATA;"
    "CREATE OPERATOR <+> (leftarg = text, rightarg = text, function = bump_text);"
    "CREATE OPERATOR other.= (leftarg = text, rightarg = text, function = bump_text);"
    "CREATE VIEW with_operator AS SELECT 'a'::text <+> 'b' AS n;"
    "CREATE TYPE pair AS (a int, b text);"
    "CREATE FUNCTION to_pair(text) RETURNS pair LANGUAGE plpgsql IMMUTABLE AS 'BEGIN DELETE FROM emails; RETURN (1, 2); END';"
    "CREATE CAST (text AS pair) WITH FUNCTION to_pair(text);"
    "CREATE DOMAIN checked AS text CHECK (bump_check(VALUE));"
    "CREATE DOMAIN checked_further AS checked;"
    "CREATE TYPE holds_checked AS (a int, b checked_further[]);"
    "CREATE TABLE with_checked (id int, c holds_checked);"
    "CREATE FUNCTION gives_checked() RETURNS SETOF holds_checked LANGUAGE sql AS 'SELECT NULL::holds_checked';"
    "SET client_min_messages = warning; CREATE TYPE span;"
    "CREATE FUNCTION span_canonical(span) RETURNS span LANGUAGE internal IMMUTABLE AS 'int4range_canonical';"
    "CREATE TYPE span AS RANGE (subtype = int, canonical = span_canonical);"
    "CREATE OR REPLACE FUNCTION span_canonical(span) RETURNS span LANGUAGE plpgsql IMMUTABLE AS 'BEGIN DELETE FROM emails; RETURN $1; END';"
    "CREATE AGGREGATE bumps (text) (sfunc = bump_text, stype = text);"
    "CREATE VIEW with_aggregate AS SELECT bumps(category) FROM emails;"
    "CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;"
    "CREATE FOREIGN TABLE shell (a text) SERVER files OPTIONS (program 'exit 1');"
    "CREATE TABLE parts (a text) PARTITION BY LIST (a);"
    "CREATE FOREIGN TABLE part PARTITION OF parts DEFAULT SERVER files OPTIONS (program 'exit 1');"
    "CREATE TABLE parent (a text); CREATE FOREIGN TABLE child () INHERITS (parent) SERVER files OPTIONS (program 'exit 1');"
    "CREATE VIEW over_part AS SELECT * FROM parts;"
    "CREATE EXTENSION dblink; CREATE EXTENSION tablefunc; CREATE EXTENSION xml2; CREATE EXTENSION pg_prewarm;"
    "CREATE SEQUENCE s;";

static const char good[] =
    "SET search_path = public; CREATE TYPE plain_mood AS ENUM ('a', 'b'); CREATE TYPE plain_span AS RANGE (subtype = int);"
    "CREATE TABLE plain (id plain_mood); CREATE CAST (varchar AS plain_mood) WITH INOUT AS IMPLICIT;"
    "CREATE FUNCTION good(int) RETURNS TABLE (a int) LANGUAGE sql STABLE SET search_path = public, pg_temp"
    " AS 'SELECT $1; SELECT id FROM emails WHERE id = $1';"
    "CREATE FUNCTION normal(text) RETURNS text LANGUAGE sql AS 'SELECT pg_catalog.lower($1 || ''x'')';"
    "CREATE FUNCTION count_briefs() RETURNS bigint LANGUAGE sql"
    " BEGIN ATOMIC SELECT count(*) FROM emails WHERE category = 'brief'; END;"
    "CREATE VIEW tidy AS SELECT normal(category) AS label, count_briefs() AS n FROM emails GROUP BY category;"
    "CREATE DOMAIN short AS text CHECK (length(normal(VALUE)) < 100);";

// Names that are found by more than our own path, and syntax.
static const char hidden[] =
    "SET search_path = public;"
    "CREATE SCHEMA other; CREATE SCHEMA postgres; CREATE SCHEMA \"odd, \"\"one\"; CREATE SCHEMA deployer; GRANT USAGE ON SCHEMA other, postgres, \"odd, \"\"one\" TO public;"
    "CREATE TABLE emails (id int PRIMARY KEY, category text);"
    "CREATE FUNCTION bump() RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN DELETE FROM emails; RETURN 1; END';"
    "CREATE FUNCTION bump_bool(int) RETURNS bool LANGUAGE plpgsql VOLATILE AS 'BEGIN RETURN true; END';"
    "CREATE FUNCTION harmless() RETURNS int LANGUAGE sql AS 'SELECT 1';"
    "CREATE FUNCTION other.harmless() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM emails; RETURN 1; END';"
    "CREATE FUNCTION postgres.harmless2() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM emails; RETURN 1; END';"
    "CREATE FUNCTION \"odd, \"\"one\".harmless3() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM emails; RETURN 1; END';"
    "CREATE FUNCTION harmless2() RETURNS int LANGUAGE sql AS 'SELECT 1';"
    "CREATE FUNCTION harmless3() RETURNS int LANGUAGE sql AS 'SELECT 1';"
    "CREATE FUNCTION deployer.harmless4() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM emails; RETURN 1; END';"
    "CREATE FUNCTION harmless4() RETURNS int LANGUAGE sql AS 'SELECT 1';"
    "CREATE FUNCTION asks() RETURNS int LANGUAGE sql AS 'SELECT harmless()';"
    "CREATE FUNCTION asks_elsewhere() RETURNS int LANGUAGE sql SET search_path = other, public AS 'SELECT asks()';"
    "CREATE FUNCTION asks2() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT harmless2()';"
    "CREATE FUNCTION asks3() RETURNS int LANGUAGE sql SET search_path = \"odd, \"\"one\", public AS 'SELECT harmless3()';"
    "CREATE FUNCTION asks4() RETURNS int LANGUAGE sql SET search_path = \"$user\", public AS 'SELECT harmless4()';"
    "CREATE DOMAIN row_checked AS emails CHECK (bump() = 1);"
    "CREATE DOMAIN text_checked AS text CHECK (bump() = 1);"
    "CREATE DOMAIN stated AS int CHECK (bump_bool(VALUE));"
    "CREATE FUNCTION keep(anyelement, int) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';"
    "CREATE AGGREGATE adds (int) (sfunc = keep, stype = stated, initcond = '0');"
    "CREATE FUNCTION \"É\"() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';"
    "CREATE FUNCTION aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';"
    "CREATE EXTENSION isn;";

struct rig {
    struct database *database;
    struct engine *engine;
    struct error err;
};

static struct rig *rig_make(const char *sql)
{
    struct database *database = postgres_database_make(NULL);
    struct rig *rig = mem_new(database, struct rig);
    rig->database = database;
    rig->engine = mem_new(rig, struct engine);
    postgres_execute(postgres_url(rig, "postgres", database->folder), sql);
    const struct engine_open_options options = {.url = secret_make(rig, database->path)};
    if (!connection_open(rig, &options, &rig->engine->connection, &rig->err))
        fail_msg("%s", rig->err.message);
    return rig;
}

static void rig_free(struct rig *rig)
{
    struct database *database = rig->database;
    talloc_free(rig);
    talloc_free(database);
}

static void expect_allowed(struct rig *rig, const char *sql)
{
    if (!guard_allow(rig->engine, sql, &rig->err))
        fail_msg("%s\n%s", sql, rig->err.message);
}

static void expect_message(struct rig *rig, const char *sql, const char *message)
{
    if (guard_allow(rig->engine, sql, &rig->err))
        fail_msg("allowed: %s", sql);
    assert_int_equal(rig->err.code, ERROR_UNKNOWN);
    if (strcmp(rig->err.message, message) != 0)
        fail_msg("%s\ngot:      %s\nexpected: %s", sql, rig->err.message, message);
}

static void expect_refused(struct rig *rig, const char *sql, const char *why)
{
    SCRATCH(tmp);
    expect_message(rig, sql, mem_printf(tmp, "refused, a check may only read: %s", why));
}

static void test_guard_allow__reads(void **state)
{
    (void)state;
    static const char *const allowed[] = {
        "SELECT count(*) FROM emails WHERE body ? 'a' AND body -> 'b' ->> 'c' = 'd' AND body @> '{}' AND body #>> '{a,b}' IS NOT NULL",
        "SELECT jsonb_array_elements(body), jsonb_each_text(body), jsonb_path_query(body, '$.a'), body['a'] FROM emails",
        "SELECT * FROM generate_series(1, 10) AS n, LATERAL (SELECT n * 2) x",
        "SELECT * FROM generate_series(now(), now() + '1 day', interval '1 hour')",
        "SELECT string_agg(category, ', ' ORDER BY id), array_agg(DISTINCT category), json_agg(e), jsonb_object_agg(id, category) FROM emails e",
        "SELECT category ~ '^a', category !~* 'b', category SIMILAR TO 'c%', regexp_replace(category, 'a', 'b', 'g'), regexp_matches(category, 'a'), substring(category from 'a') FROM emails",
        "SELECT to_char(sent, 'YYYY-MM'), date_trunc('day', sent), extract(epoch from sent), date_part('year', sent), age(sent), sent + interval '1 day' FROM emails",
        "SELECT row_number() OVER w, lag(id, 1) OVER w, sum(id) OVER (w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM emails WINDOW w AS (PARTITION BY category ORDER BY id)",
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY id), mode() WITHIN GROUP (ORDER BY category), rank(1) WITHIN GROUP (ORDER BY id) FROM emails",
        "SELECT gen_random_uuid(), '123e4567-e89b-12d3-a456-426614174000'::uuid, md5('a'), sha256('a'), encode('a', 'hex'), random()",
        "SELECT ARRAY[1,2] @> ARRAY[1], 1 = ANY (ARRAY[1]), array_length(ARRAY[1], 1), unnest(ARRAY[1,2]), array_position(ARRAY[1], 1), (ARRAY[1,2])[1:2]",
        "SELECT int4range(1, 5) && '[2,3)'::int4range, isempty(int4range(1, 2)), daterange(current_date, NULL), range_agg(int4range(1,2)), nummultirange(numrange(1,2))",
        "SELECT to_tsvector('english', 'a b') @@ to_tsquery('a & b'), plainto_tsquery('a'), ts_rank(to_tsvector('a'), 'a'::tsquery), ts_headline('a', 'a'::tsquery), 'a' @@ 'b'",
        "SELECT concat('a', 1), format('%s', 1), concat_ws(',', 'a', 'b'), lpad('a', 3), split_part('a,b', ',', 1), initcap('a'), overlay('abc' placing 'x' from 1), position('a' in 'b'), trim(both 'a' from 'aba'), quote_literal('a'), quote_ident('a'), translate('a', 'b', 'c'), ascii('a'), chr(65), reverse('a'), left('a', 1), starts_with('a', 'b'), string_to_array('a,b', ','), char_length('a'), octet_length('a'), normalize('a'), 'a' IS NORMALIZED",
        "SELECT abs(-1), ceil(1.5), round(1.5, 1), mod(5, 3), power(2, 3), sqrt(4), greatest(1, 2), width_bucket(1, 0, 10, 5), trunc(1.5), sign(1), div(5, 2), 5 % 2, 2 ^ 3, |/ 4, 5 & 3, ~1, 1 << 2, gcd(4, 6)",
        "SELECT current_user, session_user, current_date, localtimestamp, current_schema, current_database(), version(), now(), clock_timestamp(), txid_current_if_assigned(), pg_backend_pid(), inet_client_addr()",
        "SELECT coalesce(NULL, 1), nullif(1, 2), CASE category WHEN 'a' THEN 1 ELSE 2 END, id IS DISTINCT FROM 3, id BETWEEN SYMMETRIC 5 AND 1, category LIKE 'a%' ESCAPE '!', (id, category) < (1, 'a'), ROW(1, 2) = ROW(1, 2), id::text || 'x' FROM emails",
        "SELECT count(*) FILTER (WHERE id > 1), count(DISTINCT category), bool_and(id > 0), every(true), stddev(id), corr(id, id), regr_slope(id, id), min(sent), max(sent), avg(id), sum(id)::numeric(10, 2), variance(id), bit_and(id), xmlagg(xmlelement(name a)) FROM emails GROUP BY ROLLUP (category), GROUPING SETS ((id), ()) HAVING count(*) > 0",
        "WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 5) SEARCH DEPTH FIRST BY n SET o CYCLE n SET c USING p SELECT * FROM t",
        "SELECT pid, state, query, pg_blocking_pids(pid), wait_event_type FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'",
        "SELECT relname, n_live_tup, pg_size_pretty(pg_total_relation_size(relid)), last_autovacuum FROM pg_stat_user_tables",
        "SELECT c.relname, obj_description(c.oid), pg_get_viewdef(c.oid), pg_get_indexdef(i.indexrelid), has_table_privilege(c.oid, 'SELECT') FROM pg_class c LEFT JOIN pg_index i ON i.indrelid = c.oid WHERE c.oid = 'emails'::regclass",
        "SELECT conname, pg_get_constraintdef(oid), conrelid::regclass FROM pg_constraint WHERE NOT convalidated",
        "SELECT slot_name, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) FROM pg_replication_slots",
        "SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn(), pg_postmaster_start_time(), current_setting('work_mem')",
        "SELECT * FROM pg_locks l JOIN pg_prepared_xacts p ON true",
        "SELECT table_name FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')",
        "SELECT ctid, xmin, xmax, tableoid::regclass, e.ctid, age(e.xmin) FROM emails e",
        "SELECT e.id, e.category, (e).sent, e.* FROM emails e NATURAL JOIN (SELECT 1 AS id) x",
        "SELECT xpath('/a/text()', '<a>1</a>'::xml), xmlforest(1 AS a), xmlparse(content 'a'), xmlserialize(content '<a/>'::xml as text), '<a/>' IS DOCUMENT",
        "SELECT last_value, is_called FROM s",
        "SELECT * FROM samples",
        "SELECT e.id FROM emails e TABLESAMPLE bernoulli (1) REPEATABLE (3)",
        "SELECT row_to_json(e), to_jsonb(e), json_build_object('a', 1), jsonb_set(body, '{a}', '1'), jsonb_strip_nulls(body), body - 'a', body || '{}' FROM emails e",
        "SELECT * FROM jsonb_to_recordset('[{\"a\":1}]') AS x(a int, b text), json_populate_record(NULL::emails, '{}')",
        "SELECT 1 UNION SELECT 2 EXCEPT SELECT 3 INTERSECT SELECT 4 ORDER BY 1 LIMIT 1 OFFSET 0",
        "SELECT DISTINCT ON (category) * FROM emails ORDER BY category, id DESC NULLS LAST FETCH FIRST 5 ROWS WITH TIES",
        "SELECT EXISTS (SELECT 1 FROM emails), ARRAY(SELECT id FROM emails), id IN (SELECT id FROM emails), id = ANY (SELECT 1), (SELECT max(id) FROM emails) FROM emails",
        "SELECT inet '10.0.0.1' << inet '10.0.0.0/8', host('10.0.0.1'), point(1, 2) <-> point(3, 4), B'101', '1 day'::interval * 2, '12:00'::time, make_date(2020, 1, 1), justify_days('40 days'), isfinite(now()), to_timestamp(0), timezone('UTC', now())",
        "SELECT category COLLATE \"C\", collation for (category), pg_collation_for(category) FROM emails ORDER BY category COLLATE \"C\"",
        "SHOW ALL",
        "SHOW transaction_isolation",
        "EXPLAIN (VERBOSE, COSTS OFF, SETTINGS, SUMMARY, FORMAT JSON) SELECT * FROM emails",
        "SELECT pg_catalog.lower(category) FROM emails",
        "SELECT * FROM m",
        "SELECT recursive(3)",
        "SELECT '[1,2)'::plain_span, plain_span(1, 2), id::plain_mood FROM plain, good(1)",
        "SELECT normal(category), count_briefs(), tidy.label FROM emails, tidy",
        "SELECT 'a'::short, e.category::short FROM emails e",
    };
    struct rig *rig = rig_make(setup);
    postgres_execute(postgres_url(rig, "deployer", rig->database->folder), good);
    for (size_t i = 0; i < COUNT_OF(allowed); i++)
        expect_allowed(rig, allowed[i]);
    rig_free(rig);
}

static void test_guard_allow__ways_out(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        const char *why;
    } refused[] = {
        {"SELECT 1; SELECT 2",
         "there is a second statement in it in line 1 column 11"},
        {"COPY (SELECT 1) TO PROGRAM 'exit 1'",
         "it is COPY in line 1 column 1"},
        {"SELECT 1,\n  bump()",
         "function bump() in line 2 column 3" PLPGSQL},
        {"SELECT n FROM v",
         "function bump() behind calls_bump() behind public.v in line 1 column 15" PLPGSQL},
        {"SELECT n FROM w",
         "function bump() behind calls_bump() behind public.v behind public.w in line 1 column 15" PLPGSQL},
        {"SELECT calls_bump()",
         "function bump() behind calls_bump() in line 1 column 8" PLPGSQL},
        {"SELECT calls_calls()",
         "function bump() behind calls_bump() behind calls_calls() in line 1 column 8" PLPGSQL},
        {"SELECT returns_bump()",
         "function bump() behind returns_bump() in line 1 column 8" PLPGSQL},
        {"SELECT deletes()",
         "function deletes() in line 1 column 8 is refused for its body: it is DELETE in line 1 column 1"},
        {"SELECT deletes_atomic()",
         "what stands behind deletes_atomic() in line 1 column 8 changes or locks something"},
        {"SELECT defaults()",
         "function bump() behind defaults(integer) in line 1 column 8" PLPGSQL},
        {"SELECT defaults(1)",
         "function bump() behind defaults(integer) in line 1 column 8" PLPGSQL},
        {"SELECT sets_role()",
         "function sets_role() in line 1 column 8 sets role"},
        {"SELECT finds_hidden()",
         "function other.hidden() behind finds_hidden() in line 1 column 8" PLPGSQL},
        {"SELECT other.hidden()",
         "function other.hidden() in line 1 column 8" PLPGSQL},
        {"SELECT compiled()",
         "function compiled() in line 1 column 8 is written in internal, so what it does cannot be told"},
        {"SELECT bump()",
         "function bump() in line 1 column 8" PLPGSQL},
        {"SELECT lower(category) FROM emails",
         "function lower(character varying) in line 1 column 8" PLPGSQL},
        {"SELECT upper('a')",
         "function deployer.upper(text) in line 1 column 8" PLPGSQL},
        {"SELECT e.bump_row FROM emails e",
         "function bump_row(emails) in line 1 column 8" PLPGSQL},
        {"SELECT (e).bump_row FROM emails e",
         "function bump_row(emails) in line 1 column 1" PLPGSQL},
        {"SELECT emails.bump_row FROM emails",
         "function bump_row(emails) in line 1 column 8" PLPGSQL},
        {"SELECT public.emails.bump_row FROM emails",
         "function bump_row(emails) in line 1 column 8" PLPGSQL},
        {"SELECT * FROM locks",
         "what stands behind public.locks in line 1 column 15 changes or locks something"},
        {"SELECT 'a'::text <+> 'b'",
         "function bump_text(text,text) behind <+>(text,text) in line 1 column 18" PLPGSQL},
        {"SELECT 'a' OPERATOR(public.<+>) 'b'",
         "function bump_text(text,text) behind <+>(text,text) in line 1 column 12" PLPGSQL},
        {"SELECT 'a' OPERATOR(other.=) 'b'",
         "function bump_text(text,text) behind other.=(text,text) in line 1 column 12" PLPGSQL},
        {"SELECT * FROM with_operator",
         "function bump_text(text,text) behind public.with_operator in line 1 column 15" PLPGSQL},
        {"SELECT 'a'::text::pair",
         "function to_pair(text) behind pair in line 1 column 19" PLPGSQL},
        {"SELECT pair('a'::text)",
         "function to_pair(text) behind pair in line 1 column 8" PLPGSQL},
        {"SELECT 'a'::checked",
         "function bump_check(text) behind checked in line 1 column 13" PLPGSQL},
        {"SELECT checked('a')",
         "function bump_check(text) behind checked in line 1 column 8" PLPGSQL},
        {"SELECT 'a'::checked_further[]",
         "function bump_check(text) behind checked behind checked_further in line 1 column 13" PLPGSQL},
        {"SELECT json_populate_record(NULL::holds_checked, '{\"b\": [\"x\"]}')",
         "function bump_check(text) behind checked behind checked_further behind checked_further[] behind holds_checked in line 1 column 35" PLPGSQL},
        {"SELECT json_populate_record(c, '{\"b\": [\"x\"]}') FROM with_checked",
         "function bump_check(text) behind checked behind checked_further behind checked_further[] behind holds_checked behind public.with_checked in line 1 column 53" PLPGSQL},
        {"SELECT * FROM json_to_record('{\"a\": 1}') AS x(a checked)",
         "function bump_check(text) behind checked in line 1 column 49" PLPGSQL},
        {"SELECT * FROM xmltable('/a' PASSING ('<a/>'::xml) COLUMNS a public.checked)",
         "function bump_check(text) behind checked in line 1 column 61" PLPGSQL},
        {"SELECT * FROM gives_checked()",
         "function bump_check(text) behind checked behind checked_further behind checked_further[] behind holds_checked behind gives_checked() in line 1 column 15" PLPGSQL},
        {"SELECT domain_in('x', 'checked'::regtype::oid, -1)",
         "function domain_in(cstring,oid,integer) in line 1 column 8" NOT_LISTED},
        {"SELECT record_in('(1,x)', 'holds_checked'::regtype::oid, -1)",
         "function record_in(cstring,oid,integer) in line 1 column 8" NOT_LISTED},
        {"SELECT array_in('{x}', 'checked'::regtype::oid, -1)",
         "function array_in(cstring,oid,integer) in line 1 column 8" NOT_LISTED},
        {"SELECT '[1,2)'::span",
         "function span_canonical(span) behind span in line 1 column 17" PLPGSQL},
        {"SELECT span(1, 2)",
         "function span_canonical(span) behind span behind span(integer,integer) in line 1 column 8" PLPGSQL},
        {"SELECT bumps(category) FROM emails",
         "function bump_text(text,text) behind bumps(text) in line 1 column 8" PLPGSQL},
        {"SELECT * FROM with_aggregate",
         "function bump_text(text,text) behind bumps(text) behind public.with_aggregate in line 1 column 15" PLPGSQL},
        {"SELECT * FROM shell",
         "foreign table public.shell in line 1 column 15 is read by running what its server is set to: a program, or queries elsewhere"},
        {"SELECT * FROM parts",
         "foreign table public.part behind public.parts in line 1 column 15 is read by running what its server is set to: a program, or queries elsewhere"},
        {"SELECT * FROM parent",
         "foreign table public.child behind public.parent in line 1 column 15 is read by running what its server is set to: a program, or queries elsewhere"},
        {"SELECT * FROM over_part",
         "foreign table public.part behind public.parts behind public.over_part in line 1 column 15 is read by running what its server is set to: a program, or queries elsewhere"},
        {"SELECT * FROM dblink('dbname=postgres', 'SELECT 1') AS t(a int)",
         "function dblink(text,text) in line 1 column 15 of extension dblink" NOT_LISTED},
        {"SELECT * FROM crosstab('SELECT 1, 2, 3') AS t(a int, b int)",
         "function crosstab(text) in line 1 column 15 of extension tablefunc" NOT_LISTED},
        {"SELECT * FROM connectby('emails; DELETE', 'id', 'id', '1', 0) AS t(a int, b int, c int)",
         "function connectby(text,text,text,text,integer) in line 1 column 15 of extension tablefunc" NOT_LISTED},
        {"SELECT * FROM xpath_table('id', 'body', 'emails', '/', 'bump() = 1') AS t(a int)",
         "function xpath_table(text,text,text,text,text) in line 1 column 15 of extension xml2" NOT_LISTED},
        {"SELECT pg_prewarm('emails')",
         "function pg_prewarm(regclass,text,text,bigint,bigint) in line 1 column 8 of extension pg_prewarm" NOT_LISTED},
        {"SELECT query_to_xml('SELECT bump()', true, false, '')",
         "function query_to_xml(text,boolean,boolean,text) in line 1 column 8" NOT_LISTED},
        {"SELECT table_to_xml('v', true, false, '')",
         "function table_to_xml(regclass,boolean,boolean,text) in line 1 column 8" NOT_LISTED},
        {"SELECT schema_to_xml('public', true, false, '')",
         "function schema_to_xml(name,boolean,boolean,text) in line 1 column 8" NOT_LISTED},
        {"SELECT database_to_xml(true, false, '')",
         "function database_to_xml(boolean,boolean,text) in line 1 column 8" NOT_LISTED},
        {"SELECT cursor_to_xml('c', 1, true, false, '')",
         "function cursor_to_xml(refcursor,integer,boolean,boolean,text) in line 1 column 8" NOT_LISTED},
        {"SELECT query_to_xmlschema('SELECT bump()', true, false, '')",
         "function query_to_xmlschema(text,boolean,boolean,text) in line 1 column 8" NOT_LISTED},
        {"SELECT * FROM ts_stat('SELECT bump()')",
         "function ts_stat(text) in line 1 column 15" NOT_LISTED},
        {"SELECT ts_rewrite('a'::tsquery, 'SELECT bump()')",
         "function ts_rewrite(tsquery,text) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_terminate_backend(pid) FROM pg_stat_activity",
         "function pg_terminate_backend(integer,bigint) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_cancel_backend(1)",
         "function pg_cancel_backend(integer) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_advisory_lock(1)",
         "function pg_advisory_lock(bigint) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_try_advisory_xact_lock(1)",
         "function pg_try_advisory_xact_lock(bigint) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_advisory_unlock_all()",
         "function pg_advisory_unlock_all() in line 1 column 8" NOT_LISTED},
        {"SELECT nextval('s')",
         "function nextval(regclass) in line 1 column 8" NOT_LISTED},
        {"SELECT setval('s', 1)",
         "function setval(regclass,bigint) in line 1 column 8" NOT_LISTED},
        {"SELECT currval('s')",
         "function currval(regclass) in line 1 column 8" NOT_LISTED},
        {"SELECT lastval()",
         "function lastval() in line 1 column 8" NOT_LISTED},
        {"SELECT set_config('transaction_read_only', 'off', true)",
         "function set_config(text,text,boolean) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_sleep(1)",
         "function pg_sleep(double precision) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_sleep_for('1 s')",
         "function pg_sleep_for(interval) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_notify('a', 'b')",
         "function pg_notify(text,text) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_read_file('/etc/passwd')",
         "function pg_read_file(text) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_read_binary_file('/etc/passwd')",
         "function pg_read_binary_file(text) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_ls_dir('/')",
         "function pg_ls_dir(text) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_stat_file('/etc/passwd')",
         "function pg_stat_file(text) in line 1 column 8" NOT_LISTED},
        {"SELECT lo_import('/etc/passwd')",
         "function lo_import(text) in line 1 column 8" NOT_LISTED},
        {"SELECT lo_export(1, '/tmp/x')",
         "function lo_export(oid,text) in line 1 column 8" NOT_LISTED},
        {"SELECT lo_create(1)",
         "function lo_create(oid) in line 1 column 8" NOT_LISTED},
        {"SELECT lo_get(1)",
         "function lo_get(oid) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_export_snapshot()",
         "function pg_export_snapshot() in line 1 column 8" NOT_LISTED},
        {"SELECT txid_current()",
         "function txid_current() in line 1 column 8" NOT_LISTED},
        {"SELECT pg_current_xact_id()",
         "function pg_current_xact_id() in line 1 column 8" NOT_LISTED},
        {"SELECT pg_reload_conf()",
         "function pg_reload_conf() in line 1 column 8" NOT_LISTED},
        {"SELECT pg_rotate_logfile()",
         "function pg_rotate_logfile() in line 1 column 8" NOT_LISTED},
        {"SELECT pg_switch_wal()",
         "function pg_switch_wal() in line 1 column 8" NOT_LISTED},
        {"SELECT pg_create_restore_point('a')",
         "function pg_create_restore_point(text) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_create_physical_replication_slot('a')",
         "function pg_create_physical_replication_slot(name,boolean,boolean) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_drop_replication_slot('a')",
         "function pg_drop_replication_slot(name) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_logical_slot_get_changes('a', NULL, NULL)",
         "function pg_logical_slot_get_changes(name,pg_lsn,integer,text[]) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_logical_emit_message(true, 'a', 'b')",
         "function pg_logical_emit_message(boolean,text,text) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_replication_origin_create('a')",
         "function pg_replication_origin_create(text) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_stat_reset()",
         "function pg_stat_reset() in line 1 column 8" NOT_LISTED},
        {"SELECT pg_promote()",
         "function pg_promote(boolean,integer) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_wal_replay_pause()",
         "function pg_wal_replay_pause() in line 1 column 8" NOT_LISTED},
        {"SELECT pg_import_system_collations('public')",
         "function pg_import_system_collations(regnamespace) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_log_backend_memory_contexts(1)",
         "function pg_log_backend_memory_contexts(integer) in line 1 column 8" NOT_LISTED},
        {"SELECT brin_summarize_new_values('a')",
         "function brin_summarize_new_values(regclass) in line 1 column 8" NOT_LISTED},
        {"SELECT gin_clean_pending_list('a')",
         "function gin_clean_pending_list(regclass) in line 1 column 8" NOT_LISTED},
        {"SELECT pg_extension_config_dump('emails', '')",
         "function pg_extension_config_dump(regclass,text) in line 1 column 8" NOT_LISTED},
        {"SELECT binary_upgrade_set_next_pg_type_oid(1)",
         "function binary_upgrade_set_next_pg_type_oid(oid) in line 1 column 8" NOT_LISTED},
        {"SELECT setseed(0)",
         "function setseed(double precision) in line 1 column 8" NOT_LISTED},
        {"SELECT fmgr_c_validator(1)",
         "function fmgr_c_validator(oid) in line 1 column 8" NOT_LISTED},
        {"SELECT plpgsql_validator(1)",
         "function plpgsql_validator(oid) in line 1 column 8" NOT_LISTED},
        {"WITH e AS (SELECT * FROM v) SELECT * FROM e",
         "function bump() behind calls_bump() behind public.v in line 1 column 26" PLPGSQL},
        {"SELECT * FROM emails WHERE id IN (SELECT n FROM v)",
         "function bump() behind calls_bump() behind public.v in line 1 column 49" PLPGSQL},
        {"SELECT 1 ORDER BY (SELECT bump())",
         "function bump() in line 1 column 27" PLPGSQL},
        {"SELECT count(*) FILTER (WHERE bump() = 1) FROM emails",
         "function bump() in line 1 column 31" PLPGSQL},
        {"SELECT 1 LIMIT bump()",
         "function bump() in line 1 column 16" PLPGSQL},
        {"EXPLAIN SELECT bump()",
         "function bump() in line 1 column 16" PLPGSQL},
        {"SELECT CASE WHEN false THEN bump() END",
         "function bump() in line 1 column 29" PLPGSQL},
    };
    struct rig *rig = rig_make(setup);
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        expect_refused(rig, refused[i].sql, refused[i].why);
    rig_free(rig);
}

// Functions that a body finds by another's path, as another role, or that no call names.
static void test_guard_allow__hidden_ways_out(void **state)
{
    (void)state;
    static const char *const refused[][2] = {
        {"SELECT harmless(), asks(), harmless2(), harmless3(), harmless4()",
         "function harmless4() in line 1 column 54" PLPGSQL},
        {"SELECT asks(), asks_elsewhere()",
         "function other.harmless() behind asks() behind asks_elsewhere() in line 1 column 16" PLPGSQL},
        {"SELECT asks_elsewhere()",
         "function other.harmless() behind asks() behind asks_elsewhere() in line 1 column 8" PLPGSQL},
        {"SELECT asks2()",
         "function postgres.harmless2() behind asks2() in line 1 column 8" PLPGSQL},
        {"SELECT asks3()",
         "function \"odd, \"\"one\".harmless3() behind asks3() in line 1 column 8" PLPGSQL},
        {"SELECT asks4()",
         "function harmless4() behind asks4() in line 1 column 8" PLPGSQL},
        {"SELECT e.row_checked FROM emails e",
         "function bump() behind row_checked in line 1 column 8" PLPGSQL},
        {"SELECT row_checked(e) FROM emails e",
         "function bump() behind row_checked in line 1 column 8" PLPGSQL},
        {"SELECT adds(id) FROM emails",
         "function bump_bool(integer) behind stated behind adds(integer) in line 1 column 8" PLPGSQL},
        {"SELECT É()",
         "function \"É\"() in line 1 column 8" PLPGSQL},
        {"SELECT aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa()",
         "function aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa() in line 1 column 8" PLPGSQL},
        {"SELECT isn_weak(true)",
         "function isn_weak(boolean) in line 1 column 8 of extension isn" NOT_LISTED},
    };
    struct rig *rig = rig_make(hidden);
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        expect_refused(rig, refused[i][0], refused[i][1]);
    expect_allowed(rig, "SELECT harmless(), asks(), harmless2(), harmless3(), e.text_checked FROM emails AS e");
    postgres_execute(postgres_url(rig, "postgres", rig->database->folder),
                     "SET search_path = public; CREATE FUNCTION box_int(box) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';"
                     "CREATE CAST (box AS int) WITH FUNCTION box_int(box) AS IMPLICIT");
    expect_refused(rig, "SELECT abs(1)", "function box_int(box) (a cast that may be meant) in line 1 column 8" PLPGSQL);
    rig_free(rig);
}

// A call is found wherever the grammar lets one stand.
static void test_guard_allow__every_place(void **state)
{
    (void)state;
    static const char *const places[] = {
        "SELECT U&\"\\0062ump\"()",
        "SELECT xmlelement(name a, xmlattributes(bump() AS b))",
        "SELECT xmlpi(name php, bump()::text)",
        "SELECT xmlforest(bump() AS a)",
        "SELECT * FROM xmltable(xmlnamespaces('x' AS y), '/a' PASSING (bump()::text::xml) COLUMNS a int)",
        "SELECT * FROM xmltable('/a' PASSING '<a/>' COLUMNS a int DEFAULT bump())",
        "SELECT 1 FROM emails WINDOW w AS (ORDER BY bump())",
        "SELECT sum(id) OVER (ROWS BETWEEN bump() PRECEDING AND CURRENT ROW) FROM emails",
        "SELECT 1 FROM emails GROUP BY GROUPING SETS ((bump()), ())",
        "SELECT 1 FETCH FIRST (bump()) ROWS ONLY",
        "VALUES (1), (bump())",
        "SELECT (ARRAY[1])[bump()]",
        "SELECT * FROM emails, LATERAL (SELECT bump()) x",
        "SELECT * FROM ROWS FROM (generate_series(1, 2), bump())",
        "SELECT * FROM emails TABLESAMPLE system (bump())",
        "SELECT interval '1' * bump()",
        "SELECT make_date(year => bump(), month => 1, day => 1)",
        "SELECT format('%s', VARIADIC ARRAY[bump()::text])",
        "SELECT CASE bump() WHEN 1 THEN 1 END",
        "SELECT 1 WHERE bump() IS NULL",
        "SELECT 1 WHERE (bump() = 1) IS TRUE",
        "SELECT now() AT TIME ZONE bump()::text",
        "SELECT id COLLATE \"C\" FROM (SELECT bump()::text AS id) x",
        "SELECT GREATEST(1, bump()), LEAST(1, 2), NULLIF(1, 2)",
        "(SELECT 1) UNION ALL (SELECT bump())",
        "WITH a AS MATERIALIZED (SELECT bump()) SELECT 1",
        "SELECT EXISTS (SELECT bump())",
        "SELECT 1 = ANY (ARRAY[bump()])",
        "SELECT (ROW(bump())).*",
        "SELECT public.bump()",
        "SELECT guard4.public.bump()",
        "SELECT/**/bump/**/()",
        "SELECT $$x$$, bump()",
        "SELECT E'\\'', bump(), E'\\''",
        "SELECT '\\', bump(), ''''",
        "SELECT bump ( )",
        "SELECT \"bump\"()",
        "SELECT BUMP()",
    };
    struct rig *rig = rig_make(hidden);
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        if (guard_allow(rig->engine, places[i], &rig->err))
            fail_msg("allowed: %s", places[i]);
        if (strstr(rig->err.message, ": function bump() in line 1 column ") == NULL)
            fail_msg("%s\n%s", places[i], rig->err.message);
    }
    rig_free(rig);
}

// A name that nobody knows is not asked: what the server would make of it cannot be judged.
static void test_guard_allow__unknown_names(void **state)
{
    (void)state;
    static const char *const unknown[][2] = {
        {"SELECT 'a' OPERATOR(pg_temp.=) 'b'",
         "not asked, for the server knows no operator pg_temp.= in line 1 column 12"},
        {"SELECT \"Lower\"('a')",
         "not asked, for the server knows no function Lower() in line 1 column 8"},
        {"SELECT nonsense(1)",
         "not asked, for the server knows no function nonsense() in line 1 column 8"},
        {"SELECT * FROM nonsense",
         "not asked, for the server knows no relation nonsense in line 1 column 15"},
        {"SELECT 1::nonsense",
         "not asked, for the server knows no type nonsense in line 1 column 11"},
        {"SELECT pg_temp.f()",
         "not asked, for the server knows no function pg_temp.f() in line 1 column 8"},
        {"SELECT * FROM emails TABLESAMPLE nonsense (1)",
         "not asked, for the server knows no sampling method nonsense in line 1 column 34"},
    };
    struct rig *rig = rig_make(setup);
    for (size_t i = 0; i < COUNT_OF(unknown); i++)
        expect_message(rig, unknown[i][0], unknown[i][1]);
    rig_free(rig);
}

static void test_guard_allow__many_names(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct rig *rig = rig_make(setup);
    char *sql = mem_strdup(tmp, "SELECT 1");
    for (size_t i = 0; i < 1000; i++)
        sql = mem_printf(tmp, "%s + abs(%zu)::int4 + (SELECT id FROM emails e%zu WHERE e%zu.id = 1)", sql, i, i, i);
    expect_allowed(rig, sql);
    expect_refused(rig, mem_printf(tmp, "%s + bump()", sql),
                   mem_printf(tmp, "function bump() in line 1 column %zu" PLPGSQL, strlen(sql) + 4));
    rig_free(rig);
}

static void test_guard_allow__depth(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char *views = mem_strdup(tmp, "CREATE VIEW v0 AS SELECT 1 AS a;");
    for (size_t i = 1; i <= 60; i++)
        views = mem_printf(tmp, "%sCREATE VIEW v%zu AS SELECT * FROM v%zu;", views, i, i - 1);
    struct rig *rig = rig_make(views);
    expect_allowed(rig, "SELECT * FROM v49");
    assert_false(guard_allow(rig->engine, "SELECT * FROM v60", &rig->err));
    assert_int_equal(rig->err.code, ERROR_UNKNOWN);
    assert_non_null(strstr(rig->err.message, "stands behind too many others to judge them all"));
    rig_free(rig);
}

// Policies are errors where row_security is off, and judged where somebody left it on.
static void test_guard_allow__policies(void **state)
{
    (void)state;
    struct rig *rig = rig_make("CREATE TABLE t (a int); GRANT SELECT ON t TO public; ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
                               "CREATE FUNCTION tenant() RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN RETURN 1; END';"
                               "CREATE POLICY p ON t FOR SELECT USING (a = tenant())");
    expect_refused(rig, "SELECT * FROM t", "function tenant() behind public.t in line 1 column 15" PLPGSQL);
    assert_true(connection_execute(rig->engine->connection, "SET row_security = off", &rig->err));
    expect_allowed(rig, "SELECT * FROM t");
    rig_free(rig);
}

// The server cuts and folds names in its own encoding.
static void test_guard_allow__encoding(void **state)
{
    (void)state;
    struct rig *rig = rig_make("SELECT 1");
    SCRATCH(tmp);
    postgres_execute(postgres_url(tmp, "deployer", "postgres"),
                     mem_printf(tmp, "CREATE DATABASE %s_l1 ENCODING LATIN1 LOCALE 'C' TEMPLATE template0", rig->database->folder));
    const struct engine_open_options options = {
        .url = secret_make(tmp, postgres_url(tmp, "deployer", mem_printf(tmp, "%s_l1", rig->database->folder)))};
    expect_allowed(rig, "SELECT e.caf\u00e9 FROM pg_class e");
    talloc_free(rig->engine->connection);
    assert_true(connection_open(rig, &options, &rig->engine->connection, &rig->err));
    expect_allowed(rig, "SELECT e.cafe, '\u00e9' FROM pg_class e");
    expect_refused(rig, "SELECT e.caf\u00e9 FROM pg_class e",
                   "the name 'caf\u00e9' is not ASCII, and the database's encoding LATIN1 not UTF8");
    talloc_free(rig->engine->connection);
    postgres_execute(postgres_url(tmp, "deployer", "postgres"), mem_printf(tmp, "DROP DATABASE %s_l1", rig->database->folder));
    rig->engine->connection = NULL;
    rig_free(rig);
}

// Within a snapshot a name is judged once, as of the snapshot; outside of one, and in the next, anew.
static void test_guard_allow__remembers_within_a_snapshot(void **state)
{
    (void)state;
    struct rig *rig = rig_make("SELECT 1");
    const struct engine_open_options options = {.url = secret_make(rig, rig->database->path), .connections = 1};
    struct engine *engine;
    if (!postgres_open(rig, &options, &engine, &rig->err))
        fail_msg("%s", rig->err.message);
    const char *url = postgres_url(rig, "deployer", rig->database->folder);
    static const char good_view[] = "SET client_min_messages = warning; DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT true AS a";
    static const char bad_view[] = "DROP VIEW v; CREATE VIEW v AS SELECT pg_notify('a', 'b') IS NULL AS a";
    static const char ask[] = "SELECT * FROM v";
    postgres_execute(url, good_view);
    assert_true(guard_allow(engine, ask, &rig->err));
    postgres_execute(url, bad_view);
    assert_false(guard_allow(engine, ask, &rig->err));
    postgres_execute(url, good_view);
    assert_true(postgres_snapshot_begin(engine, &rig->err));
    assert_true(guard_allow(engine, ask, &rig->err));
    postgres_execute(url, bad_view);
    assert_true(guard_allow(engine, ask, &rig->err));
    assert_false(guard_allow(engine, "SELECT pg_notify('a', 'b'), v.* FROM v", &rig->err));
    assert_true(postgres_snapshot_end(engine, &rig->err));
    assert_false(guard_allow(engine, ask, &rig->err));
    talloc_free(engine);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guard_allow__reads),
        cmocka_unit_test(test_guard_allow__ways_out),
        cmocka_unit_test(test_guard_allow__hidden_ways_out),
        cmocka_unit_test(test_guard_allow__every_place),
        cmocka_unit_test(test_guard_allow__unknown_names),
        cmocka_unit_test(test_guard_allow__many_names),
        cmocka_unit_test(test_guard_allow__depth),
        cmocka_unit_test(test_guard_allow__policies),
        cmocka_unit_test(test_guard_allow__encoding),
        cmocka_unit_test(test_guard_allow__remembers_within_a_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
