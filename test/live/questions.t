#!/bin/sh
# Data questions against the server's own answer: for each row alone, the question counts it if and
# only if the statement fails on it. Nothing expected is written here: PostgreSQL and SQLite say.
#
# SPDX-License-Identifier: Apache-2.0
. "$SOURCE/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"
postgres_shared
database=tminus_questions
postgres_database $database

# ask_of DIALECT RULE [OPTION…]: the question of $tmp/m.sql into $tmp/question.sql, $tmp/decision.sql and
# $tmp/samples.sql.
ask_of()
{
    dialect=$1
    wanted=$2
    shift 2
    "$TMINUS" assess --format json --dialect "$dialect" --schema "$tmp/base.sql" "$@" "$tmp/m.sql" \
        >"$tmp/assessment.json" 2>"$tmp/err"
    jq -r --arg rule "$wanted" '[.findings[] | select(.rule == $rule and .question)][0].question // {} |
        .sql // ""' "$tmp/assessment.json" >"$tmp/question.sql"
    jq -r --arg rule "$wanted" '[.findings[] | select(.rule == $rule and .question)][0].question // {} |
        .samples // "SELECT 1"' "$tmp/assessment.json" >"$tmp/samples.sql"
    jq -r --arg rule "$wanted" '[.findings[] | select(.rule == $rule and .question)][0].question // {} |
        .decision // .sql // ""' "$tmp/assessment.json" >"$tmp/decision.sql"
}

# One line for each of $tmp/rows: the count, how many samples, and what became of the statement.
postgres_answers()
{
    while IFS= read -r line; do
        printf '%s\n' '\echo row' 'BEGIN;'
        cat "$tmp/base.sql"
        printf '%s\n' "$line" '\echo count'
        cat "$tmp/question.sql"
        printf '%s\n' ';' '\echo decision'
        cat "$tmp/decision.sql"
        printf '%s\n' ';' '\echo samples'
        cat "$tmp/samples.sql"
        printf '%s\n' ';' '\echo statement'
        cat "$tmp/m.sql"
        printf '%s\n' '\if :ERROR' '\echo failed' '\else' '\echo ran' '\endif' 'ROLLBACK;'
    done <"$tmp/rows" >"$tmp/session.sql"
    psql -X -q -A -t -d $database -f "$tmp/session.sql" 2>"$tmp/err"
}

sqlite_answers()
{
    while IFS= read -r line; do
        {
            cat "$tmp/base.sql"
            printf '%s\n' "$line" '.print count'
            cat "$tmp/question.sql"
            printf '%s\n' ';' '.print decision'
            cat "$tmp/decision.sql"
            printf '%s\n' ';' '.print samples'
            cat "$tmp/samples.sql"
            printf '%s\n' ';' '.print statement'
            cat "$tmp/m.sql"
            echo '.print ran'
        } >"$tmp/session.sql"
        echo row
        sqlite3 -bail :memory: <"$tmp/session.sql" 2>>"$tmp/err" || echo failed
    done <"$tmp/rows"
}

# holds DIALECT RULE NAME, after `base`, `statement` and `rows`: each line of $tmp/rows is one case, and at
# least one of them fails and one does not. A row that is counted has a sample.
holds()
{
    ask_of "$1" "$2"
    "$1_answers" >"$tmp/out"
    awk 'FNR == NR { line[FNR] = $0; n = FNR; next }
        /^row$/ { i++; part = ""; next }
        /^(count|decision|samples|statement)$/ { part = $0; next }
        /^(ran|failed)$/ { fate[i] = $0; next }
        part == "count" { count[i] = $0 }
        part == "decision" { decision[i] = $0 }
        part == "samples" { samples[i]++ }
        END {
            for (i = 1; i <= n; i++) {
                if (count[i] !~ /^[0-9]+$/) wrong = "was not asked"
                else if (fate[i] == "ran" && count[i] > 0) wrong = "counted " count[i] ", and it ran"
                else if (fate[i] == "failed" && count[i] == 0) wrong = "counted 0, and it failed"
                else if (decision[i] != (count[i] > 0)) wrong = "decided " decision[i]
                else if (fate[i] == "failed" && samples[i] == 0) wrong = "counted, and no sample"
                else wrong = ""
                if (wrong != "") print wrong ": " line[i]
                ran += fate[i] == "ran"; failed += fate[i] == "failed"
            }
            if (ran == 0 || failed == 0) print ran + 0 " ran, " failed + 0 " failed"
        }' "$tmp/rows" "$tmp/out" >"$tmp/wrong"
    [ ! -s "$tmp/wrong" ]
    result $? "$1: $2: $3"
    [ ! -s "$tmp/wrong" ] || show "$tmp/err"
    show "$tmp/wrong"
}

base() { cat >"$tmp/base.sql"; }
rows() { cat >"$tmp/rows"; }
statement() { printf '%s\n' "$1" >"$tmp/m.sql"; }

# --- unique

