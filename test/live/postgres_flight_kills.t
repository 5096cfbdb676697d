#!/usr/bin/env python3
"""Flights on PostgreSQL with the journal in another database, killed before and behind each COMMIT: released, taken back.

`tminus resume` brings each to the end of the undisturbed one; no act happens twice. The server goes on with a session whose
client was killed: the resumed flight meets it. Prints TAP.

SPDX-License-Identifier: Apache-2.0
"""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import kill_matrix  # noqa: E402

CONFIG = '''service: shop
store: {kind: postgres, url: "${STORE_URL}"}
environments:
  production:
    database: {url: "${DATABASE_URL}", migrations: migrations}
    gates: {optional: [rehearsal, effects, rollback, backup, approved, risk]}
    slots: {web: {address: "127.0.0.1:PORT"}}
    release: {deploy: [./deploy.sh, "{version}"], ready: 5s}
    health:
      - {name: version, http: "http://{address}/health", expect: {json: {version: "{version}"}}, timeout: 5s}
'''
# It sees through what it began, also when it is asked to end.
DEPLOY = '#!/bin/sh\ntrap "" TERM\necho "$1" >>deployed\necho "$1" >served.new && mv served.new served\n'
DATABASES = ('kills_store', 'kills_target')
SEEN = '''SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute
 WHERE attrelid = 'orders'::regclass AND attnum > 0 AND NOT attisdropped;
SELECT md5(string_agg(o::text, ',' ORDER BY id)), count(*) FROM orders o; SELECT * FROM schema_migrations;
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())'''


class OnPostgres(kill_matrix.Flight):
    verb = ['launch', '--version', 'v2']
    once = ('flight-started', 'migration-applied', 'released')
    marks = {'KILL_COMMITS': '1'}
    stride = 9
    web = server = None
    config, actor = CONFIG, 'ana'

    def environment(self):
        store, target = (f'postgresql://deployer@127.0.0.1:{self.port}/{name}?sslmode=disable&gssencmode=disable'
                         for name in DATABASES)
        return {'TMINUS_STATE': os.path.join(self.folder, 'state'), 'TMINUS_ACTOR': self.actor, 'STORE_URL': store,
                'DATABASE_URL': target}

    @property
    def port(self):
        with open(os.path.join(self.server, 'port'), encoding='ascii') as file:
            return file.read().strip()

    def sql(self, database, text):
        return subprocess.run(['psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-h', self.server, '-p', self.port,
                               '-U', 'deployer', '-d', database, '-c', text], capture_output=True, text=True, check=True).stdout

    def make_databases(self, of, to):
        for name in DATABASES:
            self.sql('postgres', f'DROP DATABASE IF EXISTS {name}{to} WITH (FORCE)')
            self.sql('postgres', f'CREATE DATABASE {name}{to}' + (f' TEMPLATE {name}{of}' if of is not None else ''))

    def prepare(self):
        self.make_databases(None, '')
        self.write('tminus.yaml', self.config.replace('PORT', self.web.port('http')))
        self.write('deploy.sh', DEPLOY)
        self.write('served', 'v0\n')
        self.web.serve(os.path.join(self.folder, 'served'))
        self.sql('kills_target', 'CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)')
        self.write('migrations/0001_orders.up.sql', 'CREATE TABLE orders (id bigint PRIMARY KEY, status text NOT NULL);\n')
        self.write('migrations/0001_orders.down.sql', 'DROP TABLE orders;\n')
        self.must('migrate', '-q')
        self.must('release', '--version', 'v1', '-q')
        self.sql('kills_target', "INSERT INTO orders SELECT n, 'open' FROM generate_series(1, 500) n")
        self.write('migrations/0002_currency.up.sql',
                   "ALTER TABLE orders ADD COLUMN currency text;\nUPDATE orders SET currency = 'EUR';\n")
        self.write('migrations/0002_currency.down.sql', 'ALTER TABLE orders DROP COLUMN currency;\n')
        self.prepare_flight()
        shutil.rmtree(self.folder + '.start', ignore_errors=True)
        shutil.copytree(self.folder, self.folder + '.start')
        self.make_databases('', '_start')

    def prepare_flight(self):
        pass

    def restore(self):
        shutil.rmtree(self.folder)
        shutil.copytree(self.folder + '.start', self.folder)
        self.make_databases('_start', '')

    def outcome(self):
        return [self.state(), self.read('served'), self.read('deployed'), self.sql('kills_target', SEEN)]


class Released(OnPostgres):
    name = 'released'


class TakenBack(OnPostgres):
    name, ends = 'taken back', 4
    verb = ['go', '--reason', 'checked by hand']

    def prepare_flight(self):
        self.must('launch', '--version', 'v2', '-q')
        self.tminus('abort', '--reason', 'too many calls')

    def has_begun(self):
        return sum(event['event'] == 'flight-asked' for event in self.events()) > 1


class Done(OnPostgres):
    """What comes behind a flight that is done: fewer points by default, all with KILL_STRIDE=1."""

    stride = 19
    config = CONFIG.replace('migrations: migrations}', 'migrations: migrations, post_migrations: post}\n    watch: [10ms]')

    def prepare_flight(self):
        os.makedirs(os.path.join(self.folder, 'post'))
        self.must('launch', '--version', 'v2', '--watch', '--reason', 'a short watch', '-q')


class AfterRelease(Done):
    name = 'after the release'
    verb = ['launch', '--after-release', '--reason', 'a short watch']

    def prepare_flight(self):
        super().prepare_flight()
        self.write('post/0003_checked.up.sql', "ALTER TABLE orders ADD COLUMN checked text;\nUPDATE orders SET checked = 'no';\n")
        self.write('post/0003_checked.down.sql', 'ALTER TABLE orders DROP COLUMN checked;\n')

    def has_begun(self):
        return sum(event['event'] == 'flight-started' for event in self.events()) > 1


class RolledBack(Done):
    name, ends = 'rolled back', 4
    verb = ['rollback', '--reason', 'error rate 2.1 %']
    once = (*OnPostgres.once, 'flight-asked', 'migration-undone')

    def prepare_flight(self):
        super().prepare_flight()
        self.actor = 'ben'  # nobody rehearsed it: another person signs
        self.must('rollback', '--approve', '--reason', 'seen')
        self.actor = 'ana'

    def has_begun(self):
        return any(event['event'] == 'flight-asked' for event in self.events())


def main():
    if not shutil.which('cc') or not shutil.which('psql'):
        print('1..0 # SKIP no compiler or no psql')
        return
    tap = kill_matrix.Tap()
    tool = os.path.join(kill_matrix.SOURCE, 'tool', 'postgres-server')
    with tempfile.TemporaryDirectory(dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else None) as folder:
        own = None
        OnPostgres.server = os.environ.get('TMINUS_TEST_POSTGRES')
        if not OnPostgres.server:
            OnPostgres.server = own = tempfile.mktemp(dir='/var/tmp', prefix='tminus-test-')
            subprocess.run([tool, 'start', own], check=True)
        try:
            library = kill_matrix.make_library(folder)
            OnPostgres.web = kill_matrix.Web(os.path.join(folder, 'web'))
            for flight in (Released, TakenBack, AfterRelease, RolledBack):
                work = os.path.join(folder, flight.name.replace(' ', '-'))
                os.mkdir(work)
                flight(work, library).matrix(tap)
        finally:
            if own:
                subprocess.run([tool, 'stop', own], check=True)
    tap.done()


if __name__ == '__main__':
    main()
