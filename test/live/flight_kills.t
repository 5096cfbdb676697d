#!/usr/bin/env python3
"""Flights on SQLite, killed at each point where something is kept: released, refused, taken back, flown after the release,
and rolled back when done.

Before and behind each event of the journal, each file of the backup and each write of the target, `tminus resume` brings
the flight to the end of the undisturbed one; no act happens twice. Where only the verb that it runs is killed, the flight ends
by itself, its answer is no lie, and the data is whole. Prints TAP.

SPDX-License-Identifier: Apache-2.0
"""
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import kill_matrix  # noqa: E402

CONFIG = '''service: shop
environments:
  production:
    database: {url: "sqlite:shop.db", migrations: migrations}
    backup: {kind: sqlite, directory: backups}
    gates: {optional: [effects, rollback, rehearsal, restore-proof, approved, risk]}
    slots: {web: {address: "127.0.0.1:PORT"}}
    release: {deploy: [./deploy.sh, "{version}"], ready: 5s}
    health:
      - {name: version, http: "http://{address}/health", expect: {json: {version: "{version}"}}, timeout: 5s}
'''
# It sees through what it began, also when it is asked to end.
DEPLOY = '#!/bin/sh\ntrap "" TERM\necho "$1" >>deployed\necho "$1" >served.new && mv served.new served\n'


class OnSqlite(kill_matrix.Flight):
    verb = ['launch', '--version', 'v2']
    once = ('flight-started', 'backup-taken', 'migration-applied', 'released')
    marks = {'KILL_FILES': 'journal.db:shop.db:backups:/shop-'}
    up = "ALTER TABLE orders ADD COLUMN currency TEXT;\nUPDATE orders SET currency = 'EUR';\n"

    target, config = 'shop.db', CONFIG
    web = None  # of http_server.py, whose version is what this flight serves

    def environment(self):
        return {'TMINUS_STATE': os.path.join(self.folder, 'state'), 'TMINUS_ACTOR': 'ana'}

    def sql(self, text):
        db = sqlite3.connect(os.path.join(self.folder, 'shop.db'))
        rows = db.execute(text).fetchall()
        db.commit()
        db.close()
        return rows

    def prepare(self):
        self.write('tminus.yaml', self.config.replace('PORT', self.web.port('http')))
        self.web.serve(os.path.join(self.folder, 'served'))
        self.write('deploy.sh', DEPLOY)
        self.write('served', 'v0\n')
        self.write('migrations/0001_orders.up.sql', 'CREATE TABLE orders (id INTEGER PRIMARY KEY, cents INTEGER NOT NULL, note TEXT);\n')
        self.write('migrations/0001_orders.down.sql', 'DROP TABLE orders;\n')
        self.sql('PRAGMA user_version = 1')
        self.must('migrate', '-q')
        self.must('release', '--version', 'v1', '-q')
        self.sql('WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO orders SELECT i, i * 100, i FROM n')
        self.write('migrations/0002_currency.up.sql', self.up)
        self.write('migrations/0002_currency.down.sql', 'ALTER TABLE orders DROP COLUMN currency;\n')
        self.prepare_flight()
        shutil.rmtree(self.folder + '.start', ignore_errors=True)
        shutil.copytree(self.folder, self.folder + '.start')

    def prepare_flight(self):
        self.must('rehearse', '-q')

    def restore(self):
        shutil.rmtree(self.folder)
        shutil.copytree(self.folder + '.start', self.folder)

    def data(self):
        db = sqlite3.connect(os.path.join(self.folder, 'shop.db'))
        dump = '\n'.join(line for line in db.iterdump() if 'tminus_undo' not in line)  # they tell the time
        intact = db.execute('PRAGMA integrity_check').fetchone()[0]
        db.close()
        return intact, dump

    def outcome(self):
        return [self.state(), self.read('served'), self.read('deployed'), *self.data()]


class Released(OnSqlite):
    name = 'released'


class Refused(OnSqlite):
    name, ends = 'refused', 1
    up = 'DELETE FROM orders;\n'

    def prepare_flight(self):
        pass


class TakenBack(OnSqlite):
    """By undo logs: of one migration the data goes first, of the other the down."""
    name, ends = 'taken back', 4
    target = '-'  # its logs make so many points of the target's own that these are taken by the stride, too
    verb = ['abort', '--reason', 'too many calls']
    once = OnSqlite.once + ('data-undone', 'migration-undone')
    up = "ALTER TABLE orders ADD COLUMN currency TEXT;\nUPDATE orders SET currency = 'EUR', cents = cents + 1;\n"

    def prepare_flight(self):
        config = CONFIG.replace('migrations: migrations', 'migrations: migrations, undo_log: true')
        self.write('tminus.yaml', config.replace('[effects', '[migrations, effects').replace('PORT', self.web.port('http')))
        self.write('migrations/0003_note.up.sql', 'ALTER TABLE orders DROP COLUMN note;\n')
        self.write('migrations/0003_note.down.sql', 'ALTER TABLE orders ADD COLUMN note TEXT;\n')
        super().prepare_flight()
        self.must('launch', '--version', 'v2', '-q')

    def has_begun(self):
        return any(event['event'] == 'flight-asked' for event in self.events())

    def finish(self, wrong):
        gone = self.tminus('go', '--reason', 'its undo was killed')
        return None if gone.status == self.ends and self.outcome() == self.wanted else f'{wrong}\ngo: {gone.status}: {gone.out}{gone.err}'


class Done(OnSqlite):
    """What comes behind a flight that is done: fewer points by default, all with KILL_STRIDE=1."""

    target, stride = '-', 13
    config = CONFIG.replace('migrations: migrations}', 'migrations: migrations, post_migrations: post}\n    watch: [10ms]')

    def prepare_flight(self):
        super().prepare_flight()
        os.makedirs(os.path.join(self.folder, 'post'))
        self.must('launch', '--version', 'v2', '--watch', '--reason', 'a short watch', '-q')


class AfterRelease(Done):
    name = 'after the release'
    verb = ['launch', '--after-release', '--reason', 'a short watch']

    def prepare_flight(self):
        super().prepare_flight()
        self.write('post/0003_checked.up.sql', "ALTER TABLE orders ADD COLUMN checked TEXT;\nUPDATE orders SET checked = 'no';\n")
        self.write('post/0003_checked.down.sql', 'ALTER TABLE orders DROP COLUMN checked;\n')

    def has_begun(self):
        return sum(event['event'] == 'flight-started' for event in self.events()) > 1


class RolledBack(Done):
    name, ends = 'rolled back', 4
    verb = ['rollback', '--reason', 'error rate 2.1 %']
    once = (*OnSqlite.once, 'flight-asked', 'migration-undone')

    def has_begun(self):
        return any(event['event'] == 'flight-asked' for event in self.events())


def main():
    if not shutil.which('cc'):
        print('1..0 # SKIP no compiler')
        return
    tap = kill_matrix.Tap()
    with tempfile.TemporaryDirectory(dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else None) as folder:
        library = kill_matrix.make_library(folder)
        OnSqlite.web = kill_matrix.Web(os.path.join(folder, 'web'))
        for flight in (Refused, Released, TakenBack, AfterRelease, RolledBack):
            work = os.path.join(folder, flight.name.replace(' ', '-'))
            os.mkdir(work)
            flown = flight(work, library)
            flown.matrix(tap)
            if flight in (Released, TakenBack):
                flown.matrix_of_verbs(tap)
    tap.done()


if __name__ == '__main__':
    main()
