-- Data back to a log's before-images, newest first. Rows that others changed since are marked 'c'.

-- The columns of a log's tables: as noted, and what has their names now. RENAME keeps oid and attnum.
CREATE OR REPLACE FUNCTION tminus.undo_names(p_log text, OUT t tminus.undo_table, OUT name text, OUT type text, OUT named oid, OUT is_there boolean,
    OUT is_here boolean, OUT is_renamed boolean, OUT is_anew boolean)
RETURNS SETOF record LANGUAGE sql SET search_path = pg_catalog AS $tminus$
    SELECT t, c.name, c.type, k.oid, a.attname IS NOT NULL AND format_type(a.atttypid, a.atttypmod) = c.type AND a.attgenerated = '',
        r.oid IS NOT NULL, k.oid = t.relation AND o.attname <> c.name, k.oid <> t.relation OR a.attnum <> u.attnum
    FROM tminus.undo_table t
    CROSS JOIN LATERAL unnest(t.columns, t.types) WITH ORDINALITY c(name, type, place)
    LEFT JOIN pg_class k ON k.relname = t.name AND k.relkind IN ('r', 'p')
        AND k.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = t.schema)
    LEFT JOIN pg_class r ON r.oid = t.relation
    LEFT JOIN pg_attribute a ON a.attrelid = k.oid AND a.attname = c.name AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN tminus.undo_column u ON u.log = t.log AND u.relation = t.relation AND u.place = c.place
    LEFT JOIN pg_attribute o ON o.attrelid = t.relation AND o.attnum = u.attnum AND NOT o.attisdropped
    WHERE t.log = p_log
$tminus$;

-- What the schema lacks of what the log was written under; NULL: nothing. Another table or column of
-- the same name is none of it while the one that was written is there.
CREATE OR REPLACE FUNCTION tminus.undo_missing(p_log text) RETURNS text
LANGUAGE sql SET search_path = pg_catalog AS $tminus$
    SELECT string_agg(what, ', ' ORDER BY what) FROM (
        SELECT CASE WHEN named IS NULL THEN format('table %s.%s', (t).schema, (t).name)
            WHEN named <> (t).relation AND is_here THEN format('table %s.%s (it is %s now, and another has its name)', (t).schema, (t).name, (t).relation::regclass)
            WHEN is_renamed AND is_there THEN format('column %s of %s.%s (it has another name, and another has its)', name, (t).schema, (t).name)
            ELSE format('column %s of %s.%s (%s)', name, (t).schema, (t).name, type) END AS what
        FROM tminus.undo_names(p_log) WHERE NOT is_there OR named <> (t).relation AND is_here OR is_renamed
        UNION
        SELECT format('partition %s of %s.%s', p.oid::regclass, t.schema, t.name) FROM tminus.undo_table t
        JOIN pg_class r ON r.oid = t.relation JOIN tminus.undo_column u ON u.log = t.log AND u.n = t.n AND u.relation <> t.relation
        JOIN pg_class p ON p.oid = u.relation
        WHERE t.log = p_log AND NOT EXISTS (SELECT FROM pg_partition_tree(t.relation) x WHERE x.relid = p.oid)) missing
$tminus$;

-- What was dropped, and has a successor of its name: behind the migration that may be something
-- else, behind its down it is what was there. NULL: nothing.
CREATE OR REPLACE FUNCTION tminus.undo_moved(p_log text) RETURNS text
LANGUAGE sql SET search_path = pg_catalog AS $tminus$
    SELECT string_agg(DISTINCT format('%s.%s', (t).schema, (t).name), ', ') FROM tminus.undo_names(p_log) WHERE is_there AND is_anew
$tminus$;

-- May the column be set in a row that is there? It was updated, or a row was deleted and made again.
CREATE OR REPLACE FUNCTION tminus.undo_may_set(t tminus.undo_table, place integer) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog AS $tminus$
DECLARE
    may_set boolean;
BEGIN
    IF t.key <> '{}' AND (SELECT count(DISTINCT event) FROM tminus.undo_firing WHERE log = t.log AND n = t.n AND event IN ('i', 'd')) = 2 THEN
        RETURN true;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM tminus.%I l WHERE l.firing IN (SELECT number FROM tminus.undo_firing '
        'WHERE log = %L AND n = %s AND event = ''u'' AND %s = ANY (places)) AND NOT pg_catalog.record_image_eq(ROW(l.o_%4$s), ROW(l.n_%4$s)))',
        'undo_' || t.log || '_' || t.n, t.log, t.n, place) INTO may_set;
    RETURN may_set;
END $tminus$;

-- Nobody else writes meanwhile, no trigger of users fires, keys are checked at the end. Returns what
-- makes it as it was.
CREATE OR REPLACE FUNCTION tminus.undo_quiet(p_log text) RETURNS text[]
LANGUAGE plpgsql SET search_path = pg_catalog AS $tminus$
DECLARE
    tables oid[];
    item record;
    restore text[] := '{}';
