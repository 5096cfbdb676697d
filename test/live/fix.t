#!/usr/bin/env python3
"""assess --fix: the safe forms end in the same schema as the original, up and down, with rows in the tables.

Originals and fixed series run on two databases of a real server, as their tool would run them: a file in one
transaction, or alone outside of any. `pg_dump -s` of both is compared without the order of its objects.
The corpora stand outside the project ($TMINUS_SHARED, else ../shared beside the checkout); without them they are skipped.
"""
import glob, json, os, re, shutil, subprocess, sys, tempfile

BINARY = os.environ['TMINUS']
SOURCE = os.environ['SOURCE']
SHARED = os.environ.get('TMINUS_SHARED') or os.path.join(SOURCE, '..', 'shared')
count = failed = 0


def ok(passed, name, why=''):
    global count, failed
    count += 1
    failed += not passed
    print(f"{'ok' if passed else 'not ok'} {count} - {name}", flush=True)
    if not passed:
        print('# ' + str(why).rstrip().replace('\n', '\n# '))
    return passed


def call(*command, stdin=None):
    return subprocess.run(command, capture_output=True, text=True, input=stdin, errors='replace')


# --- the server

def start_server():
    folder = os.environ.get('TMINUS_TEST_POSTGRES')
    own = None
    if not folder:
        own = folder = tempfile.mktemp(prefix='tminus-test-', dir='/var/tmp')
        subprocess.run([f'{SOURCE}/tool/postgres-server', 'start', folder], check=True, stdout=subprocess.DEVNULL)
    os.environ.update(PGHOST=folder, PGPORT=open(f'{folder}/port').read().strip(), PGUSER='postgres', LC_ALL='C.UTF-8')
    return own


def psql(database, *arguments, sql=None):
    more = ['-c', sql] if sql is not None else []
    return call('psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', database, *arguments, *more)


def fresh(database, template='template0'):
    psql('postgres', sql=f'DROP DATABASE IF EXISTS {database} WITH (FORCE)')
    made = psql('postgres', sql=f'CREATE DATABASE {database} TEMPLATE {template}')
    if made.returncode:
        sys.exit(made.stderr)


def runs_outside(text):
    code = re.sub(r'--[^\n]*', '', text)
    return re.search(r'\bCONCURRENTLY\b', code, re.I) and not re.search(r'REFRESH', code, re.I)


def apply(database, path):
    """As golang-migrate runs a file: one string, alone outside of a transaction where it must."""
    text = open(path).read()
    has_own = re.search(r'^\s*BEGIN\s*;', text, re.I | re.M)
    return psql(database, *([] if runs_outside(text) or has_own else ['-1']), '-f', path)


def dump(database):
    """The schema as a set of definitions, in which the order of objects does not count."""
    text = call('pg_dump', '-s', '--no-owner', '-d', database).stdout
    blocks = re.split(r'\n--\n-- Name: ', text)
    return sorted(re.sub(r'\s+', ' ', re.sub(r'^--.*$|^\\(un)?restrict.*$', '', block, flags=re.M)) for block in blocks[1:])


def differences(a, b):
    return '\n'.join(['only the original: ' + x for x in a if x not in b][:4] + ['only the fixed: ' + x for x in b if x not in a][:4])


# --- the program

def fix(output, *arguments):
    shutil.rmtree(output, ignore_errors=True)
    run = call(BINARY, 'assess', '--fix', '--output', output, '--format', 'json', *arguments)
    return run, json.loads(run.stdout) if run.returncode in (0, 1, 3) else None


def write(folder, files):
    for name, text in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w') as file:
            file.write(text)