base <<'EOF'
CREATE TABLE "Mail" ("Id" bigint PRIMARY KEY, "Address" text, box text, size int);
EOF
rows <<'EOF'
INSERT INTO "Mail" VALUES (1, 'a', 'x', 1), (2, 'b', 'x', 1), (3, NULL, NULL, NULL), (4, NULL, NULL, NULL);
INSERT INTO "Mail" VALUES (1, 'a', 'x', 1), (2, 'a', 'x', 1);
INSERT INTO "Mail" VALUES (1, 'a', 'x', 1), (2, 'A', 'x', 1);
INSERT INTO "Mail" VALUES (1, 'a', 'x', 0), (2, 'a', 'y', 0);
INSERT INTO "Mail" VALUES (1, 'a', NULL, 0), (2, 'a', NULL, 0);
INSERT INTO "Mail" VALUES (1, 'a', NULL, 5), (2, 'a', NULL, 5);
EOF
for made in 'ALTER TABLE "Mail" ADD UNIQUE ("Address");' \
    'CREATE UNIQUE INDEX mail_box ON "Mail" ("Address", box);' \
    'CREATE UNIQUE INDEX mail_lower ON "Mail" (lower("Address"), box);' \
    'CREATE UNIQUE INDEX mail_size ON "Mail" ("Address" COLLATE "C" DESC) WHERE size > 0 OR box IS NULL;' \
    'ALTER TABLE "Mail" ADD UNIQUE NULLS NOT DISTINCT ("Address", box);' \
    'CREATE UNIQUE INDEX mail_nulls ON "Mail" (box, (size / 2)) NULLS NOT DISTINCT;'; do
    statement "$made"
    holds postgres unique-may-fail "$made"
done
for made in 'CREATE UNIQUE INDEX mail_box ON "Mail" ("Address", box);' \
    'CREATE UNIQUE INDEX mail_lower ON "Mail" (lower("Address"));' \
    'CREATE UNIQUE INDEX mail_size ON "Mail" ("Address" COLLATE NOCASE DESC) WHERE size > 0 OR box IS NULL;'; do
    statement "$made"
    holds sqlite unique-may-fail "$made"
done
base <<'EOF'
CREATE TABLE mail (id int, address text);
CREATE TABLE mail_old () INHERITS (mail);
EOF
rows <<'EOF'
INSERT INTO mail VALUES (1, 'a'); INSERT INTO mail_old VALUES (2, 'a');
INSERT INTO mail VALUES (1, 'a'), (2, 'a');
EOF
statement 'CREATE UNIQUE INDEX ON mail (address);'
holds postgres unique-may-fail "rows of an inheriting table do not count"

# --- NOT NULL

base <<'EOF'
CREATE TABLE "Mail" (id bigint, "Box" text, CONSTRAINT named UNIQUE (id));
CREATE UNIQUE INDEX mail_key ON "Mail" (id, "Box");
EOF
rows <<'EOF'
INSERT INTO "Mail" VALUES (1, 'x');
INSERT INTO "Mail" VALUES (1, 'x'), (2, NULL);
EOF
for made in 'ALTER TABLE "Mail" ALTER COLUMN "Box" SET NOT NULL;' \
    'ALTER TABLE "Mail" ADD PRIMARY KEY ("Box");'; do
    statement "$made"
    holds postgres not-null-may-fail "$made"
done
rows <<'EOF'
INSERT INTO "Mail" VALUES (1, 'x'), (2, 'x');
INSERT INTO "Mail" VALUES (NULL, 'x'), (2, 'x');
EOF
sed -i 's/"Box" text/"Box" text NOT NULL/' "$tmp/base.sql"
statement 'ALTER TABLE "Mail" ADD PRIMARY KEY USING INDEX mail_key;'
holds postgres not-null-may-fail "a primary key made of an index"
rows <<'EOF'
SELECT 1;
INSERT INTO "Mail" VALUES (1, 'x');
EOF
statement 'ALTER TABLE "Mail" ADD COLUMN n int; ALTER TABLE "Mail" ALTER COLUMN n SET NOT NULL;'
holds postgres not-null-may-fail "a column that was just added"
statement 'ALTER TABLE "Mail" ADD COLUMN n int NOT NULL;'
holds postgres not-null-no-default "a table with a row"
holds sqlite not-null-no-default "a table with a row"
statement 'ALTER TABLE "Mail" ADD COLUMN n int DEFAULT (abs(1));'
holds sqlite add-column-refused "a table with a row"

# --- CHECK

base <<'EOF'
CREATE TABLE "Mail" (id bigint, "Size" int, box text);
ALTER TABLE "Mail" ADD CONSTRAINT small CHECK ("Size" < 10 OR box = 'big') NOT VALID;
ALTER TABLE "Mail" DISABLE TRIGGER ALL;
CREATE TABLE mail_old () INHERITS ("Mail");
EOF
rows <<'EOF'
INSERT INTO "Mail" VALUES (1, 9, 'x'), (2, NULL, 'x'), (3, 3, NULL);
INSERT INTO "Mail" VALUES (1, -9, 'x');
INSERT INTO mail_old VALUES (1, -9, 'x');
INSERT INTO "Mail" VALUES (1, -9, NULL);
EOF
for made in 'ALTER TABLE "Mail" ADD CHECK ("Size" > 0);' \
    'ALTER TABLE "Mail" ADD CHECK ("Size" > 0) NO INHERIT;' \
    'ALTER TABLE "Mail" ADD CONSTRAINT c CHECK ("Size" > 0 OR box = '"'y'"');' ; do
    statement "$made"
    holds postgres check-may-fail "$made"