BEGIN
    SELECT array_agg(oid ORDER BY oid) INTO tables FROM (
        SELECT DISTINCT unnest(ARRAY[r.oid::oid] || ARRAY(SELECT relid::oid FROM pg_partition_tree(r.oid))) AS oid
        FROM tminus.undo_table t, LATERAL (SELECT format('%I.%I', t.schema, t.name)::regclass AS oid) r
        WHERE t.log = p_log AND t.columns <> '{}') parts;
    FOR item IN SELECT unnest(tables)::regclass AS relation LOOP
        EXECUTE format('LOCK TABLE ONLY %s IN SHARE ROW EXCLUSIVE MODE', item.relation);
    END LOOP;
    FOR item IN SELECT tgrelid::regclass AS relation, tgname, CASE tgenabled WHEN 'A' THEN 'ALWAYS ' WHEN 'R' THEN 'REPLICA ' ELSE '' END AS how
        FROM pg_trigger WHERE tgrelid = ANY (tables) AND NOT tgisinternal AND tgenabled <> 'D'
    LOOP
        EXECUTE format('ALTER TABLE ONLY %s DISABLE TRIGGER %I', item.relation, item.tgname);
        restore := restore || format('ALTER TABLE ONLY %s ENABLE %sTRIGGER %I', item.relation, item.how, item.tgname);
    END LOOP;
    FOR item IN SELECT conrelid::regclass AS relation, conname, CASE WHEN condeferrable THEN 'DEFERRABLE INITIALLY IMMEDIATE' ELSE 'NOT DEFERRABLE' END AS how
        FROM pg_constraint WHERE conrelid = ANY (tables) AND contype = 'f' AND conparentid = 0 AND NOT condeferred
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER CONSTRAINT %I DEFERRABLE INITIALLY DEFERRED', item.relation, item.conname);
        restore := restore || format('ALTER TABLE %s ALTER CONSTRAINT %I %s', item.relation, item.conname, item.how);
    END LOOP;
    -- Values of identity columns come back by UPDATE, too.
    FOR item IN
        SELECT k.oid::regclass AS relation, a.attname FROM tminus.undo_table t
        JOIN pg_class k ON k.relname = t.name AND k.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = t.schema)
        JOIN pg_attribute a ON a.attrelid = k.oid AND a.attidentity = 'a' AND a.attname = ANY (t.columns)
        WHERE t.log = p_log AND tminus.undo_may_set(t, array_position(t.columns, a.attname::text))
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER %I SET GENERATED BY DEFAULT', item.relation, item.attname);
        restore := restore || format('ALTER TABLE %s ALTER %I SET GENERATED ALWAYS', item.relation, item.attname);
    END LOOP;
    SET CONSTRAINTS ALL DEFERRED;
    RETURN restore;
END $tminus$;

-- The texts that the statements for one firing are put together from. `l` is the log's row, `t` the
-- table's.
CREATE OR REPLACE FUNCTION tminus.undo_texts(t tminus.undo_table, places integer[], is_old boolean,
    OUT is_key text, OUT key_text text, OUT is_left text, OUT is_back text, OUT is_changed text, OUT sets text, OUT names text, OUT backs text)
LANGUAGE sql SET search_path = pg_catalog AS $tminus$
    WITH place AS (
        SELECT p, t.columns[p] AS name, p = ANY (t.key) AS is_key,
            CASE WHEN t.is_text[p] THEN format('t.%I::pg_catalog.text', t.columns[p]) ELSE format('t.%I', t.columns[p]) END AS now,
            CASE WHEN t.is_text[p] THEN format('l.o_%s::%s', p, t.types[p]) ELSE format('l.o_%s', p) END AS back,
            CASE WHEN is_old THEN 'l.o_' || p ELSE 'l.n_' || p END AS kept,
            CASE WHEN t.types[p] ~ '^(smallint|integer|bigint|numeric|real|double)' THEN '%s::pg_catalog.text'
                ELSE 'pg_catalog.quote_literal(%s::pg_catalog.text)' END AS shown,
            format('pg_catalog.record_image_eq(ROW(l.o_%1$s), ROW(l.n_%1$s))', p) AS same
        FROM unnest(places) p)
    SELECT string_agg(format('%s = %s', now, kept), ' AND ') FILTER (WHERE is_key),
        string_agg(format('%L || ', name || '=') || format(shown, kept), ' || '', '' || ' ORDER BY array_position(t.key, p)) FILTER (WHERE is_key),
        string_agg(format('(%s OR pg_catalog.record_image_eq(ROW(%s), ROW(l.n_%s)))', same, now, p), ' AND '),
        string_agg(format('(%s OR pg_catalog.record_image_eq(ROW(%s), ROW(l.o_%s)))', CASE WHEN is_old THEN 'false' ELSE same END, now, p), ' AND '),
        '(NOT (' || string_agg(same, ' AND ') || '))',
        string_agg(format('%1$I = CASE WHEN %2$s THEN t.%1$I ELSE %3$s END', name, CASE WHEN is_old THEN 'false' ELSE same END, back), ', '),
        string_agg(format('%I', name), ', ' ORDER BY p), string_agg(back, ', ' ORDER BY p)
    FROM place
