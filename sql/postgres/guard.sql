-- What names and objects of guarded SQL mean, and what stands behind them, one level deep.
--
-- $1: names that a text uses, JSON [{"origin", "use", "schema", "name", "arguments"}, ...]
-- $2: objects whose insides are wanted, JSON [{"origin", "class", "oid"}, ...]
-- $3: further schemas in which names without one are looked for, JSON [{"origin", "schema"}, ...]
--
-- One row for each object that a name may mean, or that stands in one of the objects. A name means every
-- object that it could: of functions all overloads that take so many arguments, of operators all of that
-- name, in each schema of the path; so a function hidden behind another, or chosen by its types, is judged
-- too. Trees of views, policies, constraints and bodies are taken at their word: the server has resolved
-- them when they were made.
--
-- SPDX-License-Identifier: Apache-2.0
WITH name AS MATERIALIZED (
    SELECT w.origin, w.use, w.schema, w.name, w.arguments
    FROM pg_catalog.json_to_recordset($1::pg_catalog.json)
        AS w(origin integer, use text, schema name, name name, arguments integer)
), object AS MATERIALIZED (
    SELECT o.origin, o.class, o.oid
    FROM pg_catalog.json_to_recordset($2::pg_catalog.json)
        AS o(origin integer, class text, oid oid)
), place AS MATERIALIZED ( -- which schemas a name is looked for in
    SELECT w.origin, n.oid AS schema
    FROM name w
        JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema
    UNION ALL
    SELECT w.origin, n.oid
    FROM name w
        CROSS JOIN pg_catalog.pg_namespace n
    WHERE w.schema IS NULL AND n.nspname = ANY ((SELECT pg_catalog.current_schemas(true))::name[])
    UNION
    SELECT w.origin, n.oid
    FROM pg_catalog.json_to_recordset($3::pg_catalog.json) AS w(origin integer, schema name)
        JOIN name USING (origin)
        JOIN pg_catalog.pg_namespace n
            ON n.nspname = CASE w.schema WHEN '$user' THEN CURRENT_USER ELSE w.schema END
    WHERE name.schema IS NULL
), tree AS MATERIALIZED (
    SELECT o.origin, r.ev_action::text AS tree
    FROM object o
        JOIN pg_catalog.pg_class c ON c.oid = o.oid AND c.relkind = 'v'
        JOIN pg_catalog.pg_rewrite r ON r.ev_class = o.oid AND r.ev_type = '1'
    WHERE o.class = 'relation'
    UNION ALL
    -- Where row_security is off a policy is an error and not evaluated.
    SELECT o.origin, p.polqual::text
    FROM object o
        JOIN pg_catalog.pg_class c ON c.oid = o.oid AND c.relrowsecurity
        JOIN pg_catalog.pg_policy p ON p.polrelid = o.oid AND p.polcmd IN ('r', '*')
    WHERE o.class = 'relation' AND pg_catalog.current_setting('row_security') = 'on'
    UNION ALL
    SELECT o.origin, pg_catalog.concat(p.prosqlbody::text, p.proargdefaults::text)
    FROM object o
        JOIN pg_catalog.pg_proc p ON p.oid = o.oid
    WHERE o.class = 'function'
    UNION ALL
    SELECT o.origin, d.adbin::text -- PostgreSQL 18 computes such columns when they are read
    FROM object o
        JOIN pg_catalog.pg_attribute a ON a.attrelid = o.oid AND a.attgenerated = 'v'
        JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE o.class = 'relation'
    UNION ALL
    SELECT o.origin, c.conbin::text
    FROM object o
        JOIN pg_catalog.pg_constraint c ON c.contypid = o.oid
    WHERE o.class = 'type'
), found AS (
    -- names
    SELECT w.origin, 'function' AS class, p.oid
    FROM name w
        JOIN place n USING (origin)
        JOIN pg_catalog.pg_proc p ON p.proname = w.name AND p.pronamespace = n.schema
    WHERE w.use = 'function'
        AND (w.arguments < 0
            OR w.arguments BETWEEN p.pronargs - p.pronargdefaults AND p.pronargs
            OR p.provariadic <> 0 AND w.arguments >= p.pronargs - p.pronargdefaults - 1)
    UNION ALL
    -- x.f calls f with a row, so only a function that takes one can be meant, or one whose argument a row
    -- becomes by a user's cast.
    SELECT w.origin, 'function', p.oid
    FROM name w
        JOIN place n USING (origin)
        JOIN pg_catalog.pg_proc p ON p.proname = w.name AND p.pronamespace = n.schema
        LEFT JOIN pg_catalog.pg_type t ON t.oid = p.proargtypes[0]
    WHERE w.use = 'attribute' AND p.pronargs - p.pronargdefaults <= 1 AND p.pronargs >= 1
        AND (t.typtype IN ('c', 'd', 'p')
            OR EXISTS (SELECT 1
                FROM pg_catalog.pg_cast c JOIN pg_catalog.pg_type s ON s.oid = c.castsource
                WHERE c.oid >= 16384 AND s.typtype = 'c' AND c.castcontext = 'i'))
    UNION ALL
    SELECT w.origin, 'type', t.oid
    FROM name w
        JOIN place n USING (origin)
        JOIN pg_catalog.pg_type t ON t.typname = w.name AND t.typnamespace = n.schema
    WHERE w.use = 'type' OR w.use = 'function' AND w.arguments = 1
        OR w.use = 'attribute' AND t.typtype = 'd' AND t.typcategory = 'C' -- a row as a domain over rows
    UNION ALL
    SELECT w.origin, 'relation', c.oid
    FROM name w
        JOIN place n USING (origin)
        JOIN pg_catalog.pg_class c ON c.relname = w.name AND c.relnamespace = n.schema
    WHERE w.use = 'relation'
    UNION ALL
    SELECT w.origin, 'operator', o.oid
    FROM name w
        JOIN place n USING (origin)
        JOIN pg_catalog.pg_operator o ON o.oprname = w.name AND o.oprnamespace = n.schema
    WHERE w.use = 'operator' AND (o.oid >= 16384 OR w.schema IS NOT NULL)
    UNION ALL
    SELECT w.origin, 'sampling', p.oid
    FROM name w
        JOIN place n USING (origin)
        JOIN pg_catalog.pg_proc p ON p.proname = w.name AND p.pronamespace = n.schema
    WHERE w.use = 'sampling'
    UNION ALL
    -- A cast between types of the server's own may be meant anywhere.
    SELECT w.origin, 'cast', c.castfunc
    FROM (SELECT pg_catalog.min(origin) AS origin FROM name) w
        JOIN pg_catalog.pg_cast c
            ON c.oid >= 16384 AND c.castsource < 16384 AND c.casttarget < 16384 AND c.castfunc <> 0
    WHERE w.origin IS NOT NULL
    UNION ALL
    -- trees
    SELECT t.origin,
        CASE
            WHEN m[1] = 'opno' THEN 'operator'
            WHEN m[1] = 'relid' THEN 'relation'
            WHEN m[1] = 'tsmhandler' THEN 'sampling'
            ELSE 'function'
        END,
        m[2]::oid
    FROM tree t,
        pg_catalog.regexp_matches(t.tree,
            ':(funcid|aggfnoid|winfnoid|opfuncid|opno|relid|tsmhandler) ([1-9][0-9]*)', 'g') AS m
    UNION ALL
    -- Any number in a tree that could be the user's type or operator is taken for it.
    SELECT u.origin, x.class, x.oid
    FROM (SELECT DISTINCT t.origin, m[1]::bigint AS oid
            FROM tree t, pg_catalog.regexp_matches(t.tree, '[ (]([1-9][0-9]{4,9})(?=[ )])', 'g') AS m) u
        JOIN (SELECT 'type', t.oid FROM pg_catalog.pg_type t
            UNION ALL SELECT 'operator', o.oid FROM pg_catalog.pg_operator o) AS x(class, oid)
            ON x.oid = CASE WHEN u.oid BETWEEN 16384 AND 4294967295 THEN u.oid::oid END
    UNION ALL
    -- tables
    SELECT o.origin, 'relation', i.inhrelid
    FROM object o
        JOIN pg_catalog.pg_inherits i ON i.inhparent = o.oid
        JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
    WHERE o.class = 'relation' AND (c.relkind <> 'r' OR c.relhassubclass)
    UNION ALL
    SELECT o.origin, 'type', a.atttypid
    FROM object o
        JOIN pg_catalog.pg_attribute a ON a.attrelid = o.oid AND a.atttypid >= 16384
    WHERE o.class = 'relation'
    UNION ALL
    -- types
    SELECT o.origin, 'type', inner_type.oid
    FROM object o
        JOIN pg_catalog.pg_type t ON t.oid = o.oid
        LEFT JOIN pg_catalog.pg_range r ON o.oid IN (r.rngtypid, r.rngmultitypid),
        LATERAL (SELECT pg_catalog.unnest(ARRAY[t.typelem, t.typbasetype, r.rngsubtype])
            UNION ALL
            SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.typrelid)
            AS inner_type(oid)
    WHERE o.class = 'type' AND inner_type.oid >= 16384
    UNION ALL
    SELECT o.origin, 'function', r.rngcanonical::oid
    FROM object o
        JOIN pg_catalog.pg_range r ON o.oid IN (r.rngtypid, r.rngmultitypid)
    WHERE o.class = 'type' AND r.rngcanonical <> 0
    UNION ALL
    SELECT o.origin, 'function', c.castfunc
    FROM object o
        JOIN pg_catalog.pg_cast c ON o.oid IN (c.castsource, c.casttarget)
    WHERE o.class = 'type' AND c.oid >= 16384 AND c.castfunc <> 0
    UNION ALL
    -- functions and operators
    SELECT o.origin, 'function', f.oid
    FROM object o
        JOIN pg_catalog.pg_aggregate a ON a.aggfnoid = o.oid,
        LATERAL pg_catalog.unnest(ARRAY[a.aggtransfn::oid, a.aggfinalfn::oid, a.aggcombinefn::oid,
            a.aggserialfn::oid, a.aggdeserialfn::oid, a.aggmtransfn::oid, a.aggminvtransfn::oid,
            a.aggmfinalfn::oid]) AS f(oid)
    WHERE o.class = 'function' AND f.oid <> 0
    UNION ALL
    SELECT o.origin, 'type', t.oid
    FROM object o
        JOIN pg_catalog.pg_aggregate a ON a.aggfnoid = o.oid,
        LATERAL pg_catalog.unnest(ARRAY[a.aggtranstype, a.aggmtranstype]) AS t(oid)
    WHERE o.class = 'function' AND t.oid >= 16384
    UNION ALL
    SELECT o.origin, 'type', t.oid
    FROM object o
        JOIN pg_catalog.pg_proc p ON p.oid = o.oid,
        LATERAL pg_catalog.unnest(p.prorettype || p.proargtypes::oid[] || p.proallargtypes) AS t(oid)
    WHERE o.class = 'function' AND t.oid >= 16384
    UNION ALL
    SELECT o.origin, 'function', x.oprcode::oid
    FROM object o
        JOIN pg_catalog.pg_operator x ON x.oid = o.oid
    WHERE o.class = 'operator' AND x.oprcode <> 0
    UNION ALL
    -- what a tree may not hold
    SELECT t.origin, 'writing', 0
    FROM tree t
    WHERE t.tree ~ ':commandType [^1]|:utilityStmt \{|\{ROWMARKCLAUSE|:hasModifyingCTE true'
)
SELECT DISTINCT f.origin,
    CASE f.class WHEN 'cast' THEN 'function' ELSE f.class END AS class,
    f.oid,
    f.class <> 'cast' AS is_meant,
    f.oid < 16384 AS is_builtin,
    CASE f.class
        WHEN 'relation' THEN pg_catalog.format('%s.%s', cn.nspname, c.relname)
        WHEN 'type' THEN pg_catalog.format_type(f.oid, NULL)
        WHEN 'operator' THEN f.oid::pg_catalog.regoperator::text
        ELSE f.oid::pg_catalog.regprocedure::text || CASE f.class WHEN 'cast' THEN ' (a cast that may be meant)' ELSE '' END
    END AS label,
    pn.nspname AS schema,
    p.proname AS name,
    COALESCE(c.relkind, p.prokind)::text AS kind,
    l.lanname AS language,
    p.provolatile AS volatility,
    (SELECT e.extname
        FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
        WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.objsubid = 0
            AND d.deptype = 'e') AS extension,
    p.proargtypes::oid[] && '{internal,cstring}'::pg_catalog.regtype[]::oid[]
        OR p.prorettype = ANY ('{void,trigger,event_trigger,internal,cstring,language_handler,fdw_handler,
            index_am_handler,table_am_handler,tsm_handler}'::pg_catalog.regtype[]::oid[]) AS is_internal,
    l.lanname = 'internal' AND p.prosrc ~ '^(multi)?range_constructor[0-3]$' AS is_constructor,
    CASE WHEN p.oid >= 16384 AND l.lanname = 'sql' AND p.prosqlbody IS NULL THEN p.prosrc END AS body,
    pg_catalog.array_to_string(p.proconfig, E'\n') AS settings,
    CASE WHEN p.prosecdef THEN pg_catalog.pg_get_userbyid(p.proowner) END AS definer
FROM found f
    -- OFFSET 0: how many are found cannot be estimated, and few are; one index look-up for each.
    LEFT JOIN LATERAL (SELECT c.relname, c.relnamespace, c.relkind
        FROM pg_catalog.pg_class c WHERE f.class = 'relation' AND c.oid = f.oid OFFSET 0) c ON true
    LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
    LEFT JOIN LATERAL (SELECT p.*
        FROM pg_catalog.pg_proc p
        WHERE f.class IN ('function', 'cast', 'sampling') AND p.oid = f.oid OFFSET 0) p ON true
    LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = p.pronamespace
    LEFT JOIN pg_catalog.pg_language l ON l.oid = p.prolang