done
base <<'EOF'
CREATE TABLE "Mail" (id bigint, "Size" int, box text);
EOF
statement 'ALTER TABLE "Mail" VALIDATE CONSTRAINT small;'
rows <<'EOF'
INSERT INTO "Mail" VALUES (1, 9, 'x'), (2, 11, 'big'); ALTER TABLE "Mail" ADD CONSTRAINT small CHECK ("Size" < 10 OR box = 'big') NOT VALID;
INSERT INTO "Mail" VALUES (1, 11, 'x'); ALTER TABLE "Mail" ADD CONSTRAINT small CHECK ("Size" < 10 OR box = 'big') NOT VALID;
EOF
cp "$tmp/base.sql" "$tmp/base.kept"
echo "ALTER TABLE \"Mail\" ADD CONSTRAINT small CHECK (\"Size\" < 10 OR box = 'big') NOT VALID;" >>"$tmp/base.sql"
ask_of postgres check-may-fail
cp "$tmp/question.sql" "$tmp/kept.sql"
mv "$tmp/base.kept" "$tmp/base.sql"
is "VALIDATE asks what ADD would have" "$(cat "$tmp/kept.sql")" \
    "SELECT count(*) FROM public.\"Mail\" WHERE NOT (\"Size\" < 10 OR box = 'big')"

# --- FOREIGN KEY

base <<'EOF'
CREATE TABLE "Box" (id bigint PRIMARY KEY, "Zone" text, part int, UNIQUE ("Zone", part));
CREATE TABLE mail (id bigint PRIMARY KEY, "boxId" bigint, zone text, part int, "parentId" bigint);
INSERT INTO "Box" VALUES (1, 'eu', 1), (2, 'us', 2);
EOF
rows <<'EOF'
INSERT INTO mail VALUES (10, 1, 'eu', 1, 10), (11, NULL, NULL, NULL, NULL);
INSERT INTO mail VALUES (10, 3, 'eu', 2, 9);
INSERT INTO mail VALUES (10, 1, 'eu', NULL, 10);
INSERT INTO mail VALUES (10, 1, 'mars', NULL, 10);
INSERT INTO mail VALUES (10, 1, NULL, NULL, 11), (11, 1, NULL, NULL, 10);
EOF
for made in 'ALTER TABLE mail ADD FOREIGN KEY ("boxId") REFERENCES "Box";' \
    'ALTER TABLE mail ADD FOREIGN KEY (zone, part) REFERENCES "Box" ("Zone", part);' \
    'ALTER TABLE mail ADD FOREIGN KEY (zone, part) REFERENCES "Box" ("Zone", part) MATCH FULL;' \
    'ALTER TABLE mail ADD FOREIGN KEY ("parentId") REFERENCES mail (id);'; do
    statement "$made"
    holds postgres fk-may-fail "$made"
done

# --- types

# casts TYPE FROM VALUE…: each value alone, from a text column of type FROM, by USING.
casts()
{
    to=$1
    printf 'CREATE TABLE "Mail" (id int, "Value" %s);\n' "$2" >"$tmp/base.sql"
    using=$3
    shift 3
    : >"$tmp/rows"
    for value in "$@"; do
        printf 'INSERT INTO "Mail" VALUES (1, NULL), (2, %s);\n' "$value" >>"$tmp/rows"
    done
    statement "ALTER TABLE \"Mail\" ALTER COLUMN \"Value\" TYPE $to $using;"
    holds postgres type-cast-may-fail "$(tail -c +6 "$tmp/m.sql")"
}

casts int text 'USING "Value"::int' "'1'" "' -7 '" "E'\\t+007\\n'" "''" "' '" "'x'" "'1 2'" "'1.0'" "'2147483647'" "'2147483648'" \
    "'-2147483648'" "'-2147483649'" "'00000000000000012'" "'1e3'" "'１'" "E'\\u30001'" "E'1\\u00a0'" "'--1'" "repeat('9', 300)"
casts smallint varchar 'USING CAST("Value" AS smallint)' "'1'" "'32768'" "'-32768'" "'x'"
casts bigint text 'USING "Value"::bigint' "'9223372036854775807'" "'9223372036854775808'" "'-9223372036854775808'" "'1_000'" "'0x10'"
casts int 'varchar(20)' "USING nullif(\"Value\", '')::int" "''" "' '" "'12'" "'12x'"
casts numeric text 'USING "Value"::numeric' "'1'" "' 1.50 '" "'.5'" "'5.'" "'.'" "'1e10'" "'1e'" "'NaN'" "' nan '" "'Infinity'" "'-inf'" "'1,5'" "''" "'1 e1'"
casts 'numeric(5, 2)' text 'USING "Value"::numeric(5,2)' "'999.994'" "'999.995'" "'-999.99'" "'1000'" "'1e2'" "'1e3'" "'NaN'" "'Infinity'" "'x'"
casts 'double precision' text 'USING "Value"::double precision' "'1.5'" "'1e308'" "'1e309'" "'-1e400'" "'inf'" "'nan'" "'x'" "''"
casts boolean text 'USING "Value"::boolean' "'t'" "'TRUE'" "'tru'" "'on'" "'of'" "'o'" "'off'" "'1'" "'2'" "' yes '" "'yess'" "''" "'n'"
casts uuid text 'USING "Value"::uuid' "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'" "'{a0eebc999c0b4ef8bb6d6bb9bd380a11}'" \
    "'a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11'" "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1'" "'{a0eebc999c0b4ef8bb6d6bb9bd380a11'" \
    "' a0eebc999c0b4ef8bb6d6bb9bd380a11'" "''" "'a0eebc999c0b4ef8bb6d6bb9bd380a11-'"
