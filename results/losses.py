#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The picture of losses by strategy, out of the counts of a published table:
    results/losses.py results/resize-2026-11.md >results/losses-2026-11.svg
A mark is lost of a million fires with its 95 % interval (Poisson); where none was lost, an arrow from the bound 3/n down."""
import math
import re
import sys

SERIES = [("Debian 6.1", "### Debian 6.1.", "b"), ("Debian 6.12", "### Debian 6.12.", "a")]
LEFT, RIGHT, TOP, ROW, WIDTH = 150, 30, 66, 30, 860
LOW, HIGH = 1, 100000  # of a million


def rows(text, heading):
    part = text[text.index(heading):]
    part = part[:part.index("\n#", 5)]
    for name, fired, lost in re.findall(r"^\| `([a-z0-9-]+)` \| ([\d,]+) \| ([\d,]+) \|", part, re.M):
        yield name, int(fired.replace(",", "")), int(lost.replace(",", ""))


def interval(k):
    """Of a Poisson count, by Wilson and Hilferty's approximation: right to a per cent from 1 on."""
    z = 1.96
    low = k * (1 - 1 / (9 * k) - z / (3 * math.sqrt(k))) ** 3
    return low, (k + 1) * (1 - 1 / (9 * (k + 1)) + z / (3 * math.sqrt(k + 1))) ** 3


def x(v):
    span = math.log10(HIGH / LOW)
    return LEFT + (WIDTH - LEFT - RIGHT) * math.log10(min(max(v, LOW), HIGH) / LOW) / span


def main():
    text = open(sys.argv[1]).read()
    data = [(label, cls, {n: (f, k) for n, f, k in rows(text, h)}) for label, h, cls in SERIES]
    names = []
    for _, _, table in reversed(data):
        names += [n for n in table if n not in names]
    height = TOP + ROW * len(names) + 50
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">',
           "<title>Interrupts lost per million, by strategy, on Linux 6.1 and 6.12</title>",
           "<style>.bg{fill:#fff}text{fill:#222}.g{stroke:#ddd}.a{stroke:#0b5fa5;fill:#0b5fa5}.b{stroke:#b3470f;fill:#b3470f}"
           "text.a,text.b{stroke:none}.n{fill:none;stroke-width:1.5}.w{stroke-width:2}"
           "@media(prefers-color-scheme:dark){.bg{fill:#16181c}text{fill:#ddd}.g{stroke:#3a3d44}"
           ".a{stroke:#6db3f2;fill:#6db3f2}.b{stroke:#f0a070;fill:#f0a070}.n{fill:none}}</style>",
           f'<rect class="bg" width="{WIDTH}" height="{height}"/>',
           f'<text x="12" y="22" font-size="15" font-weight="bold">Interrupts lost of a million, by strategy</text>',
           f'<circle class="a" cx="{LEFT}" cy="40" r="5"/><text class="a" x="{LEFT + 11}" y="45">Debian 6.12</text>',
           f'<rect class="b" x="{LEFT + 115}" y="35" width="10" height="10"/>'
           f'<text class="b" x="{LEFT + 131}" y="45">Debian 6.1</text>',
           f'<text x="{LEFT + 235}" y="45">bar: 95 % interval; arrow: none was lost, below this bound</text>']
    bottom = TOP + ROW * len(names)
    for e in range(int(math.log10(HIGH)) + 1):
        at = x(10 ** e)
        out.append(f'<line class="g" x1="{at:.1f}" y1="{TOP - 8}" x2="{at:.1f}" y2="{bottom}"/>'
                   f'<text x="{at:.1f}" y="{bottom + 18}" text-anchor="middle">{10 ** e:,}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{bottom + 38}" text-anchor="middle">'
               "lost of a million fires (logarithmic)</text>")
    for i, name in enumerate(names):
        middle = TOP + ROW * i + ROW / 2
        out.append(f'<text x="{LEFT - 12}" y="{middle + 4:.1f}" text-anchor="end">{name}</text>')
        for k, (_, cls, table) in enumerate(data):
            y = middle + (6 if k == 0 else -6)
            if name not in table:
                continue
            fired, lost = table[name]
            if not lost:
                at = x(3e6 / fired)
                out.append(f'<path class="{cls} n" d="M{at:.1f} {y - 4:.1f}v8M{at:.1f} {y:.1f}h-16m5-4l-5 4l5 4"/>')
                continue
            low, high = (x(v * 1e6 / fired) for v in interval(lost))
            at = x(lost * 1e6 / fired)
            out.append(f'<line class="{cls} w" x1="{low:.1f}" y1="{y:.1f}" x2="{high:.1f}" y2="{y:.1f}"/>')
            out.append(f'<circle class="{cls}" cx="{at:.1f}" cy="{y:.1f}" r="4.5"/>' if cls == "a" else
                       f'<rect class="{cls}" x="{at - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"/>')
    out.append("</svg>")
    print("\n".join(out))


main()