$tminus$;

-- The columns in which the statement's rows differ before and behind it.
CREATE OR REPLACE FUNCTION tminus.undo_changed(t tminus.undo_table, f tminus.undo_firing) RETURNS integer[]
LANGUAGE plpgsql SET search_path = pg_catalog AS $tminus$
DECLARE
    changed integer[];
BEGIN
    EXECUTE 'SELECT pg_catalog.array_remove(ARRAY[' ||
        (SELECT string_agg(format('CASE WHEN pg_catalog.bool_or(NOT pg_catalog.record_image_eq(ROW(o_%1$s), ROW(n_%1$s))) THEN %1$s END', p), ', ') FROM unnest(f.places) p) ||
        format(']::pg_catalog.int4[], NULL) FROM tminus.%I WHERE firing = %s', 'undo_' || t.log || '_' || t.n, f.number) INTO changed;
    RETURN changed;
END $tminus$;

-- Values that are in nobody's way, for those of the columns that unique indexes are over; NULL: there are none.
CREATE OR REPLACE FUNCTION tminus.undo_parking(t tminus.undo_table, places integer[]) RETURNS text
LANGUAGE sql SET search_path = pg_catalog AS $tminus$
    SELECT string_agg(format('%1$I = CASE WHEN pg_catalog.record_image_eq(ROW(l.o_%2$s), ROW(l.n_%2$s)) THEN t.%1$I ELSE %3$s END', a.attname, p, free.value), ', ')
    FROM unnest(places) p
    JOIN pg_attribute a ON a.attrelid = format('%I.%I', t.schema, t.name)::regclass AND a.attname = t.columns[p] AND NOT a.attisdropped
    CROSS JOIN LATERAL (SELECT CASE WHEN NOT a.attnotnull THEN 'NULL'
        WHEN a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype, 'date'::regtype) THEN
            format('((SELECT pg_catalog.max(%I) FROM %I.%I) + pg_catalog.nextval(''pg_temp.tminus_parking'')::%s)::%s', a.attname, t.schema, t.name,
                CASE WHEN a.atttypid IN ('date'::regtype) THEN 'pg_catalog.int4' ELSE 'pg_catalog.int8' END, a.atttypid::regtype)
        WHEN a.atttypid IN ('timestamp'::regtype, 'timestamptz'::regtype) THEN
            format('(SELECT pg_catalog.max(%I) FROM %I.%I) + pg_catalog.nextval(''pg_temp.tminus_parking'') * interval ''1 second''', a.attname, t.schema, t.name)
        WHEN a.atttypid = 'uuid'::regtype THEN 'pg_catalog.gen_random_uuid()'
        WHEN a.atttypid IN ('text'::regtype, 'varchar'::regtype) THEN
            '(chr(1) || pg_catalog.nextval(''pg_temp.tminus_parking''))' END AS value) free
    WHERE free.value IS NOT NULL AND EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indimmediate AND (i.indisunique OR i.indisexclusion)
        AND (a.attnum = ANY (i.indkey) OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
            AND d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum)))
$tminus$;