casts date text 'USING "Value"::date' "'2024-02-29'" "'2023-02-29'" "'2023-12-31'" "'2023-13-01'" "'2023-04-31'" "' 2023-4-5 '" "'0000-01-01'" "'x'" "''"
casts timestamp text 'USING "Value"::timestamp' "'2024-02-29 23:59:59.5'" "'2024-02-29T10:00'" "'2023-02-29 10:00'" "'2023-01-01 24:30'" "'2023-01-01 10:61'" \
    "'2023-01-01'" "'x'" "'2023-01-01 10:00:00 +02'"
casts timestamptz text 'USING "Value"::timestamptz' "'2024-02-29 23:59:59+02:30'" "'2024-02-29 23:59:59Z'" "'2024-02-30 23:59:59Z'" "'no'"
casts 'varchar(3)' text '' "'abc'" "'abcd'" "'abc  '" "'äöü'" "'äöüx'" "'   x'"
casts 'char(3)' 'varchar(9)' '' "'abc'" "'abcd'" "'abc '"
casts 'numeric(5, 2)' text "USING CAST(replace(\"Value\", ',', '.') AS numeric(5, 2))" "'9,5'" "'9.9.9'" "'1000,1'"
casts 'varchar(3)' text "USING btrim(\"Value\")" "'  abc  '" "'abcd'"
casts int bigint '' 1 2147483647 2147483648 -2147483648 -2147483649
casts smallint int 'USING "Value"::smallint' 1 32768
casts int numeric '' 1.4 2147483647.4 2147483647.5 "'NaN'" "'Infinity'"
casts int 'double precision' '' 1.4 2147483647.4 2147483647.5 "'NaN'" "'-Infinity'"
casts bigint 'double precision' '' 1.4 9223372036854775807 9223372036854774784 -9223372036854775808 -9223372036854777856
casts real 'double precision' '' 1.4 3.4e38 3.5e38 1e-50 0 "'Infinity'" "'NaN'" 3.4028235677973366e38 3.4028235677973362e38
casts 'numeric(4, 1)' numeric '' 999.94 999.95 "'NaN'" "'Infinity'" -1000
casts 'numeric(4, 1)' bigint '' 999 1000 -1000
casts 'numeric(4, 1)' 'double precision' '' 999.9 999.96 "'NaN'" "'Infinity'"

# --- enums

base <<'EOF'
CREATE TYPE mood AS ENUM ('new', 'It''s', 'old');
CREATE TYPE mood_next AS ENUM ('new', 'It''s');
CREATE TABLE "Mail" (id int, "Mood" mood, word text);
EOF
rows <<'EOF'
INSERT INTO "Mail" VALUES (1, 'new', 'new'), (2, 'It''s', 'It''s'), (3, NULL, NULL);
INSERT INTO "Mail" VALUES (1, 'old', 'older');
EOF
statement 'ALTER TABLE "Mail" ALTER COLUMN "Mood" TYPE mood_next USING "Mood"::text::mood_next;'
holds postgres enum-value-removal "a label that the new type lacks"
statement 'ALTER TABLE "Mail" ALTER COLUMN word TYPE mood_next USING word::mood_next;'
holds postgres type-cast-may-fail "a text to an enum"

# --- exclusion

base <<'EOF'
CREATE TABLE "Room" (id int PRIMARY KEY, "Nr" int, during int4range, state text);
EOF
rows <<'EOF'
INSERT INTO "Room" VALUES (1, 1, '[1,5)', 'a'), (2, 1, '[5,9)', 'a'), (3, 2, '[2,3)', NULL), (4, NULL, NULL, NULL), (5, NULL, NULL, NULL);
INSERT INTO "Room" VALUES (1, 1, '[1,5)', 'a'), (2, 2, '[5,9)', 'b'), (3, NULL, NULL, 'a');
INSERT INTO "Room" VALUES (1, 1, '[1,5)', 'a'), (2, 2, '[4,9)', 'a');
INSERT INTO "Room" VALUES (1, 1, '[1,5)', 'a'), (2, 1, '[4,9)', 'gone');
INSERT INTO "Room" VALUES (1, 1, '[1,5)', 'a'), (2, 1, '[4,9)', 'a');
EOF
for made in 'ALTER TABLE "Room" ADD EXCLUDE USING gist (during WITH &&);' \
    'ALTER TABLE "Room" ADD EXCLUDE USING gist (int4range("Nr", "Nr", $$[]$$) WITH =, during WITH OPERATOR(pg_catalog.&&));' \
    "ALTER TABLE \"Room\" ADD EXCLUDE USING gist (during WITH &&) WHERE (state <> 'gone');" \
    'ALTER TABLE "Room" ADD EXCLUDE ("Nr" WITH =, state COLLATE "C" WITH =);'; do
    statement "$made"
    holds postgres exclusion-may-fail "$made"
