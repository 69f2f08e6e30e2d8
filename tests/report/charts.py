# SPDX-License-Identifier: MIT
"""What every chart must have, and both themes: computed from the page's text, without a browser.

check(text, result) calls result(name, ok, why) for each check.
"""
import re
import xml.etree.ElementTree

# Of a common sans-serif font, in parts of its size: what a text is at least as wide as.
NARROW, WIDE, OTHER = 0.3, 0.85, 0.58
SIZES = {'head': 13.5, 'panel': 11, 'note': 11, 'source': 10}


def width(text, size):
    em = sum(NARROW if c in "iljtf.,:;'|!()[] " else WIDE if c in 'mwMW%@' else OTHER for c in text)
    return em * size


def box(t):
    """Left, top, right and bottom of a text."""
    size = SIZES.get((t.get('class') or '').split(' ')[0], 12)
    x, y, w = float(t.get('x') or 0), float(t.get('y') or 0), width(t.text or '', size)
    m = re.match(r'translate\(([\d.-]+) ([\d.-]+)\) rotate\(-90\)', t.get('transform') or '')
    if m:
        x, y = float(m.group(1)), float(m.group(2))
        return x - size * .75, y - w / 2, x + size * .2, y + w / 2
    left = {'middle': x - w / 2, 'end': x - w}.get(t.get('text-anchor'), x)
    return left, y - size * .75, left + w, y + size * .2


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def text_faults(svg):
    view = [float(v) for v in svg.get('viewBox').split()]
    boxes = [(box(t), t.text) for t in svg.iter('text')]
    for b, text in boxes:
        if b[0] < -1 or b[1] < -1 or b[2] > view[2] + 1 or b[3] > view[3] + 1:
            yield '"%s" stands out of the picture' % text
    for i, (a, one) in enumerate(boxes):
        for b, other in boxes[:i]:
            if overlap(a, b):
                yield '"%s" lies on "%s"' % (one, other)


def plots(svg):
    """The numbers at the axes of each plot: they are drawn before its axis."""
    now = {'x': [], 'y': []}
    for e in svg:
        kind = (e.get('class') or '').split()
        if e.tag == 'text' and kind and kind[0] == 'tick':
            now[kind[1]].append(e.text)
        if kind == ['axis']:
            yield now
            now = {'x': [], 'y': []}


def number(text):
    m = re.fullmatch(r'(-?[\d,]+(?:\.\d+)?) ?(ns|us|ms|s|%)?', text)
    if not m:
        return None
    scale = {None: 1, '%': 1, 'ns': 1, 'us': 1e3, 'ms': 1e6, 's': 1e9}[m.group(2)]
    return float(m.group(1).replace(',', '')) * scale


def is_round(values):
    """As far from one another, or by one factor, or 1, 2 and 5 of decades, or nines."""
    if len(values) < 3:
        return True
    d = [b - a for a, b in zip(values, values[1:])]
    if max(d) - min(d) < 1e-6 * max(abs(v) for v in values):
        return True
    if min(values) > 0:
        r = [b / a for a, b in zip(values, values[1:])]
        if max(r) - min(r) < 1e-6 or all(abs(v - 2) < 1e-6 or abs(v - 2.5) < 1e-6 for v in r):
            return True
    nines = [1 / (1 - v / 100) for v in values if v < 100]
    r = [b / a for a, b in zip(nines, nines[1:])]
    return len(nines) == len(values) and max(r) - min(r) < 1e-3 * max(r)


def axis_faults(svg):
    for plot in plots(svg):
        for axis in plot.values():
            values = [number(t) for t in axis]
            if len(set(axis)) != len(axis):
                yield 'one number twice: %s' % axis
            elif None in values:
                yield 'no numbers: %s' % axis
            elif any(v < 0 for v in values):
                yield 'below 0: %s' % axis
            elif not is_round(values):
                yield 'no even steps: %s' % axis
            elif len(axis) == 1:
                yield 'one number alone: %s' % axis


def shapes(root, skip):
    """What is drawn: kind, colour, dashes, and of a mark its outline without its place."""
    found = set()
    for e in root.iter():
        kind = (e.get('class') or '').split()
        if e in skip or not kind or kind[0] not in ('curve', 'mark', 'band', 'bar', 'shade', 'others'):
            continue
        outline = ''
        if kind[0] == 'mark':
            outline = e.tag + re.sub(r'^M[\d. -]+', '', e.get('d') or '')
        if kind[0] == 'curve' and not (e.get('d') or '').strip():
            continue
        found.add((kind[0], ' '.join(kind[1:]), e.get('stroke-dasharray') or '', outline))
    return found