-- UPDATE of the rows `t` that `source` finds for those of the log, `l`. Where they are in each
-- other's way (pos = pos + 1), in two steps.
CREATE OR REPLACE FUNCTION tminus.undo_update(t tminus.undo_table, places integer[], sets text, source text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog SET row_security = off
SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = postgres SET bytea_output = hex SET extra_float_digits = 3 AS $tminus$
DECLARE
    target constant text := format('%I.%I', t.schema, t.name);
    parking text;
    n_back bigint;
BEGIN
    EXECUTE format('UPDATE %s t SET %s FROM %s', target, sets, source);
    GET DIAGNOSTICS n_back = ROW_COUNT;
    RETURN n_back;
EXCEPTION WHEN unique_violation OR exclusion_violation THEN
    parking := tminus.undo_parking(t, places);
    IF parking IS NULL THEN
        RAISE;
    END IF;
    CREATE TEMPORARY SEQUENCE tminus_parking;
    CREATE TEMPORARY TABLE tminus_parked (l tid, part oid, t tid) ON COMMIT DROP;
    EXECUTE format('WITH parked AS (UPDATE %s t SET %s FROM %s RETURNING l.ctid AS l, t.tableoid AS part, t.ctid AS t) '
        'INSERT INTO pg_temp.tminus_parked SELECT * FROM parked', target, parking, source);
    EXECUTE format('UPDATE %s t SET %s FROM tminus.%I l JOIN pg_temp.tminus_parked p ON p.l = l.ctid WHERE t.tableoid = p.part AND t.ctid = p.t',
        target, sets, 'undo_' || t.log || '_' || t.n);
    GET DIAGNOSTICS n_back = ROW_COUNT;
    DROP TABLE pg_temp.tminus_parked;
    DROP SEQUENCE pg_temp.tminus_parking;
    RETURN n_back;
END $tminus$;

-- Rows that the migration made and left stay as they are, and ones that it deleted and made again are
-- overwritten. Where an UPDATE moved a key, that is not told by the key alone.
CREATE OR REPLACE FUNCTION tminus.undo_mark_made(p_log text, t tminus.undo_table) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = postgres AS $tminus$
DECLARE
    o_text text := (tminus.undo_texts(t, t.key, true)).key_text;
    n_text text := (tminus.undo_texts(t, t.key, false)).key_text;
    made text := format('(SELECT number FROM tminus.undo_firing WHERE log = %L AND n = %s AND event = ''i'')', p_log, t.n);
BEGIN
    IF NOT EXISTS (SELECT FROM tminus.undo_firing WHERE log = p_log AND n = t.n AND event = 'i') THEN
        RETURN;
    END IF;
    EXECUTE format('WITH i AS (SELECT %1$s AS key_text, pg_catalog.min(l.firing) AS first, pg_catalog.max(l.firing) AS last '
        '  FROM tminus.%3$I l WHERE l.firing IN %4$s GROUP BY 1), '
        'd AS (SELECT %2$s AS key_text, pg_catalog.min(l.firing) AS first FROM tminus.%3$I l WHERE l.firing NOT IN %4$s GROUP BY 1), '
        'moved AS (SELECT key FROM tminus.%3$I l, LATERAL (VALUES (%1$s), (%2$s)) k(key) WHERE l.firing IN '
        '  (SELECT number FROM tminus.undo_firing WHERE log = %5$L AND n = %6$s AND event = ''u'') AND %1$s <> %2$s) '
        'INSERT INTO tminus.undo_mark SELECT %5$L, %6$s, key_text, CASE WHEN d.first < CASE WHEN is_moved THEN i.last ELSE i.first END THEN ''a'' ELSE ''b'' END '
        'FROM (SELECT *, key_text IN (SELECT key FROM moved) AS is_moved FROM i) i LEFT JOIN d USING (key_text) '
        'WHERE NOT is_moved OR d.first < i.last',
        n_text, o_text, 'undo_' || p_log || '_' || t.n, made, p_log, t.n);
END $tminus$;

-- Did the migration make rows of the table before the statement?
CREATE OR REPLACE FUNCTION tminus.undo_made_before(f tminus.undo_firing) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog AS $tminus$
    SELECT EXISTS (SELECT FROM tminus.undo_firing WHERE log = f.log AND n = f.n AND event = 'i' AND number < f.number)
$tminus$;

-- Rows that came back ('r') and that the statement updated get their names before it. Of equal
-- ones those that the migration made are first. How many there are.
CREATE OR REPLACE FUNCTION tminus.undo_follow(t tminus.undo_table, f tminus.undo_firing, n_text text, o_text text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
SET bytea_output = hex SET extra_float_digits = 3 AS $tminus$
DECLARE
    n_again bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM tminus.undo_mark WHERE log = t.log AND n = t.n AND mark = 'r') THEN
        RETURN 0;
    END IF;
    EXECUTE format('WITH again AS (SELECT x.ctid, x.key_text, pg_catalog.row_number() OVER (PARTITION BY x.key_text) AS nth FROM tminus.undo_mark x '
        '  WHERE x.log = %1$L AND x.n = %2$s AND x.mark = ''r''), '
        'made AS MATERIALIZED (SELECT %3$s AS key_text FROM tminus.%5$I l WHERE l.firing IN '
        '  (SELECT number FROM tminus.undo_firing WHERE log = %1$L AND n = %2$s AND event = ''i'' AND number < %6$s)), '
        'updated AS (SELECT %3$s AS key_text, %4$s AS old_text, pg_catalog.row_number() OVER (PARTITION BY %3$s '
        '  ORDER BY (%4$s) IN (SELECT key_text FROM made) DESC) AS nth FROM tminus.%5$I l WHERE l.firing = %6$s AND %3$s <> %4$s) '
        'UPDATE tminus.undo_mark x SET key_text = u.old_text FROM again a JOIN updated u USING (key_text, nth) WHERE x.ctid = a.ctid',
        t.log, t.n, n_text, o_text, 'undo_' || t.log || '_' || t.n, f.number);
    GET DIAGNOSTICS n_again = ROW_COUNT;
    RETURN n_again;
END $tminus$;

-- One statement's rows of a table with a key.
CREATE OR REPLACE FUNCTION tminus.undo_firing_back(p_log text, t tminus.undo_table, f tminus.undo_firing) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog SET row_security = off
SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = postgres SET bytea_output = hex SET extra_float_digits = 3 AS $tminus$
DECLARE
    target constant text := format('%I.%I', t.schema, t.name);
    kept constant text := format('tminus.%I', 'undo_' || p_log || '_' || t.n);
    is_old constant boolean := f.event <> 'u' AND f.event <> 'i';
    e record;
    k record;
    changed integer[];
    marks text;
    no_mark text := 'true';
    is_again text := 'false';
    is_found text := 'false';
    n_back bigint := 0;
    more bigint;
BEGIN
    k := tminus.undo_texts(t, t.key, is_old);
    marks := format('(SELECT FROM tminus.undo_mark x WHERE x.log = %L AND x.n = %s AND x.key_text = %s AND x.mark', p_log, t.n, k.key_text);
    IF EXISTS (SELECT FROM tminus.undo_mark x WHERE x.log = p_log AND x.n = t.n) THEN
        no_mark := 'NOT EXISTS ' || marks || ' IN (''b'', ''c''))';
        is_again := 'EXISTS ' || marks || ' = ''a'')';
        is_found := 'EXISTS ' || marks || ' = ''f'')';
    END IF;
    IF f.event = 'u' THEN
        changed := tminus.undo_changed(t, f);
        IF changed = '{}' THEN
            RETURN 0;
        END IF;
        e := tminus.undo_texts(t, changed, false);
        EXECUTE format('INSERT INTO tminus.undo_mark SELECT %1$L, %2$s, %3$s, CASE WHEN COALESCE(%10$s, false) THEN ''f'' ELSE ''c'' END, '
            'CASE WHEN t.ctid IS NULL THEN ''is gone'' ELSE ''changed since'' END '
            'FROM %4$s l LEFT JOIN %5$s t ON %6$s WHERE l.firing = %7$s AND %8$s AND %9$s AND NOT COALESCE(%11$s AND NOT %12$s, false)',
            p_log, t.n, k.key_text, kept, target, k.is_key, f.number, e.is_changed, no_mark, e.is_back, e.is_left, is_found);
        GET DIAGNOSTICS more = ROW_COUNT;
        -- Older statements know the row by its key before this one.
        IF changed && t.key THEN
            EXECUTE format('INSERT INTO tminus.undo_mark SELECT %1$L, %2$s, %3$s, ''c'' FROM %4$s l WHERE l.firing = %5$s AND %3$s <> %6$s AND EXISTS %7$s = ''c'')',
                p_log, t.n, (tminus.undo_texts(t, t.key, true)).key_text, kept, f.number, k.key_text, marks);
        END IF;
        IF more > 0 OR no_mark <> 'true' THEN
            no_mark := 'NOT EXISTS ' || marks || ' IN (''b'', ''c'', ''f''))';
        END IF;
        n_back := tminus.undo_update(t, changed, e.sets, format('%s l WHERE l.firing = %s AND %s AND %s AND %s AND %s',
            kept, f.number, k.is_key, e.is_changed, no_mark, e.is_left));
        RETURN n_back - tminus.undo_follow(t, f, k.key_text, (tminus.undo_texts(t, t.key, true)).key_text);
    END IF;
    e := tminus.undo_texts(t, f.places, is_old);
    IF f.event = 'i' THEN
        EXECUTE format('INSERT INTO tminus.undo_mark SELECT %L, %s, %s, ''c'', CASE WHEN t.ctid IS NULL THEN ''is gone'' ELSE ''changed since'' END '
            'FROM %s l LEFT JOIN %s t ON %s WHERE l.firing = %s AND %s AND %s AND NOT COALESCE(%s, false)',
            p_log, t.n, k.key_text, kept, target, k.is_key, f.number, is_again, no_mark,
            (SELECT string_agg(format('pg_catalog.record_image_eq(ROW(%s), ROW(l.n_%s))', CASE WHEN t.is_text[p] THEN format('t.%I::pg_catalog.text', t.columns[p]) ELSE format('t.%I', t.columns[p]) END, p), ' AND ') FROM unnest(f.places) p));
        EXECUTE format('DELETE FROM %s t USING %s l WHERE l.firing = %s AND %s AND EXISTS %s = ''r'')', target, kept, f.number, k.is_key, marks);
        GET DIAGNOSTICS n_back = ROW_COUNT;
        EXECUTE format('DELETE FROM tminus.undo_mark x USING %s l WHERE l.firing = %s AND x.log = %L AND x.n = %s AND x.key_text = %s AND x.mark = ''r''',
            kept, f.number, p_log, t.n, k.key_text);
        RETURN -n_back;
    END IF;
    EXECUTE format('INSERT INTO tminus.undo_mark SELECT %L, %s, %s, ''c'', ''is there again'' FROM %s l JOIN %s t ON %s WHERE l.firing = %s AND %s AND NOT %s AND NOT (%s)',
        p_log, t.n, k.key_text, kept, target, k.is_key, f.number, no_mark, is_again, e.is_back);
    IF is_again <> 'false' THEN
        EXECUTE format('UPDATE %s t SET %s FROM %s l WHERE l.firing = %s AND %s AND %s AND %s AND NOT (%s)', target,
            (tminus.undo_texts(t, ARRAY(SELECT p FROM unnest(f.places) p WHERE p <> ALL (t.key)), true)).sets, kept, f.number, k.is_key, is_again, no_mark, e.is_back);
        GET DIAGNOSTICS n_back = ROW_COUNT;
    END IF;
    IF tminus.undo_made_before(f) THEN
        EXECUTE format('INSERT INTO tminus.undo_mark SELECT %L, %s, %s, ''r'' FROM %s l WHERE l.firing = %s AND %s AND NOT EXISTS (SELECT FROM %s t WHERE %s)',
            p_log, t.n, k.key_text, kept, f.number, no_mark, target, k.is_key);
    END IF;
    EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s l WHERE l.firing = %s AND %s AND NOT EXISTS (SELECT FROM %s t WHERE %s)',
        target, e.names, e.backs, kept, f.number, no_mark, target, k.is_key);
    GET DIAGNOSTICS more = ROW_COUNT;
    RETURN n_back + more;
