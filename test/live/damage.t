#!/usr/bin/env python3
"""Random tables, random damage: tminus verify says NO-GO exactly when the content differs, and names what differs.

    test/live/damage.t [--first SEED] [--seeds N]

Each seed makes an SQLite database of one to three tables, saves a baseline, applies a migration that keeps all data (or none),
and damages the data or leaves it. What is right is told by reading all rows before and after with their types, by Python's own
SQLite. Prints TAP, one line a seed; a seed alone is run again with --first SEED --seeds 1 --keep FOLDER.

SPDX-License-Identifier: Apache-2.0
"""
import argparse, collections, json, os, random, shutil, sqlite3, struct, subprocess, sys, tempfile

TMINUS = os.environ.get('TMINUS', 'build/tminus')
TYPES = ['INTEGER', 'INT', 'TEXT', 'VARCHAR(20)', 'REAL', 'NUMERIC', 'BLOB', '', 'DATETIME', 'BOOLEAN']
TEXTS = ['', 'a', 'A', 'a ', ' a', 'ab', '1', '1.0', '0', 'NULL', "it's", "a', 'b", 'ü', 'ü', 'x\ty', 'line\nline', '9007199254740993']


def name_of(rng, used):
    """A name that must be quoted now and then."""
    while True:
        name = rng.choice(['name', 'kind', 'note', 'total', 'order', 'a b', 'Größe', 'x"y', 'status', 'v', 'rowid', "q'q", 'select'])
        if name.lower() not in used:
            used.add(name.lower())
            return name


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def value_of(rng):
    return rng.choice([
        lambda: None, lambda: rng.randint(-3, 3), lambda: rng.choice([2**53 + 1, 2**53, -2**63, 2**63 - 1, 2**31]),
        lambda: rng.choice([0.0, -0.0, 1.0, 0.1, 0.1 + 0.2, 1e300, 2.0**53, float('inf')]), lambda: rng.choice(TEXTS),
        lambda: rng.choice(TEXTS).encode(), lambda: rng.choice(TEXTS), lambda: bytes([0, 1, 0]), lambda: 'a\0b'])()


def other_value(rng, old):
    """A value that is easily taken for `old`."""
    near = [None, '', 0, rng.randint(-3, 3), rng.choice(TEXTS)]
    if isinstance(old, int):
        near += [old + 1 if old < 2**63 - 1 else old - 1, str(old), float(old), str(old).encode()]
    if isinstance(old, float):
        near += [-old, old * (1 + 2**-52), str(old), int(old) if abs(old) < 2**53 else 0]
    if isinstance(old, str):
        near += [old + ' ', old.upper(), old.swapcase(), old.encode(), old + 'x', old + '\0']
    if isinstance(old, bytes):
        near += [old + b'\0', old.decode('latin-1'), old + b'x']
    return rng.choice(near)


class Table:
    def __init__(self, rng, number):
        used = {'id', 'k2'}
        self.name = f't{number}' if rng.random() < 0.7 else f'T {number}"x'
        self.columns = [(name_of(rng, used), rng.choice(TYPES)) for _ in range(rng.randint(1, 5))]
        self.form = rng.choice(['integer', 'integer', 'text', 'composite', 'without rowid', 'none', 'blank'])
        keys = {'integer': [('id', 'INTEGER')], 'text': [('id', 'TEXT')], 'composite': [('id', 'INT'), ('k2', 'TEXT')],
                'without rowid': [('id', 'TEXT'), ('k2', '')], 'none': [], 'blank': [('id', '')]}[self.form]
        self.key = [k for k, _ in keys]
        self.keyed = bool(keys)
        self.all = keys + self.columns
        rng.shuffle(self.all)

    def create(self, name=None, extra=()):
        parts = [f'{quoted(c)} {t}' for c, t in self.all] + list(extra)
        if self.form == 'integer':
            parts = [p + ' PRIMARY KEY' if p == '"id" INTEGER' else p for p in parts]
        elif self.keyed:
            parts.append('PRIMARY KEY (' + ', '.join(map(quoted, self.key)) + ')')
        return f'CREATE TABLE {quoted(name or self.name)} ({", ".join(parts)})' + (' WITHOUT ROWID' if self.form == 'without rowid' else '')

    def key_value(self, rng, column, at):
        if self.form == 'integer':
            return at * rng.choice([1, 3, 1000003])
        if column == 'k2' and self.form != 'integer':
            return rng.choice(['', 'x', 'X', b'x', '1', 1, 1.5])
        return rng.choice([at, str(at), f'key {at}', f'k\u00e9{at}'.encode(), at + 0.5, 'k' * 80 + str(at)])

    def insert(self, rng, db, at):
        row = [self.key_value(rng, c, at) if c in self.key else value_of(rng) for c, _ in self.all]
        sql = f'INSERT OR IGNORE INTO {quoted(self.name)} VALUES ({", ".join("?" * len(row))})'
        db.execute(sql, row)
        if not self.keyed and rng.random() < 0.3:
            db.execute(sql, row)


