#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the tests of several build folders as one list, so that no core waits for the last test of a
folder, says once a minute how far it is, and counts what the runners printed.

    suite.py [--jobs N] [--every SECONDS] [--since TIME] [--out FOLDER] [--exclude-label WORD]
             [--only REGEX (of PRESET/TEST)] BUILD-FOLDER...

ctest does the work (its locks, fixtures, timeouts and RUN_SERIAL hold across all folders); this makes
its list and reads what it says. Below --out (default: build/suite): ctest.log, and PRESET.TEST.log, what
one test printed. The last line is `N passed, N failed, N skipped`. What counts as one failure, beside the
failures that a runner counts itself: a runner that fails, hangs (TIMEOUT), crashes or cannot be started
without counting any; one that passes and counts nothing; one that ctest never came to; a folder without
tests. Exit code 1 if anything failed, 3 if there is no ctest.
"""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time

COLOUR = re.compile(r'\033\[[0-9;]*m')
CRITERION = re.compile(r'\[====\] Synthesis: Tested: \d+ \| Passing: (\d+) \| Failing: (\d+) \| Crashing: (\d+)')
PLAIN = re.compile(r'^(\d+) passed, (\d+) failed, (\d+) skipped$')
WHY = re.compile(r'^not ok|^FAIL |^\[(----|FAIL)\]|SUMMARY: |: Assertion |^ *\| .*(rror|expected)')
STARTS = re.compile(r'^ +Start +(\d+): ')
ENDS = re.compile(r'^ *\d+/\d+ Test +#(\d+): \S+ [. ]*(\*\*\*)?(.*?) +([\d.]+) sec')
NOT_RUN = re.compile(r'^ *\d+/\d+ Test +#(\d+): \S+ [. ]*\*\*\*(Not Run.*?)\s+')
TIMEOUT_S = 900 # of a test that names none


class Test:
    def __init__(self, folder, name):
        self.preset, self.name = os.path.basename(folder.rstrip('/')), name
        self.folder = folder
        self.passed = self.failed = self.skipped = 0
        self.state = ''  # of ctest: Passed, Failed, Timeout, ...
        self.began = self.counted = False
        self.running = False
        self.seconds = 0.0
        self.why, self.log = [], None

    def __str__(self):
        return self.preset + '/' + self.name

    def take(self, line):
        """One line that it printed, after what ctest says of it."""
        if not self.began:
            self.began = line.startswith('Test timeout computed to be: ')
            return
        self.log.write(line + '\n')
        line = COLOUR.sub('', line)
        counts = CRITERION.search(line)
        if counts:
            p, f, crashed = map(int, counts.groups())
            self.add(p, f + crashed, 0)
        counts = PLAIN.match(line)
        if counts:
            self.add(*map(int, counts.groups()))
        if WHY.search(line):
            self.why.append(line)

    def add(self, passed, failed, skipped):
        self.counted = True
        self.passed += passed
        self.failed += failed
        self.skipped += skipped

    def end(self, state, seconds):
        self.state, self.running, self.seconds = state, False, seconds
        if state != 'Passed' and not self.failed:
            self.failed = 1
        elif not self.counted:
            self.failed, self.state = 1, 'passed, but counted nothing'


def quote(text):
    return '[==[' + str(text) + ']==]'


def read_folder(folder, launcher, args, out):
    """Its tests, and the lines that make them some of another folder's."""
    got = subprocess.run(['ctest', '--show-only=json-v1'], cwd=folder, stdout=subprocess.PIPE)
    tests = []
    for t in json.loads(got.stdout or '{}').get('tests', []):
        props = {p['name']: p['value'] for p in t['properties']}
        test = Test(folder, t['name'])
        if args.exclude_label in props.get('LABELS', []) or not re.search(args.only, str(test)):
            continue
        tests.append(test)
        name = quote(test)
        props.setdefault('TIMEOUT', TIMEOUT_S)
        # a folder's own
        for key in [k for k in props if k == 'DEPENDS' or k.startswith('FIXTURES_')]:
            props[key] = [test.preset + '/' + v for v in props[key]]
        # a program that is not there has no command: ctest says so of it
        command = t.get('command') or ['NOT_AVAILABLE']
        out.write('add_test(%s %s)\n' % (name, ' '.join(quote(w) for w in launcher + command)))
        for key, value in props.items():
            if isinstance(value, list):
                value = ';'.join(str(v).replace(';', '\\;') for v in value)
            out.write('set_tests_properties(%s PROPERTIES %s %s)\n' % (name, key, quote(value)))
    return tests


def launcher_of(folder):
    """Recent kernels place mappings where ThreadSanitizer's runtime does not expect them."""
    with open(os.path.join(folder, 'CMakeCache.txt')) as cache:
        if 'IRQSTORM_SANITIZE:STRING=thread\n' in cache.read():
            return ['/usr/bin/env', 'setarch', os.uname().machine, '-R']
    return []