done

# --- domains

base <<'EOF'
CREATE DOMAIN "Size" AS int;
CREATE TABLE "Mail" (id int PRIMARY KEY, "Large" "Size", small "Size");
CREATE TABLE other (n "Size");
EOF
rows <<'EOF'
INSERT INTO "Mail" VALUES (1, 1, 2); INSERT INTO other VALUES (3);
INSERT INTO "Mail" VALUES (1, 1, 2); INSERT INTO other VALUES (-3);
INSERT INTO "Mail" VALUES (1, -1, 2);
INSERT INTO "Mail" VALUES (1, 1, NULL);
EOF
for made in 'ALTER DOMAIN "Size" ADD CHECK (VALUE > 0);' 'ALTER DOMAIN "Size" SET NOT NULL;'; do
    statement "$made"
    holds postgres domain-may-fail "$made"
done

# --- what depends, what stays behind, what is cut: the server says the same

# fires RULE STATEMENT after `base`: the rule fires.
fires()
{
    printf '%s\n' "$2" >"$tmp/m.sql"
    "$TMINUS" assess --format json --schema "$tmp/base.sql" "$tmp/m.sql" 2>"$tmp/err" |
        jq -e --arg rule "$1" 'any(.findings[]; .rule == $rule)' >/dev/null
}

# agrees_with_server RULE STATEMENT: the rule fires if and only if the statement fails.
agrees_with_server()
{
    fired=no failed=no
    fires "$1" "$2" && fired=yes
    { echo 'BEGIN;'; cat "$tmp/base.sql" "$tmp/m.sql"; } |
        psql -X -q -v ON_ERROR_STOP=1 -d $database >"$tmp/out" 2>&1 || failed=yes
    is "$1: $2" "$fired" "$failed"
}

base <<'EOF'
CREATE TABLE mail (id serial PRIMARY KEY, "Size" int, box text);
CREATE VIEW large AS SELECT id FROM mail WHERE "Size" > 5;
EOF
for made in 'ALTER TABLE mail ALTER COLUMN "Size" TYPE bigint;' 'ALTER TABLE mail DROP COLUMN "Size";' \
    'ALTER TABLE mail DROP COLUMN "Size" CASCADE;' 'ALTER TABLE mail DROP COLUMN box;' \
    'ALTER TABLE mail ALTER COLUMN box TYPE varchar;' \
    'DROP VIEW large; ALTER TABLE mail ALTER COLUMN "Size" TYPE bigint;'; do
    agrees_with_server depends-on-column "$made"
done

# The server's own view of the sequence after the change.
sequence_type()
{
    { echo 'BEGIN;'; cat "$tmp/base.sql" "$tmp/m.sql"; echo "SELECT data_type FROM pg_sequences WHERE sequencename = 'mail_id_seq';"; } |
        psql -X -q -A -t -v ON_ERROR_STOP=1 -d $database 2>&1
}
base <<'EOF'
CREATE TABLE mail (id serial PRIMARY KEY);
EOF
fires sequence-not-widened 'ALTER TABLE mail ALTER COLUMN id TYPE bigint;'
result $? 'sequence-not-widened fires'
is 'and the sequence ends where integer ends' "$(sequence_type)" integer
fires sequence-not-widened 'ALTER TABLE mail ALTER COLUMN id TYPE bigint; ALTER SEQUENCE mail_id_seq AS bigint;'
is 'not where it is widened, too' "$? $(sequence_type)" '1 bigint'
sed -i 's/serial/int GENERATED ALWAYS AS IDENTITY/' "$tmp/base.sql"
fires sequence-not-widened 'ALTER TABLE mail ALTER COLUMN id TYPE bigint;'
is 'nor of an identity column' "$? $(sequence_type)" '1 bigint'

# An index that a failed attempt left invalid.
postgres_sql $database 'CREATE TABLE mail (id int, box text); INSERT INTO mail VALUES (1, $$a$$), (2, $$a$$);'
postgres_sql $database 'CREATE UNIQUE INDEX CONCURRENTLY "Mail_box" ON mail (box)' 2>"$tmp/err"
echo 'CREATE TABLE mail (id int, box text);' >"$tmp/base.sql"
statement 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "Mail_box" ON mail (box);'
"$TMINUS" assess --format json "$tmp/m.sql" | jq -r '.findings[] | select(.rule == "concurrent-index-left-invalid") | .question.sql' >"$tmp/question.sql"
is 'an invalid index is counted' "$(psql -XAtq -d $database -f "$tmp/question.sql")" 1
postgres_sql $database 'DROP INDEX "Mail_box"'
is 'none is left' "$(psql -XAtq -d $database -f "$tmp/question.sql")" 0

# --- what is lost without an error

