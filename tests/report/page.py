#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""page.py PAGE JSON...: what a page of irqstorm report must have, held against what it was made of.

Prints `ok NAME` or `not ok NAME: WHY` for each check, as tests/lib.sh counts them.
"""
import html
import html.parser
import json
import re
import sys
import urllib.parse

import charts as charts_of

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
            # a picture in a link is a part of the page
            if name in attrs and not attrs[name].startswith(('#', 'data:image/svg+xml,')):
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


def check_links(text, charts):
    """Each chart can be taken out of the page: a file of its own, with its style."""
    links = re.findall(r'<a download="([a-z0-9.-]+)\.svg" href="data:image/svg\+xml,([^"]*)"', text)
    bad = []
    for name, data in links:
        alone = urllib.parse.unquote(data)
        if not alone.startswith('<svg xmlns="http://www.w3.org/2000/svg"') or '<style>' not in alone:
            bad.append(name)
        charts_of.check(alone, lambda what, ok, why: ok or bad.append('%s: %s: %s' % (name, what, why)))
    result('each picture can be taken as a file of its own',
           len(links) == len(charts) == len({name for name, _ in links}) and not bad,
           '%d links, %d charts; %s' % (len(links), len(charts), bad[:2]))


def check_facts(text, runs):
    """What was measured, where, when and how stands on the page."""
    missing = []
    for r in runs:
        facts = [r['command'], r.get('date', '')[:10], r.get('host', {}).get('kernel', '')]
        facts += [c['kernel'] for c in r['cells'] if 'kernel' in c]
        shown = html.unescape(re.sub(r'</?span[^>]*>', '', text))  # around the options of a command
        missing += [f for f in facts if f and f not in shown]
    result('target, kernel, date, host and command are named', not missing, missing[:3])


def check_losses(text, runs, charts):
    """One picture of losses, which has what was lost of how many, in each cell."""
    found = [c for c in charts if 'Interrupts lost, by strategy and kernel' in c]
    told = sum(len(re.findall(r'>\d+ of [\d.]+[kM]?<', c)) for c in found)
    measured = [c for r in runs for c in r['cells'] if c['state'] == 'measured' and c['counts']['fired']]
    result('one picture shows the losses of all cells', found and told == len(measured),
           '%d pictures, %d rates, %d cells' % (len(found), told, len(measured)))
    none = sum(c['counts']['lost']['total'] == 0 for c in measured)
    bounds = sum(c.count('none lost: the rate is below this (95 %)') for c in found)
    result('none lost is shown as its bound', bounds == none, '%d bounds, %d cells' % (bounds, none))
    bad = sum(c['counts']['lost']['unexplained'] > 0 for c in measured)
    marks = sum(c.count('<title>lost with no rule that allows it') for c in found)
    result('losses without a rule have a mark of their own', marks == bad, '%d marks, %d cells' % (marks, bad))


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
    charts = charts_of.check(body_and_style(text), result)
    check_links(text, charts)
    check_facts(text, runs)
    if any(c['state'] == 'measured' for r in runs for c in r['cells']):
        check_losses(text, runs, charts)
    result('the picture of losses comes before all others',
           not charts or 'Interrupts lost' in charts[0] or not any(r['cells'] for r in runs), charts[:1])
    for what, need in (('over time', 'cells'), ('by percentile', 'cells'),
                       ('What a resize costs', 'resize_cost')):
        if any(r.get(need) for r in runs):
            result('there is a chart: %s' % what, any(what in c for c in charts))
    resizes = sum(r['series_total'] for r in series_of(runs))
    shown_resizes = sum(int(n.replace(',', '')) for c in charts
                        for n in re.findall(r'<title>([\d,]+) resizes; the most', c))
    result('every resize of a series is in its strip', shown_resizes == resizes,
           '%d shown, %d done' % (shown_resizes, resizes))
    cannot = [c for r in runs for c in r['cells'] if c['state'] == 'cannot']
    result('what a target cannot do is a row', page_has(text, cannot), len(cannot))
    lost = sum(int(n) for c in charts for n in re.findall(r'(\d+) lost here', c))
    want = sum(r['series_lost'] for r in series_of(runs))
    result('each loss of a series is marked', lost == want, '%d marked, %d lost' % (lost, want))


def series_of(runs):
    """Of each measured cell's series: how many resizes and losses its slices have."""
    for r in runs:
        for c in r['cells']:
            if c['state'] != 'measured':
                continue
            at = {name: i for i, name in enumerate(c['series']['columns'])}
            rows = c['series']['slices']
            yield {'series_total': sum(row[at['resizes']] for row in rows),
                   'series_lost': sum(row[at['lost_explained']] + row[at['lost_unexplained']] for row in rows)}


def body_and_style(text):
    """Without what is inside of links, which is checked by itself."""
    return re.sub(r'href="data:[^"]*"', '', text)


def page_has(text, cells):
    return text.count('class="cannot') >= len(cells)


main()