END $tminus$;

-- Somebody (the down) may have brought a row all the way back: then nothing is in its way.
CREATE OR REPLACE FUNCTION tminus.undo_unmark(p_log text, t tminus.undo_table) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog SET row_security = off
SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = postgres SET bytea_output = hex SET extra_float_digits = 3 AS $tminus$
DECLARE
    e record := tminus.undo_texts(t, ARRAY(SELECT generate_subscripts(t.columns, 1)), true);
    k record := tminus.undo_texts(t, t.key, true);
BEGIN
    EXECUTE format('DELETE FROM tminus.undo_mark x USING '
        '(SELECT DISTINCT ON (key_text) %3$s AS key_text, l.* FROM tminus.%4$I l WHERE l.firing NOT IN '
        '  (SELECT number FROM tminus.undo_firing WHERE log = %1$L AND n = %2$s AND event IN (''i'', ''c'')) ORDER BY key_text, l.firing) l '
        'JOIN %5$I.%6$I t ON %7$s WHERE x.log = %1$L AND x.n = %2$s AND x.mark = ''c'' AND x.key_text = l.key_text AND %8$s',
        p_log, t.n, k.key_text, 'undo_' || p_log || '_' || t.n, t.schema, t.name, k.is_key, e.is_back);
END $tminus$;