SETUP = """CREATE TABLE owners (id int PRIMARY KEY, mail text);
CREATE TABLE items (id int NOT NULL, owner_id int, size int, code text, note text, "Odd Name" int, CONSTRAINT items_size_check CHECK (size < 1000));
CREATE INDEX items_code ON items (code);
CREATE INDEX items_note ON items (note);
CREATE TABLE parts (k int NOT NULL, v int) PARTITION BY RANGE (k);
CREATE TABLE parts_a PARTITION OF parts FOR VALUES FROM (0) TO (500);
CREATE TABLE parts_b PARTITION OF parts FOR VALUES FROM (500) TO (2000);
CREATE TABLE bases (id int, v int);
CREATE TABLE heirs (w int) INHERITS (bases);
CREATE SCHEMA other;
CREATE TABLE other."Mixed Case" (id int NOT NULL, "User" int);
CREATE MATERIALIZED VIEW totals AS SELECT owner_id, count(*) AS n FROM items GROUP BY 1;
CREATE UNIQUE INDEX totals_owner ON totals (owner_id);
"""
ROWS = """INSERT INTO owners SELECT g, 'm' || g FROM generate_series(1, 200) g;
INSERT INTO items SELECT g, 1 + g % 200, g % 900, 'c' || g, 'n' || g, g FROM generate_series(1, 1000) g;
INSERT INTO parts SELECT g, g FROM generate_series(0, 1500) g;
INSERT INTO bases SELECT g, g FROM generate_series(1, 100) g;
INSERT INTO heirs SELECT g, g, g FROM generate_series(101, 200) g;
INSERT INTO other."Mixed Case" SELECT g, g FROM generate_series(1, 100) g;
"""
# name: up, down. Each has a statement that is fixed.
TABLE = {
    'check': ('ALTER TABLE items ADD CONSTRAINT positive CHECK (size >= 0);', 'ALTER TABLE items DROP CONSTRAINT positive;'),
    'check_unnamed': ('ALTER TABLE items ADD CHECK (size > -1);', 'ALTER TABLE items DROP CONSTRAINT items_size_check1;'),
    'check_two_columns': ('ALTER TABLE items ADD CHECK (size > -1 OR code IS NULL);', 'ALTER TABLE items DROP CONSTRAINT items_check;'),
    'check_of_parent': ('ALTER TABLE bases ADD CHECK (v > 0);', 'ALTER TABLE bases DROP CONSTRAINT bases_v_check;'),
    'check_no_inherit': ('ALTER TABLE bases ADD CONSTRAINT own CHECK (v > 0) NO INHERIT;', 'ALTER TABLE bases DROP CONSTRAINT own;'),
    'check_of_partitioned': ('ALTER TABLE parts ADD CHECK (v >= 0);', 'ALTER TABLE parts DROP CONSTRAINT parts_v_check;'),
    'foreign_key': ('ALTER TABLE items ADD FOREIGN KEY (owner_id) REFERENCES owners ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;', 'ALTER TABLE items DROP CONSTRAINT items_owner_id_fkey;'),
    'foreign_key_full': ('ALTER TABLE ONLY public.items ADD CONSTRAINT "Fk" FOREIGN KEY (owner_id) REFERENCES public.owners (id) MATCH FULL ON UPDATE SET NULL;', 'ALTER TABLE items DROP CONSTRAINT "Fk";'),
    'not_null': ('ALTER TABLE items ALTER COLUMN size SET NOT NULL;', 'ALTER TABLE items ALTER COLUMN size DROP NOT NULL;'),
    'not_null_quoted': ('ALTER TABLE items ALTER "Odd Name" SET NOT NULL;', 'ALTER TABLE items ALTER "Odd Name" DROP NOT NULL;'),
    'not_null_two': ('ALTER TABLE items ALTER size SET NOT NULL, ALTER code SET NOT NULL;', 'ALTER TABLE items ALTER code DROP NOT NULL, ALTER size DROP NOT NULL;'),
    'not_null_of_partitioned': ('ALTER TABLE parts ALTER v SET NOT NULL;', 'ALTER TABLE parts ALTER v DROP NOT NULL;'),
    'not_null_mixed_case': ('ALTER TABLE other."Mixed Case" ALTER "User" SET NOT NULL;', 'ALTER TABLE other."Mixed Case" ALTER "User" DROP NOT NULL;'),
    'unique': ('ALTER TABLE items ADD UNIQUE (code);', 'ALTER TABLE items DROP CONSTRAINT items_code_key;'),
    'unique_options': ('ALTER TABLE items ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (code, id) INCLUDE (note) WITH (fillfactor = 80) DEFERRABLE;', 'ALTER TABLE items DROP CONSTRAINT u;'),
    'unique_included_name': ('ALTER TABLE items ADD UNIQUE (code) INCLUDE (note);', 'ALTER TABLE items DROP CONSTRAINT items_code_note_key;'),
    'primary_key': ('ALTER TABLE items ADD PRIMARY KEY (id);', 'ALTER TABLE items DROP CONSTRAINT items_pkey;'),
    'primary_key_nullable': ('ALTER TABLE bases ADD PRIMARY KEY (id);', 'ALTER TABLE bases DROP CONSTRAINT bases_pkey, ALTER id DROP NOT NULL;'),
    'column_check': ('ALTER TABLE items ADD COLUMN stars int CHECK (stars > 0);', 'ALTER TABLE items DROP COLUMN stars;'),
    'column_everything': ('ALTER TABLE items ADD COLUMN boss int DEFAULT 1 NOT NULL CONSTRAINT bc CHECK (boss > 0) REFERENCES owners (id) ON DELETE SET DEFAULT;', 'ALTER TABLE items DROP COLUMN boss;'),
    'column_unique': ('ALTER TABLE items ADD tag text UNIQUE;', 'ALTER TABLE items DROP COLUMN tag;'),
    'column_and_unique': ('ALTER TABLE items ADD tag text, ADD UNIQUE (tag);', 'ALTER TABLE items DROP COLUMN tag;'),
    'index': ('CREATE INDEX items_size ON items (size);', 'DROP INDEX items_size;'),
    'index_unnamed': ('CREATE INDEX ON items (size, lower(code));', 'DROP INDEX items_size_lower_idx;'),
    'index_options': ('CREATE UNIQUE INDEX "I x" ON public.items USING btree (lower(code) text_pattern_ops DESC NULLS LAST, id) INCLUDE (note) WITH (fillfactor = 70) WHERE size > 3;', 'DROP INDEX "I x";'),
    'index_gin': ("CREATE INDEX words ON items USING gin (to_tsvector('english', note));", 'DROP INDEX words;'),
    'index_of_partitioned': ('CREATE INDEX ON parts (v) WHERE v > 3;', 'DROP INDEX parts_v_idx;'),
    'index_dropped': ('DROP INDEX items_code, public.items_note;', 'CREATE INDEX items_note ON items (note); CREATE INDEX items_code ON items (code);'),
    'index_replaced': ('DROP INDEX items_code;\nCREATE INDEX items_code ON items (code, size);', 'DROP INDEX items_code;\nCREATE INDEX items_code ON items (code);'),
    'reindexed': ('REINDEX TABLE items;', 'SELECT 1;'),
    'refreshed': ('REFRESH MATERIALIZED VIEW totals;', 'SELECT 1;'),
    'wrapped': ('BEGIN;\n-- why\nALTER TABLE items ADD CONSTRAINT c CHECK (size >= 0);\nCOMMENT ON TABLE items IS \'x\';\nCREATE INDEX items_size ON items (size);\nCOMMIT;', 'BEGIN;\nDROP INDEX items_size;\nALTER TABLE items DROP CONSTRAINT c;\nCOMMENT ON TABLE items IS NULL;\nEND;'),
    'many': ("SET lock_timeout = '5s';\nCREATE TABLE logs (id int PRIMARY KEY, item int);\nCREATE INDEX ON logs (item);\nALTER TABLE items ADD UNIQUE (id), ADD CHECK (size > -5), ADD COLUMN extra int DEFAULT 4;\nALTER TABLE logs ADD FOREIGN KEY (item) REFERENCES items (id);\nCREATE INDEX items_extra ON items (extra);\nALTER TABLE items ALTER extra SET DEFAULT 5;",
             'DROP INDEX items_extra;\nDROP TABLE logs;\nALTER TABLE items DROP COLUMN extra, DROP CONSTRAINT items_size_check1, DROP CONSTRAINT items_id_key;'),
    'rows_apart': ("ALTER TABLE items ADD COLUMN state text;\nUPDATE items SET state = 'new' WHERE state IS NULL;\nALTER TABLE items ALTER state SET NOT NULL;", 'ALTER TABLE items DROP COLUMN state;'),
}