def typed(value):
    if isinstance(value, float):
        return ('real', struct.pack('>d', value))
    return (type(value).__name__, value)


def content(db, table, names, where):
    """key → row of typed values; without a key the rowid counts for nothing: a count of equal rows."""
    columns = ', '.join(quoted(names.get(c, c)) for c, _ in table.all)
    rows = db.execute(f'SELECT {columns} FROM {quoted(where)}').fetchall()
    shown = [tuple(typed(v) for v in row) for row in rows]
    if not table.keyed:
        return collections.Counter(shown)
    places = [i for i, (c, _) in enumerate(table.all) if c in table.key]
    return {tuple(row[i] for i in places): row for row in shown}


def connect(path):
    db = sqlite3.connect(path, isolation_level=None)
    return db


# --- damage: each takes (rng, db, table, names, name of the table now)

def pick_row(rng, db, table, names, where):
    if table.form == 'without rowid':
        keys = [quoted(names.get(k, k)) for k in table.key]
        rows = db.execute(f'SELECT {", ".join(keys)} FROM {quoted(where)}').fetchall()
        return (' AND '.join(f'{k} IS ?' for k in keys), list(rng.choice(rows))) if rows else None
    rows = db.execute(f'SELECT {rowid_of(table, names)} FROM {quoted(where)}').fetchall()
    return (f'{rowid_of(table, names)} = ?', list(rng.choice(rows))) if rows else None


def rowid_of(table, names):
    return '_rowid_'


def update_value(rng, db, table, names, where):
    row = pick_row(rng, db, table, names, where)
    if row:
        column = quoted(names.get(*(rng.choice(table.columns)[0],) * 2))
        old = db.execute(f'SELECT {column} FROM {quoted(where)} WHERE {row[0]}', row[1]).fetchone()[0]
        db.execute(f'UPDATE {quoted(where)} SET {column} = ? WHERE {row[0]}', [other_value(rng, old)] + row[1])


def delete_row(rng, db, table, names, where):
    row = pick_row(rng, db, table, names, where)
    if row:
        db.execute(f'DELETE FROM {quoted(where)} WHERE {row[0]}', row[1])


def double_row(rng, db, table, names, where):
    row = pick_row(rng, db, table, names, where)
    if not row:
        return
    columns = [quoted(names.get(c, c)) for c, _ in table.all]
    values = [f'{rng.randint(10**6, 10**7)}' if c == 'id' else quoted(names.get(c, c)) for c, _ in table.all]
    db.execute(f'INSERT INTO {quoted(where)} ({", ".join(columns)}) SELECT {", ".join(values)} FROM {quoted(where)} WHERE {row[0]}', row[1])


def swap_values(rng, db, table, names, where):
    a, b = (pick_row(rng, db, table, names, where) for _ in range(2))
    if not a or a == b:
        return
    column = quoted(names.get(*(rng.choice(table.columns)[0],) * 2))
    read = f'SELECT {column} FROM {quoted(where)} WHERE '
    x, y = (db.execute(read + r[0], r[1]).fetchone()[0] for r in (a, b))
    db.execute(f'UPDATE {quoted(where)} SET {column} = ? WHERE {a[0]}', [y] + a[1])
    db.execute(f'UPDATE {quoted(where)} SET {column} = ? WHERE {b[0]}', [x] + b[1])


