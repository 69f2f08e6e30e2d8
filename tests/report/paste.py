#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""paste.py MARKDOWN CSV SUMMARY STRESS: `ok`, or what of both is not as in the JSON they were made of.

The Markdown is of the bench's summary and the stress run, the CSV of the summary.
"""
import csv
import json
import re
import sys


def main():
    text = open(sys.argv[1]).read()
    rows = list(csv.DictReader(open(sys.argv[2], newline='')))
    bench, stress = (json.load(open(name)) for name in sys.argv[3:5])
    faults = []
    joined = re.sub(r' \\\n +', ' ', text)
    for command in (bench['command'], stress['repeat']):
        if '\n    %s\n' % command not in joined:
            faults.append('no command: %s' % command)
    told = re.findall(r'^\| (\S+) +\| +([\d,]+|cannot) \|', text, re.M)
    losses = [(c['strategy'], '{:,}'.format(c['counts']['lost']['total']) if 'counts' in c else 'cannot')
              for c in bench['cells']] + [(stress['strategy'], '{:,}'.format(stress['lost']['total']))]
    if told != losses:
        faults.append('rows: %s' % (told,))
    if len(rows) != len(bench['cells']):
        faults.append('%d lines, %d cells' % (len(rows), len(bench['cells'])))
    for row, cell in zip(rows, bench['cells']):
        if row['strategy'] != cell['strategy'] or row['target'] != cell['target'] or None in row:
            faults.append('line: %s' % row)
        if cell['state'] != 'measured':
            continue
        fired, p99 = cell['counts']['fired'], cell['metrics']['response_p99_ns']['median']
        rate = 1e6 * cell['counts']['lost']['total'] / fired
        if (int(row['fired']) != fired or abs(float(row['response_p99_ns_median']) - p99) > 1e-6 * p99 or
                abs(float(row['lost_per_million_fired']) - rate) > 1e-6 * rate):
            faults.append('figures: %s' % row)
    print('ok' if not faults else faults[:2])


main()