def series(folder, direction):
    names = glob.glob(f'{folder}/*.{direction}.sql')
    return sorted(names, key=lambda name: int(re.match(r'\d+', os.path.basename(name)).group()), reverse=direction == 'down')


def run_series(database, paths):
    for path in paths:
        done = apply(database, path)
        if done.returncode:
            return f'{os.path.basename(path)}: {done.stderr}\n{open(path).read()}'
    return None


# The same question by another rule; the down of one part alone (docs/fix.md).
NEW_IN_RESULT = {'unique-may-fail', 'not-null-may-fail', 'check-may-fail', 'fk-may-fail', 'down-does-not-restore'}


def check_row(work, name, up, down):
    """Gives why it is wrong, or None."""
    source, output = f'{work}/{name}', f'{work}/{name}.fixed'
    write(source, {'0001_setup.up.sql': SETUP, '0001_setup.down.sql': 'SELECT 1;', f'0002_{name}.up.sql': up, f'0002_{name}.down.sql': down})
    before = json.loads(call(BINARY, 'assess', '--format', 'json', source).stdout)
    run, document = fix(output, source)
    if document is None:
        return run.stderr
    if not document['files']:
        return 'nothing is fixed: ' + json.dumps(document['stays'])
    if document['stays']:
        return 'stays: ' + json.dumps(document['stays'])
    rules = {place['rule'] for place in document['fixed']}
    worse = [f for f in document['assessment']['findings'] if f['rule'] in rules
             or (f['severity'] != 'note' and f['rule'] not in {b['rule'] for b in before['findings']} | NEW_IN_RESULT)]
    if worse:
        return 'found in the result: ' + json.dumps(worse, indent=1)
    fresh('fix_a', 'fix_template')
    fresh('fix_b', 'fix_template')
    # A series that stops half-way, where a row is in the way of a constraint, is undone.
    ups, downs = series(output, 'up'), series(output, 'down')
    if len(ups) > 1:
        fresh('fix_c', 'fix_template')
        bad = run_series('fix_c', ups[:-1]) or run_series('fix_c', downs[1:])
        if bad or START != (half := dump('fix_c')):
            return 'half-way and back: ' + (bad or differences(START, half))
    bad = run_series('fix_a', [f'{source}/0002_{name}.up.sql']) or run_series('fix_b', ups)
    if bad:
        return bad
    if (a := dump('fix_a')) != (b := dump('fix_b')):
        return 'after the up:\n' + differences(a, b)
    last = series(output, 'up')[-1:]
    bad = run_series('fix_a', [f'{source}/0002_{name}.down.sql']) or run_series('fix_b', downs)
    if bad:
        return 'down: ' + bad
    if (a := dump('fix_a')) != (b := dump('fix_b')):
        return 'after the down:\n' + differences(a, b)
    return None if START == b else 'the down ends elsewhere:\n' + differences(START, b)


