#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds what is shown against the JSON it is of, and the JSON against its own counts.

figures.py sentence STRESS.json TEXT
figures.py rate STRESS.json TEXT
figures.py rows SUMMARY.json TEXT
figures.py published DOCUMENT...
"""
import json
import math
import re
import sys


def share(v):
    return '{:,}'.format(int(v + .5)) if v >= 999.5 else '%.3g' % v


def tail(k, n, p):
    """P(k or fewer of n events of chance p), summed term by term; 12 deviations off there is nothing."""
    off = 12 * math.sqrt(n * p) + 12
    if k > n * p + off:
        return 1.0
    return sum(math.exp(math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) +
                        i * math.log(p) + (n - i) * math.log1p(-p))
               for i in range(max(0, int(n * p - off)), k + 1))


def interval(k, n):
    """Clopper and Pearson by bisection over sums: no line of irqstorm's."""
    def solve(at):
        lo, hi = 0.0, 1.0
        for _ in range(50):
            x = (lo + hi) / 2
            lo, hi = (x, hi) if at(x) else (lo, x)
        return lo
    if not k:
        return 0.0, min(1, 3 / n)
    return (solve(lambda p: not p or 1 - tail(k - 1, n, p) < .025),
            solve(lambda p: not p or tail(k, n, p) > .025) if k < n else 1.0)


def rate_of(lost, fired):
    lo, hi = interval(lost, fired)
    return {'rate': lost / fired * 1e6, 'lo': lo * 1e6, 'hi': hi * 1e6}


wrong = []


def expect(ok, what):
    if not ok:
        wrong.append(what)


def check_json(where, said, want):
    for key in ('rate', 'lo', 'hi'):
        expect(math.isclose(said[key], want[key], rel_tol=1e-5, abs_tol=1e-6),
               '%s: %s is %g in the JSON, %g of its counts' % (where, key, said[key], want[key]))


def between(m):
    if not m['rate']:
        return '< ' + share(m['hi'])
    return share(m['lo']) + ' - ' + share(m['hi'])


def sentence(run, text):
    lost, fired, m = run['lost']['total'], run['fired'], run['lost_per_million']
    if not fired:  # a machine so busy that nobody got a turn
        expect('SKIPPED  nothing was fired' in text, 'no fire, and no word of that')
        expect(set(m.values()) == {None}, 'a rate of nothing: %s' % m)
        return
    check_json('the run', m, rate_of(lost, fired))
    if lost:
        want = '%d lost of %s fires (%s per million, 95 %%: %s),' % (lost, '{:,}'.format(fired),
                                                                    share(m['rate']), between(m))
    else:
        want = '0 lost of %s fires (below %s per million with' % ('{:,}'.format(fired), share(m['hi']))
    expect(want in text, 'the headline is not "%s"' % want)


def rate(run, text):
    reached = run['fired'] + 1 >= .99 * run['rate'] * run['duration_s']
    expect(run['rate_reached'] is reached, 'rate_reached is %s, fired %d' % (run['rate_reached'], run['fired']))
    expect(('rate was not reached' in text) is not reached, 'the text says otherwise')


def rows(summary, text):
    lines = [l for l in text.splitlines() if l.startswith('emulator')]
    cells = [c for c in summary['cells'] if c['state'] == 'measured']
    worst = None
    expect(len(lines) == len(cells), '%d rows of %d cells' % (len(lines), len(cells)))
    for line, cell in zip(lines, cells):
        counts = cell['counts']
        if not counts['fired']:
            continue
        m = rate_of(counts['lost']['total'], counts['fired'])
        if 'lost_per_million' in cell:
            check_json(cell['strategy'], cell['lost_per_million'], m)
        target, fired, lost, rate = re.match(r'(\S+ \S+) +\S+ +(\S+) +(\S+) +\S+ +(\S+)', line).groups()
        where = '%s on %s' % (cell['strategy'], target)
        expect(fired == '{:,}'.format(counts['fired']), where + ': fired ' + fired)
        expect(lost == '{:,}'.format(counts['lost']['total']), where + ': lost ' + lost)
        expect(rate == share(m['rate']), '%s: lost per M %s is not %s' % (where, rate, share(m['rate'])))
        expect(' %s ' % between(m) in line, '%s: no %s' % (where, between(m)))
        if m['rate'] > (worst[0]['rate'] if worst else 0):
            worst = m, where
    expect(worst, 'nothing was lost: nothing is shown')
    if worst:
        want = 'most by %s (%s per million, 95 %%: %s)' % (worst[1], share(worst[0]['rate']), between(worst[0]))
        expect(want in text, 'the sentence has no "%s"' % want)


COUNT = r'([\d,]+)'
SHOWN = re.compile(r'^(?:    )?(?:emulator \S+|vfio:\S+) +(\S+) +' + COUNT + ' +' + COUNT + r' +\d+ +(\S+) +(< \S+|\S+ - \S+) ')
MARKDOWN = re.compile(r'^\| `(\S+)` \| ' + COUNT + r' \| ' + COUNT + r' \| (\S+) \(([^)]*)\) \| (?:-|[\d.e-]+) \| [\d,]+ \|')


def published(paths):
    """Rows of tables in documents: each as of its own counts."""
    n = 0
    for path in paths:
        with open(path) as f:
            lines = f.read().splitlines()
        inside = False
        for at, line in enumerate(lines, 1):
            if re.match(r'(?:    )?target .* lost per M|\| strategy \| fired \| lost \| lost per million', line):
                inside = True
                continue
            inside = inside and line[:1] in '| ev' and line.strip() != ''
            if not inside or 'cannot' in line or line.startswith('|--'):
                continue
            row = SHOWN.match(line) or MARKDOWN.match(line)
            where = '%s:%d' % (path, at)
            expect(row, where + ': no row with lost per million and its interval: ' + line)
            if not row:
                continue
            fired, lost = (int(row[i].replace(',', '')) for i in (2, 3))
            m = rate_of(lost, fired)
            n += 1
            expect(row[4] == share(m['rate']) and row[5] == between(m),
                   '%s: %s of %s is %s (%s), not %s (%s)' % (where, lost, fired, share(m['rate']),
                                                           between(m), row[4], row[5]))
    expect(n, 'no table was found')
    print(n, 'rows')


if sys.argv[1] == 'published':
    published(sys.argv[2:])
else:
    with open(sys.argv[2]) as f:
        doc = json.load(f)
    with open(sys.argv[3]) as f:
        {'sentence': sentence, 'rate': rate, 'rows': rows}[sys.argv[1]](doc, f.read())
print('\n'.join(wrong))
sys.exit(bool(wrong))
