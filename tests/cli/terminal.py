#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Output fits the terminal: at 80 columns no line of what people look at is wider, at 200 and in a
pipe nothing is missing; a line of progress never reaches the end of its line, and says what is
waited for; colour is for terminals; every heading of a table is explained.

Usage: terminal.py IRQSTORM SOURCE"""
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import fcntl
import time

sys.dont_write_bytecode = True  # nothing into the sources
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from lib import finish, result

BIN, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
PATIENCE = 240


def clean(**more):
    env = {k: v for k, v in os.environ.items() if k not in ('COLUMNS', 'NO_COLOR') and not k.startswith('IRQSTORM_')}
    return dict(env, **{'TERM': 'xterm', **more})


def run(args, cwd, merged=True, **env):
    p = subprocess.run([BIN] + args, cwd=cwd, env=clean(**env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT if merged else subprocess.PIPE, text=True)
    return p.stdout


def on_terminal(args, cwd, columns, until=None, **env):
    """All that a terminal of so many columns gets."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
    child = subprocess.Popen([BIN] + args, cwd=cwd, env=clean(**env), stdin=slave, stdout=slave, stderr=slave,
                             start_new_session=True)
    os.close(slave)
    said, end = b'', time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if not select.select([master], [], [], 0.2)[0]:
            if child.poll() is not None:
                break
            continue
        try:
            more = os.read(master, 65536)
        except OSError:
            break
        if not more:
            break
        said += more
        if until and re.search(until, said.decode(errors='replace')):
            child.terminate()
            until = None
    child.wait(PATIENCE)
    os.close(master)
    return said.decode(errors='replace')


ANSI = re.compile(r'\x1b\[[0-9;]*[mK]')


def lines(text):
    """What stands on the terminal line by line: rewritten ones each by itself."""
    return [line for part in text.replace('\r\n', '\n').split('\n') for line in ANSI.sub('', part).split('\r')]


def too_wide(text, columns):
    # one word that is longer than a line cannot be folded
    return [line for line in lines(text) if len(line) > columns and ' ' in line.strip()]