def check_table(work):
    global START
    good = 0
    fresh('fix_template')
    for sql in (SETUP, ROWS, 'REFRESH MATERIALIZED VIEW totals'):
        made = psql('fix_template', sql=sql)
        if made.returncode:
            sys.exit(made.stderr)
    START = dump('fix_template')
    for name, (up, down) in TABLE.items():
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        why = check_row(work, name, up, down)
        good += ok(why is None, f'{name}: the same schema after half-way, up and down', why)
    print(f'# {good} of {len(TABLE)} fixed series end in the same schema')


# --- migrations that none of us wrote

def check_corpus(work, name):
    source, output = f'{SHARED}/corpora/{name}', f'{work}/{name}.fixed'
    run, document = fix(output, source)
    if document is None:
        ok(False, f'{name}: fixed', run.stderr)
        return
    parts = {entry['path']: entry['migrations'] for entry in document['replaced']}
    fresh('fix_a')
    fresh('fix_b')
    good, wrong, skipped = 0, [], 0
    for path in sorted(glob.glob(f'{source}/*.up.sql')):
        bad_a = run_series('fix_a', [path])
        bad_b = run_series('fix_b', [f'{output}/{part}' for part in parts.get(path, [])] or [path])
        if path not in parts:
            continue
        base = os.path.basename(path)
        if bad_a:  # fails here, whatever is done with it
            skipped += 1
        elif bad_b or dump('fix_a') != dump('fix_b'):
            wrong.append(base + ': ' + (bad_b or differences(dump('fix_a'), dump('fix_b'))))
        else:
            good += 1
    ok(not wrong and good > 0, f'{name}: {good} of {len(parts) - skipped} fixed series end in the same schema', '\n'.join(wrong))
    if skipped:
        print(f'# {name}: {skipped} more fail on an empty database as they were written')


def main():
    own = start_server()
    work = tempfile.mkdtemp()
    try:
        check_table(work)
        for name in ('pkgsite', 'concourse', 'exposure'):
            if len(sys.argv) > 1 and name not in sys.argv[1:]:
                continue
            if os.path.isdir(f'{SHARED}/corpora/{name}'):
                check_corpus(work, name)
            else:
                global count
                count += 1
                print(f'ok {count} - {name} # SKIP {SHARED}/corpora is not there')
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if own:
            subprocess.run([f'{SOURCE}/tool/postgres-server', 'stop', own], check=False)
        else:
            for database in ('fix_a', 'fix_b', 'fix_c', 'fix_template'):
                psql('postgres', sql=f'DROP DATABASE IF EXISTS {database} WITH (FORCE)')
    print(f'1..{count}')
    sys.exit(failed > 0)


main()