# loses DIALECT RULE MEASURE, after `base`, `statement` and `rows`: the question's count is what MEASURE counts
# after the statement has run, for each line of $tmp/rows; at least one line loses nothing and one something.
loses()
{
    n_good=0 n_bad=0
    ask_of "$1" "$2"
    : >"$tmp/wrong"
    printf '%s\n' "$3" >"$tmp/measure.sql"
    while IFS= read -r line; do
        printf '%s\n' "$line" >"$tmp/row.sql"
        cat "$tmp/base.sql" "$tmp/row.sql" >"$tmp/session.sql"
        { cat "$tmp/question.sql"; echo ';'; cat "$tmp/m.sql" "$tmp/measure.sql"; } >>"$tmp/session.sql"
        if [ "$1" = sqlite ]; then
            sqlite3 -bail :memory: <"$tmp/session.sql" >"$tmp/out" 2>&1
        else
            { echo 'BEGIN;'; cat "$tmp/session.sql"; } |
                psql -X -q -A -t -v ON_ERROR_STOP=1 -d $database >"$tmp/out" 2>&1
        fi
        counted=$(sed -n 1p "$tmp/out")
        [ "$(cat "$tmp/out")" = "$(printf '%s\n%s' "$counted" "$counted")" ] ||
            { echo "$line"; cat "$tmp/out"; } >>"$tmp/wrong"
        if [ "$counted" = 0 ]; then n_good=$((n_good + 1)); else n_bad=$((n_bad + 1)); fi
    done <"$tmp/rows"
    [ $n_good -gt 0 ] || echo "nothing kept all" >>"$tmp/wrong"
    [ $n_bad -gt 0 ] || echo "nothing lost any" >>"$tmp/wrong"
    [ ! -s "$tmp/wrong" ]
    result $? "$1: $2: $(head -c 90 "$tmp/m.sql" | tr '\n' ' ') ($n_good good, $n_bad bad)"
    show "$tmp/wrong"
}

base <<'EOF'
CREATE TABLE "Mail" (id int PRIMARY KEY, box text, size int);
CREATE TABLE boxes (name text, "Zone" text);
CREATE TABLE sorted (id int, "Zone" text);
EOF
rows <<'EOF'
INSERT INTO "Mail" VALUES (1, 'a', 1), (2, 'b', 9); INSERT INTO boxes VALUES ('a', 'x'), ('b', 'y'), ('c', 'z');
INSERT INTO "Mail" VALUES (1, 'a', 1), (2, 'b', 9), (3, NULL, 9), (4, 'd', 9); INSERT INTO boxes VALUES ('a', 'x'), ('b', 'y');
INSERT INTO "Mail" VALUES (1, 'a', 1), (2, 'b', 9); INSERT INTO boxes VALUES ('b', 'x'), ('b', 'y');
INSERT INTO "Mail" VALUES (1, 'a', 1), (2, 'b', 1); INSERT INTO boxes VALUES ('b', 'x'), ('b', 'y');
EOF
lost='SELECT count(*) FROM "Mail" WHERE (SELECT count(*) FROM sorted WHERE sorted.id = "Mail".id) <> 1'
for dialect in postgres sqlite; do
    statement 'INSERT INTO sorted SELECT m.id, b."Zone" FROM "Mail" AS m JOIN boxes b ON b.name = m.box;'
    loses $dialect insert-select-join-loses-rows "$lost;"
    statement 'INSERT INTO sorted SELECT id, "Zone" FROM "Mail", boxes WHERE name = box;'
    ask_of $dialect insert-select-join-loses-rows
    is "$dialect: no question where WHERE joins" "$(cat "$tmp/question.sql")" ""
    statement 'INSERT INTO sorted SELECT "Mail".id, "Zone" FROM "Mail" INNER JOIN boxes ON name = box WHERE size > 5;'
    loses $dialect insert-select-join-loses-rows "$lost AND size > 5;"
done
statement 'CREATE TABLE copied AS SELECT m.id, b."Zone" FROM "Mail" m JOIN boxes b ON b.name = m.box;'
loses postgres insert-select-join-loses-rows "$(echo "$lost;" | sed 's/sorted/copied/g')"

base <<'EOF'
CREATE TABLE old (id int, "Address" text);
CREATE TABLE fresh (nr int PRIMARY KEY, address text);
EOF
rows <<'EOF'
INSERT INTO old VALUES (1, 'a'), (2, 'a');
INSERT INTO old VALUES (1, 'a'), (1, 'b'), (2, 'c'), (2, 'c'), (2, 'd'); INSERT INTO fresh VALUES (9, 'x');
INSERT INTO old VALUES (1, 'a'), (2, 'c'), (2, 'c'); INSERT INTO fresh VALUES (2, 'x'), (1, 'y'), (7, 'z');
EOF
copied="SELECT (SELECT count(*) FROM old) - (SELECT count(*) FROM fresh WHERE address NOT IN ('x', 'y', 'z'));"
for dialect in postgres sqlite; do
    statement 'INSERT INTO fresh (address, nr) SELECT "Address", id FROM old ON CONFLICT DO NOTHING;'
    [ $dialect = postgres ] || statement 'INSERT OR IGNORE INTO fresh (address, nr) SELECT "Address", id FROM old;'
    loses $dialect on-conflict-do-nothing "$copied"
