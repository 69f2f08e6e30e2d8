# SPDX-License-Identifier: MIT
"""For tests in Python, as lib.sh for those in shell: result(NAME, OK, WHY), and finish(), which prints the closing
line that is counted and ends the test."""
import sys

counts = {True: 0, False: 0}


def result(name, ok, why=''):
    counts[bool(ok)] += 1
    print(f'ok {name}' if ok else f'not ok {name}: ' + str(why).replace('\n', ' | ')[-700:], flush=True)


def finish():
    print(f'{counts[True]} passed, {counts[False]} failed, 0 skipped')
    sys.exit(counts[False] > 0)
