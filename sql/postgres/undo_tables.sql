-- What undo logs are kept in. One more table for each table of a log holds its before-images:
-- undo_ID_N, with o_I and n_I for column I of the log's table: its value before and after.
CREATE TABLE IF NOT EXISTS tminus.undo_log (
    id text PRIMARY KEY,
    made_at timestamptz NOT NULL DEFAULT now(),
    transaction xid8 NOT NULL,  -- that began it
    ended_at timestamptz,       -- NULL: the migration runs, or failed without a transaction around it
    rolled_back_at timestamptz);
CREATE TABLE IF NOT EXISTS tminus.undo_table (
    log text NOT NULL REFERENCES tminus.undo_log ON DELETE CASCADE,
    n integer NOT NULL,
    relation oid NOT NULL,
    schema text NOT NULL,
    name text NOT NULL,
    is_copied boolean NOT NULL DEFAULT false,
    lost text,                  -- what of it is not kept; NULL: nothing
    columns text[] NOT NULL DEFAULT '{}',
    types text[] NOT NULL DEFAULT '{}',
    is_text boolean[] NOT NULL DEFAULT '{}', -- kept as text, so that the type can be dropped
    key integer[] NOT NULL DEFAULT '{}',     -- places in `columns`; empty: rows are matched whole
    updated integer[],                       -- all that an UPDATE may change; NULL: any
    PRIMARY KEY (log, n));
CREATE TABLE IF NOT EXISTS tminus.undo_column (
    log text NOT NULL REFERENCES tminus.undo_log ON DELETE CASCADE,
    n integer NOT NULL,
    relation oid NOT NULL,      -- the table or a partition of it
    place integer NOT NULL,
    attnum int2 NOT NULL,
    type oid NOT NULL,
    PRIMARY KEY (log, relation, place));
CREATE TABLE IF NOT EXISTS tminus.undo_firing (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    log text NOT NULL REFERENCES tminus.undo_log ON DELETE CASCADE,
    n integer NOT NULL,
    event "char" NOT NULL,      -- 'u' 'd' 'i'; 'c': the copy of the whole table
    transaction xid8 NOT NULL,
    rows bigint NOT NULL,
    places integer[] NOT NULL); -- the columns whose values it holds
CREATE TABLE IF NOT EXISTS tminus.undo_mark (
    log text NOT NULL REFERENCES tminus.undo_log ON DELETE CASCADE,
    n integer NOT NULL,
    key_text text NOT NULL,
    mark "char" NOT NULL,       -- 'c' conflict, 'b' first made by the migration, 'a' deleted by it and made again,
                                -- 'f' found as it was before a statement, by no doing of ours, 'r' brought back just now
                                -- (without a key: key_text is the row's digest)
    why text);
CREATE INDEX IF NOT EXISTS undo_mark_by_key ON tminus.undo_mark (log, n, key_text);
CREATE TABLE IF NOT EXISTS tminus.undo_written (
    log text NOT NULL REFERENCES tminus.undo_log ON DELETE CASCADE,
    relation oid NOT NULL,      -- each table that was there
    schema text NOT NULL,
    name text NOT NULL,
    rows bigint NOT NULL,
    filenode oid,
    columns text[] NOT NULL);   -- number and type of each
