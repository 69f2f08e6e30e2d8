#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""paper.py WORDS: what `pdftotext -bbox` says of a printed page: `ok`, or what is wrong with it."""
import re
import sys

HEADING = 1.5

def main():
    text = open(sys.argv[1], encoding='utf-8').read()
    pages = re.findall(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', text, re.S)
    faults, words = [], 0
    heights = sorted(float(y2) - float(y1) for y1, y2 in re.findall(r'<word [^>]*yMin="([-\d.]+)"[^>]*yMax="([-\d.]+)"', text))
    usual = heights[len(heights) // 2] if heights else 0
    for number, (width, height, body) in enumerate(pages, 1):
        boxes = [([float(v) for v in m[:4]], m[4]) for m in re.findall(
            r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>', body)]
        words += len(boxes)
        # A heading is larger than what most words are written in; below it, and the line that says what follows,
        # there has to be something.
        lines = sorted({round(b[0][3]) for b in boxes})[-2:]
        for box, word in boxes:
            if number < len(pages) and round(box[3]) in lines and box[3] - box[1] > HEADING * usual:
                faults.append('the heading with %s stands alone at the foot of page %d' % (word, number))
        boxes.sort(key=lambda b: b[0][1])
        for i, (a, one) in enumerate(boxes):
            if a[0] < 0 or a[1] < 0 or a[2] > float(width) + .5 or a[3] > float(height) + .5:
                faults.append('%s is beyond the paper' % one)
            for b, other in boxes[i + 1:]:
                if b[1] >= a[3]:
                    break
                high = min(a[3], b[3]) - max(a[1], b[1])
                # boxes are as high as a line: what is written in it is less
                if min(a[2], b[2]) - max(a[0], b[0]) > .5 and high > .4 * min(a[3] - a[1], b[3] - b[1]):
                    faults.append('%s lies on %s' % (one, other))
    if words < 50:
        faults.append('only %d words' % words)
    print('ok' if not faults else '%d faults: %s' % (len(faults), '; '.join(faults[:5])))


main()