done
statement 'CREATE TABLE newer (id int UNIQUE, address text); INSERT INTO newer SELECT id, "Address" FROM old ON CONFLICT (id) DO NOTHING;'
loses postgres on-conflict-do-nothing "SELECT (SELECT count(*) FROM old) - (SELECT count(*) FROM newer);"
sed -i 's/address text)/address text UNIQUE)/' "$tmp/base.sql"
statement 'INSERT INTO fresh (address, nr) SELECT "Address", id FROM old ON CONFLICT DO NOTHING;'
ask_of postgres on-conflict-do-nothing
is "two keys: which row stays depends on the order" "$(cat "$tmp/question.sql")" ""

# narrows TYPE FROM USING VALUE…: values that do not come back as they were.
narrows()
{
    printf 'CREATE TABLE "Mail" (id int PRIMARY KEY, "Value" %s);\n' "$2" >"$tmp/base.sql"
    statement "CREATE TEMP TABLE was AS SELECT * FROM \"Mail\"; ALTER TABLE \"Mail\" ALTER COLUMN \"Value\" TYPE $1 $3;"
    measure="SELECT count(*) FROM \"Mail\" JOIN was USING (id) WHERE \"Mail\".\"Value\"::$2 IS DISTINCT FROM was.\"Value\";"
    : >"$tmp/rows"
    from=$2
    shift 3
    for value in "$@"; do
        printf 'INSERT INTO "Mail" VALUES (1, NULL), (2, %s::%s);\n' "$value" "$from" >>"$tmp/rows"
    done
    loses postgres type-narrowing "$measure"
}
narrows 'numeric(8, 1)' numeric '' 1.5 1.55 "'NaN'" -2
narrows int numeric '' 1 1.5
narrows int 'double precision' '' 1 1.5
narrows real 'double precision' '' 0.5 0.1
narrows date timestamp '' "'2026-01-01'" "'2026-01-01 10:00'"
narrows 'timestamp(0)' timestamp '' "'2026-01-01 10:00:01'" "'2026-01-01 10:00:00.4'"
narrows 'varchar(3)' text 'USING "Value"::varchar(3)' "'abc'" "'abcd'"

echo 'CREATE TABLE "Mail" (id int PRIMARY KEY, "Value" double precision);' >"$tmp/base.sql"
statement 'ALTER TABLE "Mail" ALTER COLUMN "Value" TYPE int;'
ask_of postgres type-narrowing
{ cat "$tmp/base.sql"; echo 'INSERT INTO "Mail" VALUES (1, 1e30), (2, 1.5);'; cat "$tmp/question.sql"; } >"$tmp/session.sql"
is 'a value out of range does not end the question' "$({ echo 'BEGIN;'; cat "$tmp/session.sql"; } | psql -XAtq -d $database 2>&1)" 1

base <<'EOF'
CREATE TABLE "Mail" (id int PRIMARY KEY, "Address" text);
EOF
rows <<'EOF'
INSERT INTO "Mail" VALUES (1, 'a'), (2, 'B'), (3, 'a');
INSERT INTO "Mail" VALUES (1, 'a'), (2, 'A'), (3, 'b'), (4, 'B'), (5, 'c');
INSERT INTO "Mail" VALUES (1, ''), (2, NULL), (3, 'b');
EOF
for made in 'lower("Address")' "nullif(lower(\"Address\"), '')"; do
    statement "CREATE TEMP TABLE was AS SELECT * FROM \"Mail\"; ALTER TABLE \"Mail\" ALTER COLUMN \"Address\" TYPE varchar USING $made;"
    loses postgres using-expression-lossy 'SELECT count(*) FROM (SELECT 1 FROM "Mail" JOIN was USING (id) GROUP BY "Mail"."Address"
        HAVING count(DISTINCT coalesce(was."Address", $$none$$)) > 1) AS merged;'
done
rows <<'EOF'
INSERT INTO "Mail" VALUES (1, NULL);
INSERT INTO "Mail" VALUES (1, 'a'), (2, 'A'), (3, NULL);
EOF
statement "CREATE TEMP TABLE was AS SELECT * FROM \"Mail\"; ALTER TABLE \"Mail\" ALTER COLUMN \"Address\" TYPE varchar USING 'none';"
loses postgres using-expression-lossy 'SELECT count("Address") FROM was;'

# --- joins that meet a row twice, numbers that are given again