def say(text):
    print('suite: ' + text, flush=True)


class Suite:
    def __init__(self, args):
        self.args = args
        self.tests = []  # in the order of ctest's numbers
        self.folders = {}
        self.next_word = time.time() + args.every

    def read(self):
        with open(os.path.join(self.args.out, 'CTestTestfile.cmake'), 'w') as out:
            for folder in map(os.path.abspath, self.args.folders):
                tests = read_folder(folder, launcher_of(folder), self.args, out)
                self.folders[os.path.basename(folder)] = tests
                self.tests += tests
        for test in self.tests:
            test.path = os.path.join(self.args.out, str(test).replace('/', '.') + '.log')
            test.log = open(test.path, 'w', errors='replace')

    def progress(self):
        if time.time() < self.next_word:
            return
        self.next_word = time.time() + self.args.every
        left = ['%s %d of %d' % (preset, sum(bool(t.state) for t in tests), len(tests))
                for preset, tests in self.folders.items()]
        running = [str(t) for t in self.tests if t.running]
        say('%d min: %d of %d tests (%s), running %s' % (
            (time.time() - self.args.since) / 60, sum(bool(t.state) for t in self.tests), len(self.tests),
            ', '.join(left), ', '.join(running) or 'none'))

    def tell(self, test):
        if not test.failed:
            return
        test.log.flush()
        lines = test.why
        if not lines:
            with open(test.path, errors='replace') as log:
                lines = log.read().splitlines()[-10:]
        say('FAILED %s: %s after %.1f s, %d failed of %d' % (
            test, test.state, test.seconds, test.failed, test.passed + test.failed))
        for line in lines[:20]:
            print('    ' + line[:600])
        print('  all it printed: %s\n  again: ctest --test-dir %s -R \'^%s$\' --output-on-failure' % (
            os.path.relpath(test.path), os.path.relpath(test.folder), test.name), flush=True)

    def line(self, line):
        prefix, colon, text = line.partition(': ')
        if prefix.isdigit() and 0 < int(prefix) <= len(self.tests):
            self.tests[int(prefix) - 1].take(text)
        elif line.endswith(':') and line[:-1].isdigit() and int(line[:-1]) <= len(self.tests):
            self.tests[int(line[:-1]) - 1].take('')
        elif STARTS.match(line):
            self.tests[int(STARTS.match(line).group(1)) - 1].running = True
        else:
            ends = ENDS.match(line) or NOT_RUN.match(line)
            if ends:
                test = self.tests[int(ends.group(1)) - 1]
                state = ends.group(3) if ends.re is ENDS else ends.group(2)
                seconds = float(ends.group(4)) if ends.re is ENDS else 0
                test.end(state.strip() or 'Failed', seconds)
                self.tell(test)

    def run(self):
        log = os.path.join(self.args.out, 'ctest.log')
        with open(log, 'w') as out:
            ctest = subprocess.Popen(['ctest', '-V', '-j', str(self.args.jobs)], cwd=self.args.out,
                                     stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)

        def stop(number, frame):
            os.killpg(ctest.pid, signal.SIGTERM)
            sys.exit(128 + number)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop)
        with open(log, errors='replace') as said:
            rest = ''
            while True:
                over = ctest.poll() is not None
                rest += said.read()
                *lines, rest = rest.split('\n')
                for line in lines:
                    self.line(line)
                if over:
                    break
                self.progress()
                time.sleep(0.5)
        for test in self.tests:
            if not test.state:
                test.end('ctest (exit %d) never came to its end' % ctest.returncode, 0)
                self.tell(test)

    def finish(self):
        total = [0, 0, 0]
        for preset, tests in self.folders.items():
            counts = [sum(getattr(t, k) for t in tests) for k in ('passed', 'failed', 'skipped')]
            if not tests:
                counts[1] = 1
                say('%s has no test' % preset)
            say('%s: %d passed, %d failed, %d skipped in %d tests, %d s one after the other' % (
                preset, *counts, len(tests), sum(t.seconds for t in tests)))
            total = [a + b for a, b in zip(total, counts)]
        print('%d passed, %d failed, %d skipped' % tuple(total))
        return total[1] != 0


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--jobs', type=int, default=len(os.sched_getaffinity(0)) + 2)
    p.add_argument('--every', type=float, default=60)
    p.add_argument('--since', type=float, default=time.time())
    p.add_argument('--out', default='build/suite')
    p.add_argument('--exclude-label', default='')
    p.add_argument('--only', default='')
    p.add_argument('folders', nargs='+')
    args = p.parse_args()
    args.out = os.path.abspath(args.out)
    os.makedirs(args.out, exist_ok=True)
    suite = Suite(args)
    try:
        suite.read()
        suite.run()
    except FileNotFoundError as e:
        print('suite: %s' % e, file=sys.stderr)
        sys.exit(3)
    sys.exit(suite.finish())


main()
