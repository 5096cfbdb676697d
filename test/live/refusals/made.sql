-- Types and trigger functions that nothing made, and views that are replaced by others.
--
-- SPDX-License-Identifier: Apache-2.0
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN address AS text;
CREATE TYPE pair AS (a int, b int);
CREATE SCHEMA IF NOT EXISTS other;
CREATE OR REPLACE FUNCTION other.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE FUNCTION touch_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TABLE t (id bigint PRIMARY KEY, email text, n int, v tsvector);
CREATE VIEW w AS SELECT id, email FROM t;
CREATE VIEW counted AS SELECT email, count(*) FROM t GROUP BY email;
-- each
CREATE TABLE x (m moood);
CREATE TABLE x (m mood, a address, p pair, r t, l mood[]);
CREATE TABLE x (l moods[]);
CREATE TABLE x (l strng);
CREATE TABLE x (l text, k string);
CREATE TABLE x (l datetime);
CREATE TABLE x (l other.mood);
CREATE TABLE IF NOT EXISTS t (l moood);
ALTER TABLE t ADD COLUMN m moood;
ALTER TABLE t ADD COLUMN m mood;
ALTER TABLE t ADD COLUMN IF NOT EXISTS email moood;
ALTER TABLE t ADD COLUMN r daterange, ADD COLUMN p point, ADD COLUMN i interval day, ADD COLUMN b bit varying(5), ADD COLUMN d double precision;
ALTER TABLE t ALTER email TYPE adress;
ALTER TABLE t ALTER v TYPE address;
CREATE TYPE feel AS ENUM ('a'); ALTER TABLE t ADD COLUMN f feel;
CREATE TYPE two AS (a moood);
CREATE DOMAIN d AS moood;
CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch_rows();
CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch_row();
CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION other.touch();
CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE PROCEDURE suppress_redundant_updates_trigger();
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION tsvector_update_trigger(v, 'pg_catalog.english', email);
CREATE OR REPLACE VIEW w AS SELECT id FROM t;
CREATE OR REPLACE VIEW w AS SELECT id, email AS address FROM t;
CREATE OR REPLACE VIEW w AS SELECT email, id FROM t;
CREATE OR REPLACE VIEW w AS SELECT id, n, email FROM t;
CREATE OR REPLACE VIEW w AS SELECT n AS id, email FROM t;
CREATE OR REPLACE VIEW w AS SELECT id, email, n FROM t;
CREATE OR REPLACE VIEW w AS SELECT id, email, n FROM t WHERE n > 1;
CREATE OR REPLACE VIEW counted AS SELECT email, count(*), max(n) AS n FROM t GROUP BY email;
DROP VIEW w; CREATE VIEW w AS SELECT email, id FROM t;
CREATE OR REPLACE VIEW fresh AS SELECT email, id FROM t;
CREATE TABLE y AS SELECT id, count(*) FROM t GROUP BY id; UPDATE y SET count = 1 WHERE count > 1;
