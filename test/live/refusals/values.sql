-- Rows of VALUES that break a CHECK or repeat a key among themselves.
--
-- SPDX-License-Identifier: Apache-2.0
CREATE TYPE mood AS ENUM ('sad', 'ok', 'gone');
CREATE TABLE t (id int PRIMARY KEY, status text CHECK (status IN ('new', 'done')), n int CHECK (n > 0 AND n <= 10),
    low numeric CHECK (low BETWEEN 1 AND 2.5), m mood CHECK (m = 'sad' OR m = 'ok'), k text CHECK (k <> '') CHECK (length(k) < 3),
    a int, b text, UNIQUE (a, b), z int CHECK (z IS NOT NULL), w varchar(9) CHECK (((w)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[]))),
    neg int CHECK (neg >= -1), CHECK (CASE WHEN a > 1 AND n = 1 AND a < 9 THEN true ELSE true END), r real, f char(3) CHECK (f = 'a'));
CREATE UNIQUE INDEX t_low ON t (lower(b));
CREATE UNIQUE INDEX t_r ON t (r) WHERE r > 0;
-- each
INSERT INTO t (id, status, z) VALUES (1, 'new', 1), (2, 'done', 1);
INSERT INTO t (id, status, z) VALUES (1, 'new', 1), (2, 'old', 1);
INSERT INTO t (id, status, z) VALUES (1, NULL, 1);
INSERT INTO t (id, n, z) VALUES (1, 0, 1);
INSERT INTO t (id, n, z) VALUES (1, 11, 1);
INSERT INTO t (id, n, z) VALUES (1, 10, 1);
INSERT INTO t (id, n, z) VALUES (1, 0.6, 1);
INSERT INTO t (id, n, z) VALUES (1, 5 + 6 - 5, 1);
INSERT INTO t (id, low, z) VALUES (1, 2.5, 1);
INSERT INTO t (id, low, z) VALUES (1, 2.6, 1);
INSERT INTO t (id, low, z) VALUES (1, 0.9, 1);
INSERT INTO t (id, m, z) VALUES (1, 'ok', 1);
INSERT INTO t (id, k, z) VALUES (1, '', 1);
INSERT INTO t (id, k, z) VALUES (1, 'ab', 1);
INSERT INTO t (id, z) VALUES (1, NULL);
INSERT INTO t (id, w, z) VALUES (1, 'x', 1);
INSERT INTO t (id, w, z) VALUES (1, 'z', 1);
INSERT INTO t (id, neg, z) VALUES (1, -1, 1);
INSERT INTO t (id, neg, z) VALUES (1, -2, 1);
INSERT INTO t (id, f, z) VALUES (1, 'a  ', 1);
INSERT INTO t (id, z) VALUES (1, 1), (1, 2);
INSERT INTO t (id, z) VALUES (1, 1), (1, 2) ON CONFLICT DO NOTHING;
INSERT INTO t (id, z) VALUES (1, 1), (2, 1);
INSERT INTO t (id, a, b, z) VALUES (1, 1, 'x', 1), (2, 1, 'y', 1);
INSERT INTO t (id, a, b, z) VALUES (1, 1, 'x', 1), (2, 1, 'x', 1);
INSERT INTO t (id, a, b, z) VALUES (1, 1, NULL, 1), (2, 1, NULL, 1);
INSERT INTO t (id, a, z) VALUES (1, 1, 1), (2, 1, 1);
INSERT INTO t (id, r, z) VALUES (1, -1, 1), (2, -1, 1);
INSERT INTO t (id, a, n, z) VALUES (1, 2, 3, 1);