-- One statement's rows of a table without a key: equal rows are as good as each other.
CREATE OR REPLACE FUNCTION tminus.undo_firing_back_keyless(p_log text, t tminus.undo_table, f tminus.undo_firing) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog SET row_security = off
SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = postgres SET bytea_output = hex SET extra_float_digits = 3 AS $tminus$
DECLARE
    target constant text := format('%I.%I', t.schema, t.name);
    kept constant text := format('tminus.%I', 'undo_' || p_log || '_' || t.n);
    e record := tminus.undo_texts(t, f.places, true);
    o_row text; n_row text; now_row text;
    changed integer[];
    n_back bigint := 0;
BEGIN
    SELECT 'ROW(' || string_agg('l.o_' || p, ', ' ORDER BY p) || ')::pg_catalog.text', 'ROW(' || string_agg('l.n_' || p, ', ' ORDER BY p) || ')::pg_catalog.text',
        'ROW(' || string_agg(CASE WHEN t.is_text[p] THEN format('t.%I::pg_catalog.text', t.columns[p]) ELSE format('t.%I', t.columns[p]) END, ', ' ORDER BY p) || ')::pg_catalog.text'
    INTO o_row, n_row, now_row FROM unnest(f.places) p;
    IF f.event = 'd' THEN
        EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s l WHERE l.firing = %s', target, e.names, e.backs, kept, f.number);
        GET DIAGNOSTICS n_back = ROW_COUNT;
        IF tminus.undo_made_before(f) THEN
            EXECUTE format('INSERT INTO tminus.undo_mark SELECT %L, %s, pg_catalog.md5(%s), ''r'' FROM %s l WHERE l.firing = %s', p_log, t.n, o_row, kept, f.number);
        END IF;
    ELSIF f.event = 'i' THEN
        EXECUTE format('WITH again AS (SELECT x.ctid, x.key_text, pg_catalog.row_number() OVER (PARTITION BY x.key_text) AS nth FROM tminus.undo_mark x '
            '  WHERE x.log = %1$L AND x.n = %2$s AND x.mark = ''r''), '
            'made AS (SELECT pg_catalog.md5(%3$s) AS key_text, pg_catalog.row_number() OVER (PARTITION BY %3$s) AS nth FROM %4$s l WHERE l.firing = %5$s), '
            'done AS (DELETE FROM tminus.undo_mark x USING again JOIN made USING (key_text, nth) WHERE x.ctid = again.ctid RETURNING again.key_text, again.nth), '
            'now AS (SELECT t.tableoid AS part, t.ctid, pg_catalog.md5(%6$s) AS key_text, pg_catalog.row_number() OVER (PARTITION BY %6$s) AS nth FROM %7$s t) '
            'DELETE FROM %7$s t USING now JOIN done USING (key_text, nth) WHERE t.tableoid = now.part AND t.ctid = now.ctid',
            p_log, t.n, n_row, kept, f.number, now_row, target);
        GET DIAGNOSTICS n_back = ROW_COUNT;
        n_back := -n_back;
    ELSIF f.event = 'u' THEN
        changed := tminus.undo_changed(t, f);
        IF changed = '{}' THEN
            RETURN 0;
        END IF;
        CREATE TEMPORARY TABLE tminus_pair (l tid, part oid, t tid) ON COMMIT DROP;
        EXECUTE format('INSERT INTO pg_temp.tminus_pair SELECT l.ctid, t.tableoid, t.ctid FROM '
            '(SELECT l.ctid, %1$s AS image, pg_catalog.row_number() OVER (PARTITION BY %1$s) AS nth FROM %2$s l WHERE l.firing = %3$s AND %4$s <> %1$s) l '
            'LEFT JOIN (SELECT t.tableoid, t.ctid, %5$s AS image, pg_catalog.row_number() OVER (PARTITION BY %5$s) AS nth FROM %6$s t) t USING (image, nth)',
            n_row, kept, f.number, o_row, now_row, target);
        EXECUTE format('INSERT INTO tminus.undo_mark SELECT %L, %s, pg_catalog.left(%s, 200), ''c'', ''changed since'' FROM %s l JOIN pg_temp.tminus_pair p ON p.l = l.ctid WHERE p.t IS NULL',
            p_log, t.n, n_row, kept);
        n_back := tminus.undo_update(t, changed, (tminus.undo_texts(t, changed, false)).sets,
            format('%s l JOIN pg_temp.tminus_pair p ON p.l = l.ctid WHERE t.tableoid = p.part AND t.ctid = p.t', kept));
        DROP TABLE pg_temp.tminus_pair;
        n_back := n_back - tminus.undo_follow(t, f, 'pg_catalog.md5(' || n_row || ')', 'pg_catalog.md5(' || o_row || ')');
    END IF;
    RETURN n_back;
