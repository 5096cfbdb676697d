/*
 * PostgreSQL's own parse tree, as libpg_query's parser makes it: the one door to those headers.
 *
 * Only postgres_*.c include it, and first. The tree lives in libpg_query's memory context; what is
 * kept of it is copied. Names that PostgreSQL and statement.h both use get PG_ in front here.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_POSTGRES_TREE_H
#define STATEMENT_POSTGRES_TREE_H

#define OBJECT_AGGREGATE PG_OBJECT_AGGREGATE
#define OBJECT_CAST PG_OBJECT_CAST
#define OBJECT_COLUMN PG_OBJECT_COLUMN
#define OBJECT_COLLATION PG_OBJECT_COLLATION
#define OBJECT_DATABASE PG_OBJECT_DATABASE
#define OBJECT_DOMAIN PG_OBJECT_DOMAIN
#define OBJECT_EVENT_TRIGGER PG_OBJECT_EVENT_TRIGGER
#define OBJECT_EXTENSION PG_OBJECT_EXTENSION
#define OBJECT_FOREIGN_TABLE PG_OBJECT_FOREIGN_TABLE
#define OBJECT_FUNCTION PG_OBJECT_FUNCTION
#define OBJECT_INDEX PG_OBJECT_INDEX
#define OBJECT_OPERATOR PG_OBJECT_OPERATOR
#define OBJECT_POLICY PG_OBJECT_POLICY
#define OBJECT_PROCEDURE PG_OBJECT_PROCEDURE
#define OBJECT_PUBLICATION PG_OBJECT_PUBLICATION
#define OBJECT_ROLE PG_OBJECT_ROLE
#define OBJECT_RULE PG_OBJECT_RULE
#define OBJECT_SCHEMA PG_OBJECT_SCHEMA
#define OBJECT_SEQUENCE PG_OBJECT_SEQUENCE
#define OBJECT_SUBSCRIPTION PG_OBJECT_SUBSCRIPTION
#define OBJECT_TABLE PG_OBJECT_TABLE
#define OBJECT_TABLESPACE PG_OBJECT_TABLESPACE
#define OBJECT_TRIGGER PG_OBJECT_TRIGGER
#define OBJECT_TYPE PG_OBJECT_TYPE
#define OBJECT_VIEW PG_OBJECT_VIEW
#define OVERRIDING_USER_VALUE PG_OVERRIDING_USER_VALUE
#define OVERRIDING_SYSTEM_VALUE PG_OVERRIDING_SYSTEM_VALUE

#include <pg_query.h>
#include <pg_query/pg_query_internal.h>

#include <nodes/nodeFuncs.h>
#include <nodes/parsenodes.h>

#undef OBJECT_AGGREGATE
#undef OBJECT_CAST
#undef OBJECT_COLUMN
#undef OBJECT_COLLATION
#undef OBJECT_DATABASE
#undef OBJECT_DOMAIN
#undef OBJECT_EVENT_TRIGGER
#undef OBJECT_EXTENSION
#undef OBJECT_FOREIGN_TABLE
#undef OBJECT_FUNCTION
#undef OBJECT_INDEX
#undef OBJECT_OPERATOR
#undef OBJECT_POLICY
#undef OBJECT_PROCEDURE
#undef OBJECT_PUBLICATION
#undef OBJECT_ROLE
#undef OBJECT_RULE
#undef OBJECT_SCHEMA
#undef OBJECT_SEQUENCE
#undef OBJECT_SUBSCRIPTION
#undef OBJECT_TABLE
#undef OBJECT_TABLESPACE
#undef OBJECT_TRIGGER
#undef OBJECT_TYPE
#undef OBJECT_VIEW
#undef OVERRIDING_USER_VALUE
#undef OVERRIDING_SYSTEM_VALUE

// PostgreSQL replaces these by its own; ours are the C library's.
#undef printf
#undef fprintf
#undef sprintf
#undef vsprintf
#undef snprintf
#undef vsnprintf
#undef strerror
#undef qsort
#include "base/poison.h"

#endif
