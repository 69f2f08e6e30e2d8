#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The one rule for SIGINT and SIGTERM, of every subcommand: stopped at its start, in the middle and
at its end it prints what it has, says STOPPED, writes its files, and ends with 130 or 143; with a
finding so far with 1; and it never passes. Nothing is timed: a signal is sent before the program
has begun to look for it (it is blocked and pending when it starts), when a line of progress shows on
a terminal, or when its results cannot be written as their reader does not read.

Usage: stopped.py IRQSTORM SOURCE"""
import fcntl
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # nothing into the sources
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from lib import finish, result

BIN, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
PATIENCE = 400  # seconds until a test is given up: of a loaded machine, nothing is measured


class Run:
    """irqstorm on a terminal of its own; stdout in a pipe or a file."""

    def __init__(self, args, dir, pending=None, stdout=None, stdin=subprocess.DEVNULL):
        self.master, slave = pty.openpty()
        self.said = ''
        self.out = stdout if stdout is not None else tempfile.TemporaryFile('w+b')

        def before():
            os.setpgid(0, 0)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            if pending:
                # a pending signal outlives exec: it is there before main()
                signal.pthread_sigmask(signal.SIG_BLOCK, [pending])
                os.kill(os.getpid(), pending)

        self.child = subprocess.Popen([BIN] + args, stdin=stdin, stdout=self.out, stderr=slave, cwd=dir,
                                      preexec_fn=before, env=dict(os.environ, TERM='xterm', COLUMNS='100'))
        os.close(slave)

    def read(self, until=None):
        """True when @until shows; without it, at the end."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if until and re.search(until, self.said):
                return True
            # what a child that is gone has said may be on its way still: the end of the terminal is told
            if not select.select([self.master], [], [], 0.2)[0]:
                continue
            try:
                more = os.read(self.master, 65536)
            except OSError:
                more = b''
            if not more:
                self.child.wait(PATIENCE)
                return not until
            self.said += more.decode(errors='replace')
        self.child.kill()
        return False

    def wait_in(self, call):
        """Until it is in the system call that /proc shows so."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not open(f'/proc/{self.child.pid}/syscall').read().startswith(call):
            time.sleep(0.02)

    def end(self):
        ok = self.read()
        self.child.wait(PATIENCE)
        os.close(self.master)
        text = ''
        if hasattr(self.out, 'seek'):
            self.out.seek(0)
            text = self.out.read().decode(errors='replace')
        return self.child.returncode, text, self.said if ok else self.said + ' (was killed)'


def judge(name, sig, code, out, err, files, want=None):
    said = out + err
    want = want or (130 if sig == signal.SIGINT else 143)
    why = f'exit {code}: {out[-300:]} {err[-300:]}'
    result(f'{name}: exit code {want}', code == want, why)
    result(f'{name}: it says STOPPED, by what and how far', re.search(
        f'STOPPED  by {signal.Signals(sig).name}: .*(done|until then|smaller)', said.replace('\n    ', ' ')), why)
    # what had been printed before the signal came is another matter: see "at the end"
    # the verdict of `report` is that of the results it shows
    result(f'{name}: it does not pass', name.startswith('report') or not re.search(r'^PASS|0 divergences$', out, re.M), why)
    for f in files:
        text = open(f).read() if os.path.exists(f) else ''
        try:
            doc = json.loads(text)
        except ValueError:
            doc = None
        result(f'{name}: {os.path.basename(f)} is written', isinstance(doc, dict), text[:100] or 'not there')
        if doc and 'complete' in doc:
            result(f'{name}: and says that it is not complete', doc['complete'] is False, doc['complete'])
        if doc and 'verdict' in doc:
            result(f'{name}: and does not pass there', doc['verdict'] not in ('pass',) or not doc.get('complete', True),
                   doc['verdict'])


def left_behind(dir):
    return [f for f in os.listdir(dir) if '.tmp.' in f]


with tempfile.TemporaryDirectory() as top:
    prog = os.path.join(top, 'p.irq')
    with open(prog, 'w') as f:
        f.write('set_irqs msix trigger eventfd fds=e0\nfire msix 0\nread e0\n')
    bad = os.path.join(top, 'bad.irq')
    with open(bad, 'w') as f:
        f.write('set_irqs msix trigger eventfd fds=e0,e1,e2\n' + 'fire msix 0\nread e0\n' * 40)
    subprocess.run([BIN, 'stress', '--duration', '100ms', '--json', 'run.json', '--quiet'], cwd=top, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    scenario = os.path.join(top, 'g.gate')
    with open(scenario, 'w') as f:
        f.write('[one]\nkind = stress\nstrategy = none\nduration = 1h\nfires = 1\n')

    # name: arguments, what shows that it is in the middle, its JSON
    long = {
        'stress': (['stress', '--duration', '1h', '--json', 'r.json'], r'\[00:0\d/60:00', 'r.json'),
        'bench': (['bench', '--duration', '2s', '--warm-up', '0', '--repeats', '900', '--no-resize-cost', '--strategy',
                   'none', '--json', 'r.json'], r'[1-9]\d* of 1800 runs', 'r.json'),
        'bench of resizes': (['bench', '--resize-cost', '--strategy', 'teardown', '--json', 'r.json'],
                             r'0 of 2 runs', 'r.json'),
        'diff': (['diff', '--ops', '1G', '--json', 'r.json'], r'of 1000000000 operations', 'r.json'),
        'explore': (['explore', '--depth', '16', '--json', 'r.json'], r'depth \d', 'r.json'),
        'run': (['run', '--repeat', '1000000', '--json', 'r.json', prog], r'of 1000000 runs', 'r.json'),
        'gate': (['gate', '--file', scenario, '--json', 'r.json'], r'0 of 1 checks', 'r.json'),
        'nightly': (['nightly', '--out', 'n', '--steps', 'diff-emu', '--hours', '1', '--kernels', 'none', '--json',
                     'r.json'], r'0 of \d steps', 'r.json'),
    }
    # what is over at once: the signal is there before it begins, or its output has no reader
    short = {
        'info': (['info'], []),
        'doctor': (['doctor', '--json', 'd.json'], ['d.json']),
        'report': (['report', os.path.join(top, 'run.json')], []),
        'export': (['export', '--as', 'c', prog], []),
        'manual': (['manual'], []),
        'kernel': (['kernel', 'list'], []),
    }
    # of the subcommands, those for which a build or a kernel is needed have tests of their own:
    # tests/zoo/engines.sh, tests/campaign/campaign.sh, tests/guest/guest_cli.sh
    elsewhere = {'zoo', 'campaign', 'guest'}
    known = {n.split()[0] for n in long} | set(short) | elsewhere | {'minimize'}
    listed = set(re.findall(r'^  ([a-z]+) ', subprocess.run([BIN, '--help'], capture_output=True, text=True).stdout, re.M))
    result('every subcommand has its row here', listed == known, listed ^ known)
    for name, (args, shows, out) in long.items():
        for sig in (signal.SIGINT, signal.SIGTERM):
            with tempfile.TemporaryDirectory() as dir:
                run = Run(args, dir, pending=sig)
                code, text, err = run.end()
                judge(f'{name}, {sig.name} at its start', sig, code, text, err, [os.path.join(dir, out)])
            with tempfile.TemporaryDirectory() as dir:
                run = Run(args, dir)
                there = run.read(shows)
                result(f'{name}: shows what it waits for', there, run.said)
                os.kill(run.child.pid, sig)
                code, text, err = run.end()
                judge(f'{name}, {sig.name} in the middle', sig, code, text, err, [os.path.join(dir, out)])
                result(f'{name}: no temporary file is left', not left_behind(dir), left_behind(dir))


    # What is over at once: the signal is there when it starts, and it is told that all was done.
    for name, (args, files) in short.items():
        for sig in (signal.SIGINT, signal.SIGTERM):
            with tempfile.TemporaryDirectory() as dir:
                code, text, err = Run(args, dir, pending=sig).end()
                judge(f'{name}, {sig.name} at its start', sig, code, text, err, [os.path.join(dir, f) for f in files])

    # It waits for input that never comes.
    for args in (['run', '-'], ['minimize', '-', '-o', 'x'], ['report', '/dev/stdin'], ['export', '--as', 'c', '-']):
        with tempfile.TemporaryDirectory() as dir:
            r, w = os.pipe()
            run = Run(args, dir, stdin=r)
            os.close(r)
            # it waits for good: in read(), which is system call 0; a file is never waited for so
            run.wait_in('0 0x')
            os.kill(run.child.pid, signal.SIGINT)
            code, text, err = run.end()
            os.close(w)
            result(f'{" ".join(args)}: a signal ends the wait for input', code == 130 and 'STOPPED' in text + err,
                   f'exit {code}: {text} {err}')
            result(f'{" ".join(args)}: no temporary file is left', not left_behind(dir), left_behind(dir))

    # minimize ends its search with what it has.
    with tempfile.TemporaryDirectory() as dir:
        args = ['minimize', '--target', 'emu:fault=drop:2', '--runs', '100000', '--budget', '1h', bad, '-o', 'small.irq']
        run = Run(args, dir)
        there = run.read(r'operations are left of the program')
        os.kill(run.child.pid, signal.SIGTERM)
        code, text, err = run.end()
        judge('minimize, SIGTERM in the middle', signal.SIGTERM, code, text, err, [])

    # At the end: all is measured, and its reader does not read. The pipe is full before it begins.
    for name, args in (('stress', ['stress', '--duration', '50ms', '--no-control', '--quiet']),
                       ('diff', ['diff', '--ops', '1000', '--quiet']), ('report', ['report', os.path.join(top, 'run.json')]),
                       ('doctor', ['doctor'])):
        with tempfile.TemporaryDirectory() as dir:
            r, w = os.pipe()
            fcntl.fcntl(w, fcntl.F_SETPIPE_SZ, 4096)
            filled = os.write(w, b' ' * 4096)
            run = Run(args, dir, stdout=w)
            os.close(w)
            # it hangs in write() to stdout, which is system call 1
            run.wait_in('1 0x1 ')
            os.kill(run.child.pid, signal.SIGINT)
            text = b''
            while True:
                more = os.read(r, 65536)
                if not more:
                    break
                text += more
            os.close(r)
            code, _, err = run.end()
            result(f'{name}, SIGINT at its end: exit code 130', code == 130, f'exit {code}: {text[filled:]} {err}')
            result(f'{name}, SIGINT at its end: it says that all was done', 'STOPPED  by SIGINT: all of it was done' in err,
                   err)
            result(f'{name}, SIGINT at its end: its output is whole', text[filled:].endswith(b'\n'), text[-200:])

    # A finding so far is a finding.
    with tempfile.TemporaryDirectory() as dir:
        run = Run(['stress', '--duration', '1h', '--target', 'emu:fault=drop:20', '--json', 'r.json'], dir)
        run.read(r'unexplained [1-9]')
        os.kill(run.child.pid, signal.SIGINT)
        code, text, err = run.end()
        judge('stress with a finding so far', signal.SIGINT, code, text, err, [os.path.join(dir, 'r.json')], want=1)
        result('stress with a finding so far: it says FINDING', re.search('^FINDING', text, re.M), text)

    # Before a slice of control has run on either side nothing is compared.
    with tempfile.TemporaryDirectory() as dir:
        code, text, err = Run(['stress', '--duration', '1h', '--json', 'r.json'], dir, pending=signal.SIGINT).end()
        ratio = json.load(open(os.path.join(dir, 'r.json')))['ratio']
        result('a ratio is absent before control has run', 'ratio to it' not in text and
               ratio == {'throughput': None, 'throughput_lo': None, 'throughput_hi': None, 'segments': 0,
                         'p50': None}, f'{ratio} {text}')

finish()
