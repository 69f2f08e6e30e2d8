#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""page.py PAGE JSON...: what a page of irqstorm report must have, held against what it was made of.

Prints `ok NAME` or `not ok NAME: WHY` for each check, as tests/lib.sh counts them.
"""
import html.parser
import json
import re
import sys
import xml.etree.ElementTree

VOID = {'meta', 'br', 'hr', 'img', 'link', 'input'}


class Page(html.parser.HTMLParser):
    """Tags must be balanced; table cells with a path in the JSON are kept."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open = []
        self.errors = []
        self.ids = []
        self.tags = {}
        self.external = []
        self.numbers = []
        self.now = None
        self.small = 0

    def handle_startendtag(self, tag, attrs):
        self.note(tag, dict(attrs))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.note(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag == 'td' and 'data-path' in attrs:
            self.now = [attrs, '']
        if tag == 'small':
            self.small += 1

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.errors.append('</%s> closes %s' % (tag, self.open[-1:]))
        else:
            self.open.pop()
        if tag == 'small':
            self.small -= 1
        if tag == 'td' and self.now:
            self.numbers.append(self.now)
            self.now = None

    def handle_data(self, data):
        if self.now and not self.small:
            self.now[1] += data

    def note(self, tag, attrs):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if 'id' in attrs:
            self.ids.append(attrs['id'])
        for name in ('src', 'href', 'xlink:href', 'action'):
            if name in attrs and not attrs[name].startswith('#'):
                self.external.append('%s=%s' % (name, attrs[name]))


def result(name, ok, why=''):
    print('ok %s' % name if ok else 'not ok %s: %s' % (name, why))


def at(tree, path):
    for part in path.split('.'):
        tree = tree[int(part)] if isinstance(tree, list) else tree[part]
    return tree


def shown(text):
    """What a cell of the table shows, as a number, and by how much it may be rounded: 12.3 us is
    12300 and 50."""
    m = re.fullmatch(r'(\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]\d+)?)(?: (ns|us|ms|s))?', text.strip())
    if not m:
        return None, 0
    scale = {None: 1, 'ns': 1, 'us': 1e3, 'ms': 1e6, 's': 1e9}[m.group(2)]
    digits = m.group(1).replace(',', '')
    mantissa, _, exponent = digits.partition('e')
    step = 10.0 ** (int(exponent or 0) - len(mantissa.partition('.')[2]))
    return float(digits) * scale, 0.501 * step * scale


def check_numbers(page, runs):
    wrong = []
    for attrs, text in page.numbers:
        value = at(runs[int(attrs['data-run'])], attrs['data-path'])
        told = float(attrs['data-value'])
        seen, rounding = shown(text)
        if abs(told - value) > 1e-6 * abs(value):
            wrong.append('%s is %r, the page has %r' % (attrs['data-path'], value, told))
        elif seen is None or abs(seen - value) > rounding:
            wrong.append('%s is %r and shown as %r' % (attrs['data-path'], value, text))
    result('every number of the table is that of the JSON', page.numbers and not wrong,
           '%d numbers; %s' % (len(page.numbers), '; '.join(wrong[:3])))


def check_svgs(text):
    svgs = re.findall(r'<svg\b.*?</svg>', text, re.S)
    bad, bare = [], []
    for svg in svgs:
        try:
            root = xml.etree.ElementTree.fromstring(svg)
        except xml.etree.ElementTree.ParseError as why:
            bad.append(str(why))
            continue
        if root.get('role') == 'img':
            names = [c.tag for c in root]
            labels = [t.text or '' for t in root.iter('text')]
            if 'title' not in names or 'desc' not in names or len(labels) < 6:
                bare.append(svg[:80])
        if re.search(r'\b(nan|inf)\b', svg):
            bad.append('a coordinate that is no number')
    charts = [s for s in svgs if 'role="img"' in s]
    result('each picture is well-formed XML', charts and not bad, '%d charts: %s' % (len(charts), bad[:3]))
    result('each picture has title, description and labels', charts and not bare, bare[:1])
    return charts


def main():
    with open(sys.argv[1]) as f:
        text = f.read()
    runs = [json.load(open(name)) for name in sys.argv[2:]]
    page = Page()
    page.feed(text)
    page.close()
    result('tags are balanced', not page.errors and not page.open, (page.errors + page.open)[:3])
    result('it needs no network and no script',
           not page.external and 'script' not in page.tags and 'url(' not in text, page.external[:3])
    result('ids are unique', len(set(page.ids)) == len(page.ids), page.ids)
    result('it is for phones and for both themes',
           'width=device-width' in text and 'prefers-color-scheme: dark' in text)
    body = re.sub(r'<style>.*?</style>', '', text, flags=re.S)
    first = re.search(r'<p class="verdict (pass|finding|note)"><b>(\w+)</b> ([^<]*)</p>', body)
    result('the verdict comes first', first and body.index('class="verdict') < body.find('<table'),
           body[:200])
    check_numbers(page, runs)
    charts = check_svgs(text)
    for what, need in (('Response times by phase', 'cells'), ('over time', 'cells'),
                       ('by percentile', 'cells'), ('Adding one vector', 'resize_cost'),
                       ('Removing one vector', 'resize_cost')):
        if any(r.get(need) for r in runs):
            result('there is a chart: %s' % what, any(what in c for c in charts))
    cannot = [c for r in runs for c in r['cells'] if c['state'] == 'cannot']
    result('what a target cannot do is a row', page_has(text, cannot), len(cannot))
    marks = sum(len(re.findall(r'lost here', c)) for c in charts)
    lossy = [c for r in runs for c in r['cells'] if c['state'] == 'measured' and slices_with_loss(c)]
    want = sum(slices_with_loss(c) for c in lossy)
    result('each slice with a loss is marked', marks == want, '%d marks, %d slices' % (marks, want))


def slices_with_loss(cell):
    s = cell['series']
    e, u = s['columns'].index('lost_explained'), s['columns'].index('lost_unexplained')
    return sum(1 for row in s['slices'] if row[e] + row[u])


def page_has(text, cells):
    return text.count('class="cannot') >= len(cells)


main()
