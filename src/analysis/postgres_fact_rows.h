/*
 * The rows of PostgreSQL's facts, file by file, and the set-ups that their examples share.
 *
 * Each file's rows stand in the order of enum postgres_form, those of one form by version.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_POSTGRES_FACT_ROWS_H
#define ANALYSIS_POSTGRES_FACT_ROWS_H

#include "analysis/postgres_fact.h"

struct fact_rows {
    const struct postgres_fact *rows;
    size_t n;
};
extern const struct fact_rows postgres_fact_columns, postgres_fact_types, postgres_fact_constraints,
    postgres_fact_tables, postgres_fact_indexes, postgres_fact_objects, postgres_fact_queries;

#define AS LOCK_ACCESS_SHARE
#define RS LOCK_ROW_SHARE
#define RX LOCK_ROW_EXCLUSIVE
#define SUE LOCK_SHARE_UPDATE_EXCLUSIVE
#define S LOCK_SHARE
#define SRE LOCK_SHARE_ROW_EXCLUSIVE
#define X LOCK_EXCLUSIVE
#define AX LOCK_ACCESS_EXCLUSIVE

// The table, its partitions, its children.
#define ALONE(mode, work)                                                                          \
    {                                                                                              \
        ROLE_TABLE, (mode), (work)                                                                 \
    }
#define DIVIDED(mode, work)                                                                        \
    ALONE(mode, work),                                                                             \
    {                                                                                              \
        ROLE_PARTITION, (mode), (work)                                                             \
    }
#define TREE(mode, work)                                                                           \
    DIVIDED(mode, work),                                                                           \
    {                                                                                              \
        ROLE_CHILD, (mode), (work)                                                                 \
    }
#define REWRITTEN                                                                                  \
    TREE(AX, WORK_REWRITE),                                                                        \
    {                                                                                              \
        ROLE_INDEX, AX, WORK_BUILD                                                                 \
    }

#define MEASURED "measured on PostgreSQL 15"
#define LEVEL "measured on PostgreSQL 15; AlterTableGetLockLevel in tablecmds.c"

#define COLUMNS "(id int NOT NULL, n int, a varchar(20), at timestamp, m numeric(10,2))"
#define FILL(table) "INSERT INTO " table " SELECT i, i, i, now(), i FROM generate_series(1, 50) i;"
#define PLAIN                                                                                      \
    "CREATE TABLE t " COLUMNS ";" FILL("t") "ALTER TABLE t ADD PRIMARY KEY (id);"                  \
                                            "CREATE INDEX t_a ON t (a);"
#define PARTITIONED                                                                                \
    "CREATE TABLE t " COLUMNS " PARTITION BY RANGE (id);"                                          \
    "CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (30);"                                 \
    "CREATE TABLE t_default PARTITION OF t DEFAULT;" FILL("t") "CREATE INDEX t_a ON t (a);"
#define CHILDREN                                                                                   \
    "CREATE TABLE t " COLUMNS ";CREATE TABLE t_child () INHERITS (t);" FILL("t") FILL("t_child")
// Its index takes a while to build, so that it can be watched.
#define SLOWLY                                                                                     \
    "CREATE FUNCTION slow(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS "                         \
    "'BEGIN PERFORM pg_sleep(0.004); RETURN $1; END'; CREATE INDEX t_slow ON t (slow(n));"
// A table that refers to one and is referred to by another, with a view on it.
#define LINKED                                                                                     \
    "CREATE TABLE r (id int PRIMARY KEY); INSERT INTO r SELECT generate_series(1, 50);"            \
    "CREATE TABLE t (id int PRIMARY KEY, n int REFERENCES r, a varchar(20));"                      \
    "INSERT INTO t SELECT i, i, i FROM generate_series(1, 50) i;"                                  \
    "CREATE TABLE c (id int PRIMARY KEY, t_id int REFERENCES t);"                                  \
    "INSERT INTO c SELECT i, i FROM generate_series(1, 50) i;"                                     \
    "CREATE VIEW w AS SELECT id, n FROM t;"
#define WITH_SERIAL                                                                                \
    "CREATE TABLE t (id serial PRIMARY KEY, n int); INSERT INTO t (n) VALUES (1), (2);"
#define WITH_IDENTITY                                                                              \
    "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int);"                     \
    "INSERT INTO t (n) VALUES (1), (2);"
// A divided table with a default partition, an index and keys in both directions.
#define PARENT                                                                                     \
    "CREATE TABLE r (id int PRIMARY KEY); INSERT INTO r VALUES (1), (2);"                          \
    "CREATE TABLE p (id int PRIMARY KEY, r_id int REFERENCES r, n int) PARTITION BY RANGE (id);"   \
    "CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (100);"                                \
    "CREATE TABLE p_default PARTITION OF p DEFAULT;"                                               \
    "INSERT INTO p SELECT i * 1000, 1, i FROM generate_series(1, 50) i;"                           \
    "CREATE TABLE c (id int PRIMARY KEY, p_id int REFERENCES p); INSERT INTO c VALUES (1, 1000);"
// The same without keys.
#define BARE_PARENT                                                                                \
    "CREATE TABLE p (id int, r_id int, n int) PARTITION BY RANGE (id);"                            \
    "CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (100);"                                \
    "CREATE TABLE p_default PARTITION OF p DEFAULT; CREATE INDEX p_n ON p (n);"                    \
    "INSERT INTO p SELECT i * 1000, 1, i FROM generate_series(1, 50) i;"
#define LONE_TABLE                                                                                 \
    "CREATE TABLE q (id int NOT NULL, r_id int, n int);"                                           \
    "INSERT INTO q SELECT i, 1, i FROM generate_series(200, 250) i;"

#endif