with tempfile.TemporaryDirectory() as top:
    storm = ['--duration', '100ms', '--warm-up', '0', '--repeats', '1', '--vectors', '8', '--quick']
    for out in ('a', 'b'):
        run(['bench', *storm, '--no-resize-cost', '--strategy', 'none,teardown,dynamic', '--out', out, '--quiet'], top)
    run(['stress', '--duration', '100ms', '--quiet', '--json', 's.json'], top)
    with open(os.path.join(top, 'g.gate'), 'w') as f:
        f.write('[a-short-one]\nkind = diff\nops = 2k\n[another]\nkind = stress\nstrategy = none\nduration = 100ms\n'
                'fires = 1\n')
    looked_at = {
        'bench': ['bench', *storm, '--strategy', 'none,teardown,dynamic', '--target', 'emu:profile=6.1'],
        'stress': ['stress', '--duration', '300ms', '--resize', 'dynamic'],
        'stress with findings': ['stress', '--duration', '300ms', '--target', 'emu:fault=drop:20'],
        'report of two': ['report', 'a', 'b'],
        'doctor': ['doctor'],
        'gate': ['gate', '--file', 'g.gate', '--quiet'],
        'gate --list': ['gate', '--list'],
        'nightly --list': ['nightly', '--list'],
        'diff': ['diff', '--ops', '2k', '--quiet'],
        'info': ['info'],
    }
    for name, args in looked_at.items():
        narrow, tty = run(args, top, COLUMNS='80'), on_terminal(args, top, 80)
        result(f'{name} at COLUMNS=80: no line is wider', narrow and not too_wide(narrow, 80), too_wide(narrow, 80))
        result(f'{name} on a terminal of 80: no line is wider', tty and not too_wide(tty, 80), too_wide(tty, 80))

    # Tables by their results on disk: the same figures each time.
    full = run(['report', 'a', 'b'], top, merged=False)
    narrow = run(['report', 'a', 'b'], top, merged=False, COLUMNS='80')
    result('a pipe has all columns', re.search(
        r'^target +strategy +fired +lost +unexplained .* stall p99$', full, re.M) and 'no room' not in full, full[:400])
    result('at 200 columns nothing is missing', run(['report', 'a', 'b'], top, merged=False, COLUMNS='200').split()
           == full.split(), '')
    result('--wide has all at 80', run(['report', '--wide', 'a', 'b'], top, merged=False, COLUMNS='80') == full, '')
    gone = re.search(r'\(no room for ([^;]*);', narrow)
    result('at 80 columns it is said which are left out', gone, narrow[:300])
    # the order of docs/words.md
    words = open(os.path.join(SOURCE, 'docs/words.md')).read()
    order = re.search(r'^\| bench, report \| (.*) \|$', words, re.M).group(1).split(', ')
    result('in the order of docs/words.md', gone and set(gone.group(1).replace('\n', ' ').split(', '))
           == set(order[:len(gone.group(1).split(', '))]), f'{gone and gone.group(1)}; {order}')
    result('what is left is never the unexplained', re.search(r'^target .* unexplained', narrow, re.M), narrow[:300])

    # A folded command is the same command.
    text = run(['stress', '--duration', '50ms', '--no-control', '--quiet', '--seed', '7'], top, merged=False, COLUMNS='60')
    folded = re.search(r'^  repeat: ((?:.*\\\n)*.*)$', text, re.M).group(1)
    argv = subprocess.run(['bash', '-c', f'irqstorm() {{ printf "%s\\n" "$@"; }}; {folded}'], capture_output=True,
                          text=True).stdout.split('\n')[:-1]
    want = json.load(open(os.path.join(top, 's.json')))['repeat'].split()[1:]
    result('a folded repeat command is folded, and the same for a shell', '\\\n' in folded and
           [w for w in argv if w.startswith('--')] == [w for w in want if w.startswith('--')], folded)

    # Progress: cut, so that nothing is left behind a carriage return, with what is left.
    for columns in (40, 80):
        said = on_terminal(['stress', '--duration', '1h'], top, columns, until=r'left\] lost[^\r]*\r[^\r]*left\] lost')
        shown = [line for line in lines(said) if re.match(r'\[\d\d:\d\d/60:00, \d+ min left\]', line)]
        result(f'{columns} columns: progress says what is done, of how much, and what is left', shown, said[-300:])
        result(f'{columns} columns: it never reaches the end of the line', shown and max(map(len, shown)) < columns,
               max(map(len, shown or [''])))
        result(f'{columns} columns: each begins on a line that was cleared', len(shown) <= said.count('\r\x1b[K'), said)
    said = on_terminal(['bench', *storm, '--repeats', '500', '--strategy', 'none'], top, 80, until='runs, .* left: ')
    result('bench: done, total and time left', re.search(r'\d+ of 1002 runs, \d+ (s|min|h) left: emu', said.replace(
        'left: cells/', 'left: ')), said[-300:])
    with open(os.path.join(top, 'long.gate'), 'w') as f:
        f.write('[one]\nkind = stress\nstrategy = none,dynamic\nduration = 1h\nfires = 1\n')
    said = on_terminal(['gate', '--file', 'long.gate'], top, 80, until='0 of 2 checks')
    result('gate: of how many checks, and what it waits for', re.search(r'0 of 2 checks: one:none, run 1, for \d+ s',
                                                                    said), said[-300:])
    # In a pipe a plain line every ten seconds: with a pipe there is none at once, and no control character.
    said = run(['stress', '--duration', '300ms'], top)
    result('a pipe gets no control characters', '\r' not in said and '\x1b' not in said, said)

    # Colour.
    bad = ['stress', '--duration', '1s', '--quiet', '--no-control', '--target', 'emu:fault=drop:1']
    result('a finding is red on a terminal', '\x1b[1;31mFINDING\x1b[0m' in on_terminal(bad, top, 80), '')
    result('not with NO_COLOR', '\x1b[' not in on_terminal(bad, top, 80, NO_COLOR='1').replace('\x1b[K', ''), '')
    result('not with --color=never', '\x1b[1' not in on_terminal(bad + ['--color=never'], top, 80), '')
    result('not in a pipe', '\x1b' not in run(bad, top), '')
    plain = bad[:3] + bad[4:]  # with progress
    said = on_terminal(plain, top, 80, TERM='dumb')
    result('a dumb terminal gets no control sequence', '\x1b' not in said and 'FINDING' in said, said)
    result('and progress as lines', '\r' not in said.replace('\r\n', ''), said)
    result('another one gets them', '\x1b[K' in on_terminal(plain, top, 80), '')
    result('but with --color=always', '\x1b[1;31mFINDING\x1b[0m' in run(bad + ['--color=always'], top), '')