def swap_columns(rng, db, table, names, where):
    row = pick_row(rng, db, table, names, where)
    if row and len(table.columns) > 1:
        a, b = (quoted(names.get(c, c)) for c, _ in rng.sample(table.columns, 2))
        db.execute(f'UPDATE {quoted(where)} SET {a} = {b}, {b} = {a} WHERE {row[0]}', row[1])


def change_key(rng, db, table, names, where):
    row = pick_row(rng, db, table, names, where)
    if row and table.keyed:
        db.execute(f'UPDATE {quoted(where)} SET "id" = ? WHERE {row[0]}', [rng.randint(10**8, 10**9)] + row[1])


def key_of_another_type(rng, db, table, names, where):
    row = pick_row(rng, db, table, names, where)
    if row and table.form in ('blank', 'without rowid'):
        db.execute(f'UPDATE {quoted(where)} SET "id" = CAST("id" AS {rng.choice(["TEXT", "BLOB", "INT"])}) WHERE {row[0]}', row[1])


def empty_table(rng, db, table, names, where):
    db.execute(f'DELETE FROM {quoted(where)}')


def vacuum(rng, db, table, names, where):
    db.execute('VACUUM')


def cast_all(rng, db, table, names, where):
    column = quoted(names.get(*(rng.choice(table.columns)[0],) * 2))
    db.execute(f'UPDATE {quoted(where)} SET {column} = CAST({column} AS {rng.choice(["TEXT", "REAL", "INTEGER", "BLOB"])})')


DAMAGES = [update_value] * 6 + [delete_row, double_row, swap_values, swap_values, swap_columns, change_key, key_of_another_type,
                                empty_table, vacuum, cast_all]


# --- migrations that keep all data: (SQL, old → new column names, new table name)

def no_migration(rng, table):
    return None, {}, table.name


def add_column(rng, table):
    return f'ALTER TABLE {quoted(table.name)} ADD COLUMN added INT DEFAULT 5;', {}, table.name


def add_index(rng, table):
    return f'CREATE INDEX an_index ON {quoted(table.name)} ({quoted(rng.choice(table.columns)[0])});', {}, table.name


def rename_column(rng, table):
    old = rng.choice(table.columns)[0]
    return f'ALTER TABLE {quoted(table.name)} RENAME COLUMN {quoted(old)} TO renamed;', {old: 'renamed'}, table.name


def rename_table(rng, table):
    return f'ALTER TABLE {quoted(table.name)} RENAME TO renamed_table;', {}, 'renamed_table'


def rebuild(rng, table):
    columns = ', '.join(quoted(c) for c, _ in table.all)
    return (f'{table.create("new_table", ["added TEXT"] if table.form == "none" else [])};\n'
            f'INSERT INTO new_table ({columns}) SELECT {columns} FROM {quoted(table.name)};\n'
            f'DROP TABLE {quoted(table.name)};\nALTER TABLE new_table RENAME TO {quoted(table.name)};'), {}, table.name


MIGRATIONS = [no_migration, no_migration, add_column, add_index, rename_column, rename_table, rebuild]


# --- one seed

def tminus(folder, *args):
    env = dict(os.environ, TMINUS_STATE=os.path.join(folder, 'state'))
    return subprocess.run([os.path.abspath(TMINUS), *args], cwd=folder, env=env, capture_output=True, text=True, errors='replace')


def counts(before, after, table):
    """(missing, extra, {column: rows}) of a table with a key."""
    missing, extra = before.keys() - after.keys(), after.keys() - before.keys()
    changed = collections.Counter(table.all[i][0] for key in before.keys() & after.keys()
                                  for i, pair in enumerate(zip(before[key], after[key])) if pair[0] != pair[1])
    return len(missing), len(extra), dict(changed)