base <<'EOF'
CREATE TABLE "Mail" ("Id" int PRIMARY KEY, "Box" text);
CREATE TABLE events (id int PRIMARY KEY, mail int, box text);
EOF
rows <<'EOF'
INSERT INTO "Mail" VALUES (1, 'a'), (2, 'b'); INSERT INTO events VALUES (1, 1, 'x'), (2, 2, 'y'), (3, NULL, 'z');
INSERT INTO "Mail" VALUES (1, 'a'), (2, 'b'); INSERT INTO events VALUES (1, 1, 'x'), (2, 1, 'y');
INSERT INTO "Mail" VALUES (1, 'a'), (2, 'b'); INSERT INTO events VALUES (1, 9, 'x'), (2, 9, 'y');
EOF
statement 'MERGE INTO "Mail" USING events AS e ON e.mail = "Mail"."Id" WHEN MATCHED THEN UPDATE SET "Box" = e.box;'
holds postgres merge-source-not-unique 'a row that two match'
statement 'CREATE TEMP TABLE was AS SELECT "Id" FROM "Mail" AS m JOIN events e ON e.mail = "Id" AND e.box > $$w$$; UPDATE "Mail" AS m SET "Box" = e.box FROM events e WHERE e.mail = m."Id" AND e.box > $$w$$;'
loses postgres update-join-not-unique 'SELECT count(*) FROM (SELECT 1 FROM was GROUP BY "Id" HAVING count(*) > 1) AS doubled;'
base <<'EOF'
CREATE TABLE "Mail" ("Id" serial PRIMARY KEY, box text);
EOF
rows <<'EOF'
INSERT INTO "Mail" VALUES (1, 'a'), (2, 'b');
INSERT INTO "Mail" VALUES (3, 'a'), (4, 'b');
INSERT INTO "Mail" VALUES (3, 'a'), (5, 'b');
EOF
for made in "ALTER SEQUENCE \"Mail_Id_seq\" RESTART WITH 3;" "SELECT setval('\"Mail_Id_seq\"', 3, false);" \
    "SELECT setval(pg_get_serial_sequence('\"Mail\"', 'Id'), 2);" \
    "ALTER TABLE \"Mail\" ALTER COLUMN \"Id\" DROP DEFAULT; DROP SEQUENCE \"Mail_Id_seq\"; ALTER TABLE \"Mail\" ALTER COLUMN \"Id\" ADD GENERATED ALWAYS AS IDENTITY (START WITH 3);"; do
    statement "$made INSERT INTO \"Mail\" (box) VALUES ('next');"
    holds postgres sequence-restart "$made"
done

# --- partitions

rows <<'EOF'
SELECT 1;
INSERT INTO "C" VALUES (1, 1, 'a'), (9, 9, 'b');
INSERT INTO "C" VALUES (10, 1, 'a');
INSERT INTO "C" VALUES (5, 5, 'x');
INSERT INTO "C" VALUES (0, 0, 'a');
INSERT INTO "C" VALUES (1, NULL, 'b');
INSERT INTO "C" VALUES (NULL, 1, NULL);
EOF
while read -r by for; do
    base <<EOF
CREATE TABLE p ("A" int, b int, c text) PARTITION BY $by;
CREATE TABLE "C" ("A" int, b int, c text);
EOF
    statement "ALTER TABLE p ATTACH PARTITION \"C\" FOR VALUES $for;"
    holds postgres partition-bound-may-fail "$by: $for"
    base <<EOF
CREATE TABLE p ("A" int, b int, c text) PARTITION BY $by;
CREATE TABLE "C" PARTITION OF p DEFAULT;
EOF
    case $by in HASH*) continue ;; esac
    statement "CREATE TABLE p1 PARTITION OF p FOR VALUES $for;"
    holds postgres partition-bound-may-fail "beside a default partition: $by: $for"
    base <<EOF
CREATE TABLE p ("A" int, b int, c text) PARTITION BY $by;
CREATE TABLE p1 PARTITION OF p FOR VALUES $for;
CREATE TABLE "C" ("A" int, b int, c text);
EOF
    statement "ALTER TABLE p ATTACH PARTITION \"C\" DEFAULT;"
    holds postgres partition-bound-may-fail "the default partition: $by: $for"
done <<'EOF'
RANGE("A") FROM (1) TO (10)
RANGE("A") FROM (MINVALUE) TO (5)
RANGE("A",b) FROM (1, MINVALUE) TO (9, 5)
RANGE("A",b) FROM (0, MAXVALUE) TO (9, MAXVALUE)
RANGE((coalesce("A",b)),b) FROM (1, 1) TO (9, 9)
LIST(c) IN ('a', 'b')
LIST(c) IN (NULL, 'a')
LIST(c) IN (NULL)
HASH("A",b) WITH (MODULUS 2, REMAINDER 0)
EOF

# --- no question where the answer would decide nothing

base <<'EOF'
CREATE TABLE mail (id bigint PRIMARY KEY, address text, box text);
EOF
for made in "UPDATE mail SET address = lower(address); CREATE UNIQUE INDEX ON mail (address);" \
    "DELETE FROM mail WHERE id > 5; CREATE UNIQUE INDEX ON mail (address);" \
    "DO \$\$ BEGIN EXECUTE 'DELETE FROM ' || 'mail' || current_setting('x.y'); END \$\$; CREATE UNIQUE INDEX ON mail (address);" \
    "ALTER TABLE mail RENAME address TO mailbox; CREATE UNIQUE INDEX ON mail (mailbox);"; do
    statement "$made"
    ask_of postgres unique-may-fail
    is "$made" "$(cat "$tmp/question.sql")" ""
    is "the finding is there" "$(jq -r '[.findings[] | select(.rule == "unique-may-fail")] | length' "$tmp/assessment.json")" 1
done
statement "UPDATE mail SET box = 'x'; CREATE UNIQUE INDEX ON mail (address);"
ask_of postgres unique-may-fail
is "another column does not matter" "$(cat "$tmp/question.sql")" \
    "SELECT count(*) FROM (SELECT 1 FROM public.mail WHERE address IS NOT NULL GROUP BY address HAVING count(*) > 1) AS duplicates"

postgres_sql postgres "DROP DATABASE $database"
done_testing