END $tminus$;

-- The copy of a whole table. Rows that are not there come back when the table was made anew; where
-- only columns were, their values do. Whoever wrote what else differs is not known.
CREATE OR REPLACE FUNCTION tminus.undo_copy_back(p_log text, t tminus.undo_table, f tminus.undo_firing) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog SET row_security = off
SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = postgres SET bytea_output = hex SET extra_float_digits = 3 AS $tminus$
DECLARE
    target constant text := format('%I.%I', t.schema, t.name);
    kept constant text := format('tminus.%I', 'undo_' || p_log || '_' || t.n);
    is_new constant boolean := target::regclass <> t.relation;
    e record := tminus.undo_texts(t, f.places, true);
    k record := tminus.undo_texts(t, t.key, true);
    no_mark constant text := format('NOT EXISTS (SELECT FROM tminus.undo_mark x WHERE x.log = %L AND x.n = %s AND x.key_text = %s AND x.mark = ''c'')', p_log, t.n, k.key_text);
    made text; -- columns that were made anew and hold what a new column holds
    sets text;
    n_back bigint := 0;
    more bigint;
BEGIN
    SELECT string_agg(format('%I = CASE WHEN %s THEN %s ELSE t.%1$I END', a.attname, fresh.is_fresh, fresh.back), ', '),
        string_agg(format('(%s OR pg_catalog.record_image_eq(ROW(%s), ROW(l.o_%s)))', fresh.is_fresh, fresh.now, c.place), ' AND ')
    INTO sets, made
    FROM tminus.undo_column c JOIN pg_attribute a ON a.attrelid = t.relation AND a.attname = t.columns[c.place] AND a.attnum <> c.attnum
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    CROSS JOIN LATERAL (SELECT format('(t.%1$I IS NULL OR pg_catalog.record_image_eq(ROW(t.%1$I), ROW((%2$s)::%3$s)))', a.attname,
            coalesce(pg_get_expr(d.adbin, d.adrelid), 'NULL'), t.types[c.place]) AS is_fresh,
        CASE WHEN t.is_text[c.place] THEN format('l.o_%s::%s', c.place, t.types[c.place]) ELSE 'l.o_' || c.place END AS back,
        CASE WHEN t.is_text[c.place] THEN format('t.%I::pg_catalog.text', a.attname) ELSE format('t.%I', a.attname) END AS now) fresh
    WHERE NOT is_new AND c.log = p_log AND c.n = t.n AND c.relation = t.relation;
    IF t.key = '{}' THEN
        EXECUTE format('SELECT CASE WHEN EXISTS (SELECT FROM %s) THEN 1 ELSE 0 END', target) INTO more;
        IF is_new AND more = 0 THEN
            EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s l WHERE l.firing = %s', target, e.names, e.backs, kept, f.number);
            GET DIAGNOSTICS n_back = ROW_COUNT;
        ELSIF is_new OR made IS NOT NULL THEN
            INSERT INTO tminus.undo_mark VALUES (p_log, t.n, '', 'c', format('it has no key, so its rows cannot be told from those of the copy, %s', kept));
        END IF;
        RETURN n_back;
    END IF;
    IF made IS NOT NULL THEN
        EXECUTE format('UPDATE %s t SET %s FROM %s l WHERE l.firing = %s AND %s AND %s AND NOT (%s)', target, sets, kept, f.number, k.is_key, no_mark, e.is_back);
        GET DIAGNOSTICS n_back = ROW_COUNT;
    END IF;
    IF is_new THEN
        EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s l WHERE l.firing = %s AND %s AND NOT EXISTS (SELECT FROM %s t WHERE %s)',
            target, e.names, e.backs, kept, f.number, no_mark, target, k.is_key);
        GET DIAGNOSTICS more = ROW_COUNT;
        n_back := n_back + more;
    END IF;
    EXECUTE format('INSERT INTO tminus.undo_mark SELECT %L, %s, %s, ''c'', CASE WHEN t.ctid IS NULL THEN ''is gone'' ELSE ''differs from the copy'' END '
        'FROM %s l LEFT JOIN %s t ON %s WHERE l.firing = %s AND %s AND NOT COALESCE(%s, false)',
        p_log, t.n, k.key_text, kept, target, k.is_key, f.number, no_mark, e.is_back);
    RETURN n_back;
