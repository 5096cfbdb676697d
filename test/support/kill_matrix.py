"""Kills of real processes at each point of a flight, for tests in Python.

A flight is flown once undisturbed, with kill_point.c preloaded, which counts the points; then once for each point that
matters, from the same start: killed there, resumed, and compared with what the undisturbed one came to. Prints TAP.

SPDX-License-Identifier: Apache-2.0
"""
import collections
import json
import os
import subprocess
import sys
import time

SOURCE = os.environ.get('SOURCE', os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
# The optimised one where there is one: what dies here has no memory to be looked at, and a hundred flights take a while.
RELEASE = os.path.join(os.environ.get('RELEASE', ''), 'tminus')
TMINUS = RELEASE if os.access(RELEASE, os.X_OK) else os.path.abspath(
    os.environ.get('TMINUS', os.path.join(SOURCE, 'build', 'tminus')))
LINE = 64  # as in kill_point.c
TIMEOUT_S = 90

Ended = collections.namedtuple('Ended', 'status out err')


class Flight:
    """One kind of flight: how it begins, who flies it, and what it comes to.

    Subclasses give `name`, `verb` (the words of the process that is killed), `again` (what is said when that had not
    begun), `ends` (exit status), prepare() (the start, once), restore() (back to it) and outcome() (what is compared).
    """

    name = verb = None
    ends = 0
    once = ()  # events of which there may be one at most
    marks = {}  # for kill_point.c
    target = '-'  # what the names of the target's files begin with
    stride = 3  # every n-th point that matters, and all of the target's own; odd, since they come in pairs

    def __init__(self, folder, library):
        self.folder, self.library = folder, library
        self.log = os.path.join(folder, 'points')

    def tminus(self, *words, **env):
        command = [TMINUS, *words]
        if 'LD_PRELOAD' in env:
            command = ['sh', '-c', 'KILL_PILOT=$$ exec "$@"', 'sh', *command]
        # What is preloaded comes before a sanitizer's runtime; that is well here.
        sanitizer = 'verify_asan_link_order=0:' + os.environ.get('ASAN_OPTIONS', '')
        env = dict(os.environ, ASAN_OPTIONS=sanitizer, **self.environment(), **env)
        ended = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=TIMEOUT_S,
                               stdin=subprocess.DEVNULL)
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def must(self, *words):
        ended = self.tminus(*words)
        if ended.status != 0:
            raise SystemExit(f'{self.name}: tminus {" ".join(words)}: {ended.status}: {ended.out}{ended.err}')

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='ascii') as file:
            file.write(text)
        os.chmod(path, 0o755)

    def read(self, name):
        with open(os.path.join(self.folder, name), encoding='ascii') as file:
            return file.read().split()

    def events(self):
        ended = self.tminus('journal', 'export')
        return [json.loads(line) for line in ended.out.splitlines()] if ended.status == 0 else []

    def state(self):
        ended = self.tminus('status', '--format', 'json')
        return json.loads(ended.out)['state'] if ended.out else 'none'

    def fly(self, at=0, **env):
        if os.path.exists(self.log):
            os.remove(self.log)
        return self.tminus(*self.verb, LD_PRELOAD=self.library, KILL_LOG=self.log, KILL_AT=str(at), **self.marks, **env)

    def resume(self):
        """As a person would: what was not begun is said again, all else is resumed."""
        return self.tminus(*(self.verb if not self.has_begun() else ['resume']))

    def has_begun(self):
        return any(event['event'] == 'flight-started' for event in self.events())

    # --- points

    def points(self):
        """Numbers of the points that matter: the first write behind a sync, and the sync that ends it; a commit's message."""
        with open(self.log, encoding='ascii') as file:
            lines = [line.split() for line in file]
        chosen, written, passed = [], set(), 0
        for number, (what, name, _) in enumerate(lines, 1):
            if name.endswith('-shm'):
                continue
            if what != 'write' or name not in written:
                passed += 1
                if passed % int(os.environ.get('KILL_STRIDE', self.stride)) == 0 or name.startswith(self.target):
                    chosen.append(number)
            (written.add if what == 'write' else written.discard)(name)
        return chosen

    # --- one kill

    def kill(self, at, is_alone):
        """What is wrong after a kill at this point and a resume: None, or a text."""
        self.restore()
        killed = self.fly(at, **({'KILL_ALONE': '1'} if is_alone else {}))
        if killed.status != -9:
            self.missed += 1  # what is written behind the last event is not the same in each run
            return None if killed.status == self.ends else f'was not killed: {killed.status}: {killed.err}'
        began = time.monotonic()
        resumed = self.resume()
        self.waited = max(self.waited, time.monotonic() - began)
        if resumed.status != self.ends:
            return f'resumed: status {resumed.status} instead of {self.ends}:\n{resumed.out}{resumed.err}'
        outcome = self.outcome()
        if outcome != self.wanted:
            return f'came to\n{outcome}\ninstead of\n{self.wanted}'
        counts = collections.Counter(event['event'] for event in self.events())
        twice = [name for name in self.once if counts[name] > self.counts[name]]
        if twice:
            return f'happened again: {twice}: {counts}'
        verified = self.tminus('journal', 'verify')
        return None if verified.status == 0 else f'the journal: {verified.err}'

    def matrix(self, tap):
        self.prepare()
        self.restore()
        undisturbed = self.fly()
        tap.is_(f'{self.name}: undisturbed', undisturbed.status, self.ends, undisturbed.err)
        self.waited, self.missed, self.wanted = 0, 0, self.outcome()
        self.counts = collections.Counter(event['event'] for event in self.events())
        points = self.points()
        for n, at in enumerate(points):
            # In turn: the process that flies and what it runs; only the process that flies.
            is_alone = n % 2 == 1
            tap.result(self.kill(at, is_alone), f'{self.name}: killed at point {at}{" alone" if is_alone else ""}')
        tap.is_(f'{self.name}: killed at nearly all of them', self.missed <= len(points) // 20, True)
        print(f'# {self.name}: {len(points) - self.missed} kills; the longest resume took {self.waited:.1f} s to its end', flush=True)


    # --- what it runs is killed, and it goes on by itself

    def data(self):
        """What of the target must be whole."""
        raise NotImplementedError

    def finish(self, wrong):
        """Of more than one migration half may be there, and it is said: what is wrong when a person goes on."""
        return wrong

    def kill_verb(self, at, whole):
        self.restore()
        ended = self.fly(at, KILL_VERB='1')
        state, ends = self.state(), {'watching': (0,), 'rolled_back': (4,), 'aborted': (1, 4), 'holding': (3,), 'needs_person': (5,)}
        if ended.status not in ends.get(state, ()):
            return f'{state}, status {ended.status}:\n{ended.out}{ended.err}'
        if self.data() not in whole:
            return self.finish(f'{state}, and the data is\n{self.data()}')
        if state == 'aborted' and self.data() != whole[0]:
            return f'aborted, and the data is\n{self.data()}'
        verified = self.tminus('journal', 'verify')
        return None if verified.status == 0 else f'the journal: {verified.err}'

    def matrix_of_verbs(self, tap):
        """Behind matrix(): what is left says so, and is whole."""
        self.restore()
        before = self.data()
        self.fly()
        with open(self.log, encoding='ascii') as file:
            processes = [line.split()[2] for line in file]
        points = [at for at in self.points() if processes[at - 1] != processes[0]]
        whole = [before, self.data()]
        for at in points:
            tap.result(self.kill_verb(at, whole), f'{self.name}: what it runs is killed at point {at}')


class Web:
    """http_server.py, which ends with this process."""

    def __init__(self, folder):
        self.folder = folder
        os.mkdir(folder)
        self.server = subprocess.Popen([sys.executable, os.path.join(SOURCE, 'test/support/http_server.py'), folder],
                                       stdin=subprocess.PIPE)
        for _ in range(100):
            if os.path.exists(os.path.join(folder, 'ports')):
                break
            time.sleep(0.1)

    def port(self, manner):
        with open(os.path.join(self.folder, 'ports'), encoding='ascii') as file:
            return dict(line.strip().split('=') for line in file if '=' in line)[manner]

    def serve(self, path):
        """/health tells what stands in this file."""
        link = os.path.join(self.folder, 'version')
        if os.path.lexists(link):
            os.remove(link)
        os.symlink(path, link)


class Tap:
    def __init__(self):
        self.n = self.failed = 0

    def result(self, wrong, name):
        self.n += 1
        self.failed += wrong is not None
        print(f'{"not " if wrong else ""}ok {self.n} - {name}', flush=True)
        for line in (wrong or '').splitlines():
            print('# ' + line)

    def is_(self, name, got, wanted, more=''):
        self.result(None if got == wanted else f'{got} instead of {wanted}\n{more}', name)

    def done(self):
        print(f'1..{self.n}')
        sys.exit(self.failed > 0)


def make_library(folder):
    library = os.path.join(folder, 'kill_point.so')
    subprocess.run(['cc', '-shared', '-fPIC', '-o', library, os.path.join(SOURCE, 'test/support/kill_point.c'), '-ldl'],
                   check=True)
    return library