def check(folder, seed):
    """None, or what is wrong."""
    rng = random.Random(seed)
    path = os.path.join(folder, 'a.db')
    db = connect(path)
    if rng.random() < 0.15:
        db.execute("PRAGMA encoding = 'UTF-16'")
    if rng.random() < 0.2:
        db.execute('PRAGMA journal_mode = WAL')
    tables = [Table(rng, n) for n in range(rng.randint(1, 3))]
    for table in tables:
        db.execute(table.create())
        for at in range(rng.choice([0, 1, 2, 5, 30, 120])):
            table.insert(rng, db, at)
    for table in tables:
        if not table.keyed and rng.random() < 0.5: # gaps in the rowids
            db.execute(f'DELETE FROM {quoted(table.name)} WHERE _rowid_ % 3 = 1')
    before = {t.name: content(db, t, {}, t.name) for t in tables}
    victim = rng.choice(tables)
    migrate = rng.choice(MIGRATIONS)
    sql, names, where = migrate(rng, victim)
    paths = []
    if sql:
        os.mkdir(os.path.join(folder, 'm'))
        paths = ['m']
        with open(os.path.join(folder, 'm', '1_x.sql'), 'w') as out:
            out.write(sql + '\n')
    everything = ['--all'] if sql else []
    saved = tminus(folder, 'baseline', 'save', '--database', 'a.db', *everything, *paths)
    if saved.returncode not in (0, 3):
        return f'baseline save: {saved.returncode}: {saved.stderr}'
    if sql:
        db.close()
        migrated = tminus(folder, 'migrate', '--database', 'a.db', *paths)
        db = connect(path)
        if migrated.returncode == 4: # e.g. an affinity that refuses
            sql, names, where = None, {}, victim.name
        elif migrated.returncode != 0:
            return f'migrate: {migrated.returncode}: {migrated.stderr}'
    damage = rng.choice(DAMAGES) if rng.random() < 0.8 else None
    if damage:
        other = rng.choice(tables)
        try:
            damage(rng, db, other, names if other is victim else {}, where if other is victim else other.name)
        except (sqlite3.IntegrityError, OverflowError, UnicodeEncodeError):
            pass
    after = {t.name: content(db, t, names if t is victim else {}, where if t is victim else t.name) for t in tables}
    db.close()
    verified = tminus(folder, 'verify', '--database', 'a.db', '--format', 'json', *paths)
    try:
        found = json.loads(verified.stdout)
    except ValueError:
        return f'verify: {verified.returncode}: {verified.stderr}'
    what = f'{migrate.__name__}, {damage.__name__ if damage else "no damage"}, {victim.form}, {verified.stdout if "-v" in sys.argv else ""}'
    differs = before != after
    is_unmatched = migrate is rebuild and sql and not victim.keyed
    is_empty = not any(before.values())
    if differs != (found['verdict'] == 'NO_GO') and not (found['verdict'] == 'HOLD' and (is_unmatched or is_empty)):
        return f'{found["verdict"]} although the content {"differs" if differs else "is the same"}: {what}'
    if verified.returncode != {'GO': 0, 'NO_GO': 1, 'HOLD': 3}[found['verdict']]:
        return f'{found["verdict"]} and status {verified.returncode}'
    for table in tables:
        if not table.keyed or (is_unmatched and table is victim):
            continue
        known = [t for t in found['tables'] if t['table'] in ('main.' + table.name, table.name)]
        missing, extra, changed = counts(before[table.name], after[table.name], table)
        renamed = {(names.get(c, c) if table is victim else c): n for c, n in changed.items()}
        told = {d['column']: d['rows'] for d in known[0]['differs']} if known else None
        if not known or (known[0]['missing_keys'], known[0]['extra_keys'], told) != (missing, extra, renamed):
            return f'table {table.name}: {known and (known[0]["missing_keys"], known[0]["extra_keys"], told)}, not {(missing, extra, renamed)}: {what}'
        if known[0]['equal'] != (before[table.name] == after[table.name]):
            return f'table {table.name}: equal is {known[0]["equal"]}'
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--first', type=int, default=1)
    parser.add_argument('--seeds', type=int, default=30)
    parser.add_argument('--keep')
    args = parser.parse_args()
    failed = 0
    memory = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None # nothing here needs a disk
    for n, seed in enumerate(range(args.first, args.first + args.seeds), 1):
        folder = args.keep or tempfile.mkdtemp(dir=memory)
        os.makedirs(folder, exist_ok=True)
        wrong = check(folder, seed)
        if not args.keep:
            shutil.rmtree(folder)
        print(f'{"not " if wrong else ""}ok {n} - seed {seed}', flush=True)
        for line in (wrong or '').splitlines():
            print('# ' + line)
        failed += wrong is not None
    print(f'1..{args.seeds}')
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
