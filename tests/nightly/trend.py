#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""trend.py PAGE HISTORY: what trend.html must have, held against the history it was made of.

Prints `ok NAME` or `not ok NAME: WHY` for each check, as tests/lib.sh counts them.
"""
import html.parser
import json
import re
import sys
import xml.etree.ElementTree

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(html.parser.HTMLParser):
    """Tags must be balanced, ids must be unique, and nothing comes from elsewhere."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.errors, self.ids = [], [], []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag in ("script", "link", "img", "iframe") or attrs.get("src") or attrs.get("href"):
            self.errors.append("<%s> is not of this page" % tag)
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
        if "<title id=\"" in svg and ">%s</title>" % figure in svg:
            return re.findall(r"changed here: ([^,]*), ([^<]*)<", svg)
    return None


def main():
    text = open(sys.argv[1], encoding="utf-8").read()
    history = [json.loads(line) for line in open(sys.argv[2], encoding="utf-8")]
    page = Page()
    page.feed(text)
    result("the page is well formed", not page.errors and not page.open, page.errors or page.open)
    result("ids are unique", len(page.ids) == len(set(page.ids)), page.ids)
    charts = re.findall(r"<svg.*?</svg>", text, re.S)
    bad = []
    for chart in charts:
        try:
            xml.etree.ElementTree.fromstring(chart)
        except xml.etree.ElementTree.ParseError as e:
            bad.append(str(e))
    result("every chart is XML", not bad and charts, bad)
    figures = {name for line in history for name in line["figures"]}
    result("a chart for each figure", len(charts) == len(figures), (len(charts), len(figures)))
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