def legend_faults(svg):
    legends = [g for g in svg if g.get('class') == 'legend']
    if len(legends) != 1:
        yield 'it has no legend'
        return
    told = shapes(legends[0], ())
    drawn = shapes(svg, set(legends[0].iter()))
    # a bound has the colour and the mark of what it is a bound of: one stands for all
    def plain(s):
        return {(k, 'bound', d, o) if d == '1 3' or o.endswith('l7 -4v8z') else (k, c, d, o)
                for k, c, d, o in s}
    # bands are explained by one of them
    told, drawn = plain(told), plain(drawn)
    if any(s[0] == 'band' for s in told):
        drawn = {s for s in drawn if s[0] != 'band'} | {s for s in told if s[0] == 'band'}
    for s in sorted(drawn - told):
        yield 'drawn and not in the legend: %s' % (s,)
    for s in sorted(told - drawn):
        # a curve of one point has no length
        if s[0] != 'curve':
            yield 'in the legend and not drawn: %s' % (s,)


def colours(css):
    """name -> colour, of the light theme and of the dark one."""
    dark = re.search(r'@media screen and \(prefers-color-scheme: dark\) \{(.*?)\n\}', css, re.S)
    light = css.replace(dark.group(0), '') if dark else css
    both = []
    for part in (light, dark.group(1) if dark else ''):
        both.append(dict(re.findall(r'--(\w+): (#[0-9a-f]{6})', part)))
    return both


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = [v / 12.92 if v <= .03928 else ((v + .055) / 1.055) ** 2.4 for v in parts]
    return .2126 * r + .7152 * g + .0722 * b


def contrast(a, b):
    hi, lo = sorted((luminance(a), luminance(b)), reverse=True)
    return (hi + .05) / (lo + .05)


def contrast_faults(css):
    """WCAG 2.1 AA: text 4.5, what is drawn 3."""
    for theme, c in zip(('light', 'dark'), colours(css)):
        if len(c) < 14:
            yield '%s: only %d colours' % (theme, len(c))
            continue
        for name in ('ink', 'soft', 'pass', 'bad', 'note', 'c1'):
            for ground in ('paper', 'card'):
                if contrast(c[name], c[ground]) < 4.5:
                    yield '%s: %s on %s is %.2f' % (theme, name, ground, contrast(c[name], c[ground]))
        for name in ('c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'bad'):
            if contrast(c[name], c['paper']) < 3:
                yield '%s: %s on paper is %.2f' % (theme, name, contrast(c[name], c['paper']))


def check(text, result):
    """The charts of a page; returns their texts."""
    found = re.findall(r'<svg\b[^>]*class="chart".*?</svg>', text, re.S)
    wrong = {'well-formed': [], 'described': [], 'text': [], 'axes': [], 'legend': []}
    for svg in found:
        try:
            root = xml.etree.ElementTree.fromstring(re.sub(r' xmlns="[^"]*"', '', svg))
        except xml.etree.ElementTree.ParseError as why:
            wrong['well-formed'].append(str(why))
            continue
        title = root.findtext('title') or '?'
        if root.find('title') is None or root.find('desc') is None or len(list(root.iter('text'))) < 5:
            wrong['described'].append(svg[:80])
        if re.search(r'\b(nan|inf)\b', re.sub(r'<(title|desc|text)[^>]*>[^<]*<', '<', svg)):
            wrong['well-formed'].append('a coordinate that is no number')
        for key, faults in (('text', text_faults), ('axes', axis_faults), ('legend', legend_faults)):
            wrong[key] += ['%s: %s' % (title, f) for f in faults(root)]
    names = {'well-formed': 'each picture is well-formed XML',
             'described': 'each picture has title, description and labels',
             'text': 'no text of a picture overlaps another or stands out of it',
             'axes': 'numbers at axes are round and distinct',
             'legend': 'legends show what is drawn'}
    for key, name in names.items():
        result(name, found and not wrong[key], '%d charts; %d faults: %s' % (
            len(found), len(wrong[key]), wrong[key][:3]))
    css = re.search(r'<style>(.*?)</style>', text, re.S)
    faults = list(contrast_faults(css.group(1))) if css else ['there is no style']
    result('both themes have the contrast of WCAG AA', not faults, faults[:3])
    return found