# Words: every heading of every table is told by --help and by docs/words.md.
commands = re.findall(r'^  ([a-z]+) ', subprocess.run([BIN, '--help'], capture_output=True, text=True).stdout, re.M)
headings = {}
for command in commands:
    text = subprocess.run([BIN, command, '--help'], capture_output=True, text=True).stdout
    part = re.search(r'^Words \(docs/words.md has all\):\n((?:  .*\n)+)', text, re.M)
    for word in re.findall(r'^  (\S.*?)(?:  .*)?$', part.group(1) if part else '', re.M):
        headings.setdefault(word, command)
explained = ' '.join(re.findall(r'\*\*(.+?)\*\*', words)).replace(' ', '')
names = {w for w in re.findall(r'\*\*(.+?)\*\*', words)}
for word, command in headings.items():
    result(f'docs/words.md explains "{word}" of {command}', word in names, '')
result('there are words', len(headings) > 30, headings)
used, told = set(), set()
for folder, _, files in os.walk(os.path.join(SOURCE, 'harness')):
    for f in files:
        if f.endswith('.c'):
            text = open(os.path.join(folder, f)).read()
            used |= set(re.findall(r'table_init\(&\w+, (\w+)', text))
            told |= set(re.findall(r'table_words\((\w+)', text))
text = open(os.path.join(SOURCE, 'stress/report_text.c')).read()
used |= set(re.findall(r'table_init\(&\w+, (\w+)', text))
# that of cells is made of report/columns.h, which text_words() tells
result('no table is without its words', used - {'chosen'} == told - {'const'}, used ^ told)
for column in re.findall(r'\.heading = "([^"]*)"', open(os.path.join(SOURCE, 'stress/report_text.c')).read()):
    result(f'and "{column}" of stress is among them', column in headings, '')

# What is printed without a table: each line of info begins with a word, and so does what run says of hazards.
told_by_info = {word for word, command in headings.items() if command == 'info'}
with tempfile.TemporaryDirectory() as top:
    for target in ('emu:profile=6.12', 'emu:profile=6.1,hostvecs=4'):
        said = run(['info', '--check', '--target', target], top, merged=False)
        at = said.index('\n\n')
        for word in re.findall(r'^(\S+)  ', said[:at], re.M) + re.findall(r'^(host|check) ', said[at:], re.M):
            # not headings.items(), which has a word that two subcommands have only once
            text = subprocess.run([BIN, 'info', '--help'], capture_output=True, text=True).stdout
            result(f'info --help explains "{word}"', re.search(fr'^  {word}  ', text, re.M), text)
            result(f'docs/words.md explains "{word}"', word in names, '')
        for cap in re.search(r'^caps (.*)', said, re.M).group(1).split():
            result(f'and the cap {cap}', cap in names and cap in told_by_info, '')
    result('run --help has words', 'run' in headings.values(), headings)
    # The page and Markdown have headings of their own.
    run(['bench', '--quick', '--duration', '50ms', '--warm-up', '0', '--repeats', '1', '--quiet', '--strategy',
         'none,teardown', '--vectors', '8', '--target', 'emu:profile=6.12,vectors=8', '--out', 'b'], top)
    run(['report', 'b', 'b', '--html', 'two.html'], top)
    page = open(os.path.join(top, 'two.html')).read()
    shown = set(re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', page)) - {'b', ''}
    markdown = run(['report', 'b', '--markdown'], top, merged=False)
    row = re.search(r'^\| strategy .*$', markdown, re.M)
    shown |= {w.strip() for w in row.group(0).strip('| ').split('|')}
    result('the page and Markdown have headings', len(shown) > 10, (shown, markdown))
    for word in sorted(shown):
        result(f'docs/words.md explains "{word}" of the page or Markdown', word in names, '')
# A word says what it is by itself.
for command in commands:
    text = subprocess.run([BIN, command, '--help'], capture_output=True, text=True).stdout
    result(f'no word of {command} leans on another column', 'the column before' not in text, '')

finish()
