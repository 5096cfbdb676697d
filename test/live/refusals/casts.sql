-- ALTER COLUMN TYPE without USING, and defaults that a new type does not take.
--
-- SPDX-License-Identifier: Apache-2.0
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE tone AS ENUM ('sad', 'ok');
CREATE DOMAIN small AS int;
CREATE TABLE t (i int, b bigint, n numeric, f float8, o boolean, s text, v varchar(20), u uuid, j json, jb jsonb,
    d date, ts timestamp, tz timestamptz, iv interval, by bytea, m mood, sm small, a int[], sa text[], ip inet, c char(5),
    id bigint GENERATED ALWAYS AS IDENTITY, k serial,
    di int DEFAULT 0, ds text DEFAULT 'sad', dv varchar(5) DEFAULT 'ok', db boolean DEFAULT false, dt timestamptz DEFAULT now(),
    dn text DEFAULT NULL, de text DEFAULT 'x' || 'y');
-- each
ALTER TABLE t ALTER s TYPE int;
ALTER TABLE t ALTER s TYPE int USING s::int;
ALTER TABLE t ALTER s TYPE jsonb;
ALTER TABLE t ALTER v TYPE uuid;
ALTER TABLE t ALTER v TYPE mood;
ALTER TABLE t ALTER v TYPE text;
ALTER TABLE t ALTER s TYPE xml;
ALTER TABLE t ALTER s TYPE text[];
ALTER TABLE t ALTER s TYPE point;
ALTER TABLE t ALTER i TYPE boolean;
ALTER TABLE t ALTER i TYPE boolean USING i <> 0;
ALTER TABLE t ALTER o TYPE int;
ALTER TABLE t ALTER i TYPE bigint;
ALTER TABLE t ALTER b TYPE int;
ALTER TABLE t ALTER i TYPE money;
ALTER TABLE t ALTER f TYPE money;
ALTER TABLE t ALTER f TYPE int;
ALTER TABLE t ALTER n TYPE real;
ALTER TABLE t ALTER i TYPE uuid;
ALTER TABLE t ALTER i TYPE date;
ALTER TABLE t ALTER i TYPE timestamptz;
ALTER TABLE t ALTER i TYPE text;
ALTER TABLE t ALTER i TYPE small;
ALTER TABLE t ALTER sm TYPE bigint;
ALTER TABLE t ALTER sm TYPE boolean;
ALTER TABLE t ALTER i TYPE int[];
ALTER TABLE t ALTER a TYPE int;
ALTER TABLE t ALTER a TYPE bigint[];
ALTER TABLE t ALTER a TYPE text[];
ALTER TABLE t ALTER a TYPE boolean[];
ALTER TABLE t ALTER a TYPE text;
ALTER TABLE t ALTER sa TYPE int[];
ALTER TABLE t ALTER j TYPE jsonb;
ALTER TABLE t ALTER jb TYPE json;
ALTER TABLE t ALTER jb TYPE text;
ALTER TABLE t ALTER jb TYPE int;
ALTER TABLE t ALTER jb TYPE text[];
ALTER TABLE t ALTER d TYPE timestamptz;
ALTER TABLE t ALTER d TYPE int;
ALTER TABLE t ALTER d TYPE time;
ALTER TABLE t ALTER ts TYPE date;
ALTER TABLE t ALTER tz TYPE time;
ALTER TABLE t ALTER ts TYPE timetz;
ALTER TABLE t ALTER ts TYPE bigint;
ALTER TABLE t ALTER iv TYPE time;
ALTER TABLE t ALTER iv TYPE int;
ALTER TABLE t ALTER u TYPE text;
ALTER TABLE t ALTER u TYPE bytea;
ALTER TABLE t ALTER by TYPE text;
ALTER TABLE t ALTER s TYPE bytea;
ALTER TABLE t ALTER m TYPE text;
ALTER TABLE t ALTER m TYPE tone;
ALTER TABLE t ALTER m TYPE tone USING m::text::tone;
ALTER TABLE t ALTER m TYPE int;
ALTER TABLE t ALTER ip TYPE cidr;
ALTER TABLE t ALTER ip TYPE text;
ALTER TABLE t ALTER c TYPE varchar(5);
ALTER TABLE t ALTER id TYPE int;
ALTER TABLE t ALTER id TYPE text;
ALTER TABLE t ALTER id TYPE numeric;
ALTER TABLE t ALTER i TYPE serial;
ALTER TABLE t ALTER k TYPE bigint;
ALTER TABLE t ALTER k TYPE uuid USING gen_random_uuid();
ALTER TABLE t ALTER k DROP DEFAULT, ALTER k TYPE uuid USING gen_random_uuid();
ALTER TABLE t ALTER di TYPE boolean USING di <> 0;
ALTER TABLE t ALTER di DROP DEFAULT, ALTER di TYPE boolean USING di <> 0, ALTER di SET DEFAULT false;
ALTER TABLE t ALTER di TYPE boolean USING di <> 0, ALTER di SET DEFAULT false;
ALTER TABLE t ALTER di TYPE text USING di::text;
ALTER TABLE t ALTER di TYPE bigint;
ALTER TABLE t ALTER ds TYPE mood USING ds::mood;
ALTER TABLE t ALTER ds DROP DEFAULT; ALTER TABLE t ALTER ds TYPE mood USING ds::mood;
ALTER TABLE t ALTER dv TYPE mood USING dv::mood;
ALTER TABLE t ALTER dv TYPE text;
ALTER TABLE t ALTER db TYPE int USING db::int;
ALTER TABLE t ALTER dn TYPE int USING dn::int;
ALTER TABLE t ALTER dt TYPE date;