END $tminus$;

CREATE OR REPLACE FUNCTION tminus.undo_roll_back(p_log text, OUT rows bigint) LANGUAGE plpgsql SET search_path = pg_catalog AS $tminus$
DECLARE
    restore text[];
    command text;
    f tminus.undo_firing;
    t tminus.undo_table;
BEGIN
    rows := 0;
    PERFORM tminus.undo_release(p_log, false);
    restore := tminus.undo_quiet(p_log);
    DELETE FROM tminus.undo_mark WHERE log = p_log;
    FOR t IN SELECT * FROM tminus.undo_table x WHERE x.log = p_log AND x.columns <> '{}' LOOP
        EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON tminus.%I (firing)', 'undo_' || p_log || '_' || t.n || '_firing', 'undo_' || p_log || '_' || t.n);
        EXECUTE format('ANALYZE tminus.%I', 'undo_' || p_log || '_' || t.n);
        IF t.key <> '{}' THEN
            PERFORM tminus.undo_mark_made(p_log, t);
        END IF;
    END LOOP;
    FOR f IN SELECT * FROM tminus.undo_firing x WHERE x.log = p_log ORDER BY x.number DESC LOOP
        SELECT * INTO STRICT t FROM tminus.undo_table x WHERE x.log = p_log AND x.n = f.n;
        rows := rows + CASE WHEN f.event = 'c' THEN tminus.undo_copy_back(p_log, t, f)
            WHEN t.key = '{}' THEN tminus.undo_firing_back_keyless(p_log, t, f)
            ELSE tminus.undo_firing_back(p_log, t, f) END;
    END LOOP;
    FOR t IN SELECT * FROM tminus.undo_table x WHERE x.log = p_log AND x.key <> '{}'
        AND EXISTS (SELECT FROM tminus.undo_mark m WHERE m.log = p_log AND m.n = x.n AND m.mark = 'c')
    LOOP
        PERFORM tminus.undo_unmark(p_log, t);
    END LOOP;
    INSERT INTO tminus.undo_mark SELECT p_log, x.n, '', 'c', x.lost FROM tminus.undo_table x WHERE x.log = p_log AND x.lost IS NOT NULL;
    SET CONSTRAINTS ALL IMMEDIATE;
    FOREACH command IN ARRAY restore LOOP
        EXECUTE command;
    END LOOP;
    UPDATE tminus.undo_log SET rolled_back_at = clock_timestamp() WHERE id = p_log;
END $tminus$;

CREATE OR REPLACE FUNCTION tminus.undo_drop(p_log text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $tminus$
DECLARE
    kept text;
BEGIN
    PERFORM tminus.undo_release(p_log, false);
    FOR kept IN SELECT 'undo_' || p_log || '_' || n FROM tminus.undo_table WHERE log = p_log AND columns <> '{}' LOOP
        EXECUTE format('DROP TABLE tminus.%I', kept);
    END LOOP;
    DELETE FROM tminus.undo_log WHERE id = p_log;
END $tminus$;
