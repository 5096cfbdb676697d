#!/usr/bin/env python3
"""tminus migrate on a disk that fails at one write after the other, is full, or is killed there.

Each time: the data is what the record says, the exit status is no lie, the next run ends the work, nothing is applied twice,
the journal is intact. Prints TAP.

SPDX-License-Identifier: Apache-2.0
"""
import os, shutil, sqlite3, subprocess, sys, tempfile

SOURCE = os.environ.get('SOURCE', os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
TMINUS = os.path.abspath(os.environ.get('TMINUS', os.path.join(SOURCE, 'build', 'tminus')))
STEPS = range(1, 130, int(os.environ.get('FAULT_STRIDE', '8')))


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.join(folder, 'm'))
    db = sqlite3.connect(os.path.join(folder, 'a.db'))
    db.execute('CREATE TABLE t (id INTEGER PRIMARY KEY, n INT)')
    db.executemany('INSERT INTO t VALUES (?, 0)', [(i,) for i in range(300)])
    db.commit()
    db.close()
    for name, sql in (('1_a.sql', 'UPDATE t SET n = n + 1;\nALTER TABLE t ADD COLUMN b INT;\n'),
                      ('2_b.sql', 'UPDATE t SET n = n + 10;\nCREATE INDEX i ON t (n);\n')):
        with open(os.path.join(folder, 'm', name), 'w') as out:
            out.write(sql)


def tminus(folder, *args, **env):
    # What is preloaded comes before a sanitizer's runtime; that is well here.
    sanitizer = 'verify_asan_link_order=0:' + os.environ.get('ASAN_OPTIONS', '')
    env = dict(os.environ, TMINUS_STATE=os.path.join(folder, 'state'), ASAN_OPTIONS=sanitizer, **env)
    return subprocess.run([TMINUS, *args], cwd=folder, env=env, capture_output=True, text=True)


def state(folder):
    """(values of n, recorded versions, integrity)."""
    db = sqlite3.connect(os.path.join(folder, 'a.db'))
    values = {row[0] for row in db.execute('SELECT n FROM t')}
    has_record = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'tminus_migration'").fetchone()[0]
    applied = [r[0] for r in db.execute("SELECT version FROM tminus_migration WHERE state = 'applied' ORDER BY 1")] if has_record else []
    intact = db.execute('PRAGMA integrity_check').fetchone()[0]
    db.close()
    return values, applied, intact


def check(folder, library, at, mode):
    fresh(folder)
    first = tminus(folder, 'migrate', '--database', 'a.db', 'm', LD_PRELOAD=library, FAIL_AT=str(at), **mode)
    values, applied, intact = state(folder)
    if values != {(): {0}, ('1',): {1}, ('1', '2'): {11}}[tuple(applied)] or intact != 'ok':
        return f'n is {values}, recorded {applied}, {intact}'
    is_lie = {0: applied != ['1', '2'], 2: applied != [], 3: applied != [], 4: applied == ['1', '2'], 5: False, -9: 'FAIL_KILL' not in mode}
    if is_lie.get(first.returncode, True):
        return f'status {first.returncode}, recorded {applied}: {first.stderr}'
    second = tminus(folder, 'migrate', '--database', 'a.db', 'm')
    values, applied, intact = state(folder)
    if second.returncode != 0 or values != {11} or applied != ['1', '2'] or intact != 'ok':
        return f'the next run: {second.returncode}, n is {values}, {intact}: {second.stderr}'
    if tminus(folder, 'journal', 'verify').returncode != 0:
        return 'the journal is broken'
    return None


def main():
    if not shutil.which('cc'):
        print('1..0 # SKIP no compiler')
        return
    failed = 0
    with tempfile.TemporaryDirectory(dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else None) as folder:
        library = os.path.join(folder, 'failing_disk.so')
        subprocess.run(['cc', '-shared', '-fPIC', '-o', library, os.path.join(SOURCE, 'test/support/failing_disk.c'), '-ldl'], check=True)
        cases = [(name, mode, at) for name, mode in (('killed', {'FAIL_KILL': '1'}), ('failed', {}), ('full', {'FAIL_ON': '1'})) for at in STEPS]
        for n, (name, mode, at) in enumerate(cases, 1):
            wrong = check(os.path.join(folder, 'w'), library, at, mode)
            print(f'{"not " if wrong else ""}ok {n} - {name} at {at}')
            for line in (wrong or '').splitlines():
                print('# ' + line)
            failed += wrong is not None
        print(f'1..{len(cases)}')
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
