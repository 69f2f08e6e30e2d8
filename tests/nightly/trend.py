#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""trend.py PAGE HISTORY [KNOWN]: what trend.html must have, held against what it was made of.

Prints `ok NAME` or `not ok NAME: WHY` for each check, as tests/lib.sh counts them.
"""
import html
import html.parser
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "report"))
import charts as charts_of  # noqa: E402

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(html.parser.HTMLParser):
    """Tags must be balanced, ids must be unique, and nothing comes from elsewhere."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.errors, self.ids, self.targets = [], [], [], []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if "id" in attrs:
            self.ids.append(attrs["id"])
        href = attrs.get("href") or "#"
        # a picture in a link is a part of the page
        if tag in ("script", "link", "img", "iframe") or attrs.get("src") or not href.startswith(
                ("#", "data:image/svg+xml,")):
            self.errors.append("<%s> is not of this page" % tag)
        if href.startswith("#") and len(href) > 1:
            self.targets.append(href[1:])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.errors.append("</%s> ends nothing" % tag)


def result(name, ok, why):
    print("ok %s" % name if ok else "not ok %s: %s" % (name, why))


def marks(text, figure):
    for svg in re.findall(r"<svg.*?</svg>", text, re.S):
        if "<title>%s</title>" % figure in svg:
            return re.findall(r"changed here: ([^,]*), ([^<]*)<", svg)
    return None


def group(entry):
    """Findings of one step that differ in where they were seen alone are one row."""
    kind = entry["key"].split(":")[0]
    gone = bool(entry["gone"])
    if kind in ("bench", "gate"):
        return (kind, entry["key"].split(":")[-1], entry["step"], entry["last"], gone)
    return entry["key"]


def check_findings(text, findings):
    rows = re.findall(r'<tr class="finding">(.*?)</tr>', text, re.S)
    want = {group(f) for f in findings}
    result("a row for each finding", len(rows) == len(want), (len(rows), want))
    keys = html.unescape(" ".join(rows))
    result("each key is there", all(f["key"] in keys for f in findings), keys[:300])
    result("each row has the command that repeats it", rows and all(
        re.search(r'data-h="repeat with"[^>]*><code>(?:[^<]|</?span[^>]*>){9,}</code>', r) for r in rows), rows[:1])


def main():
    text = open(sys.argv[1], encoding="utf-8").read()
    history = [json.loads(line) for line in open(sys.argv[2], encoding="utf-8")]
    page = Page()
    page.feed(text)
    result("the page is well formed", not page.errors and not page.open, page.errors or page.open)
    result("ids are unique", len(page.ids) == len(set(page.ids)), page.ids)
    result("links lead somewhere", set(page.targets) <= set(page.ids), (page.targets, page.ids))
    text = re.sub(r'href="data:[^"]*"', "", text)
    charts = charts_of.check(text, result)
    seen = {}
    for line in history:
        for name in line["figures"]:
            seen[name] = seen.get(name, 0) + 1
    want = sorted(name for name, n in seen.items() if n > 1)
    got = [re.search(r"<title>(.*?)</title>", c).group(1) for c in charts]
    result("a chart for each figure of two nights or more", sorted(got) == want, (got, want))
    single = [html.unescape(n) for n in re.findall(r'<tr class="single"><th[^>]*>([^<]*)<', text)]
    result("and a row for each figure of one night", sorted(single) == sorted(
        name for name, n in seen.items() if n == 1), single)
    result("it opens on its trends", "<details><summary>" not in text.split('id="findings"')[0]
           and text.find('id="trends"') < text.find('id="nights"'), "folded, or behind the nights")
    if len(sys.argv) > 3:
        check_findings(text, json.load(open(sys.argv[3]))["findings"])
    rows = re.findall(r'<tr class="night"><th[^>]*>([^<]*)<', text)
    result("a row for each night, the newest first",
           rows == [line["night"] for line in reversed(history)], rows)
    found = marks(text, "diff/emu-6.12/ops_per_s")
    result("a step is marked where it is",
           found is not None and [f[0] for f in found] == ["2026-01-13T0100Z-1"], found)
    result("and by how much", found and re.match(r"-(29|30) %", found[0][1]), found)
    found = marks(text, "diff/emu-6.1/ops_per_s")
    result("what goes up and down by itself is not", found == [], found)


main()
