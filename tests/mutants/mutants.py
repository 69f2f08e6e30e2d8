#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mutants: breaks one line at a time and asks for what must notice to do so.

The emulator: `irqstorm diff`, for --ops operations. The instrument (stress/, histograms, planners):
storm_sim, the engine in virtual time against a second accountant, for --histories, or a unit test.
A mutant of the .mut files that is not noticed is a hole in what should. Before that the sources as
they are must show nothing. Part of the nightly run. See README.md.
"""
import argparse
import os
import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # nothing into the sources
from tree import ROOT, Broken, Tree

HERE = os.path.dirname(os.path.abspath(__file__))
PROFILES = {"any": ["6.12", "6.1"], "6.12": ["6.12"], "6.1": ["6.1"]}
FIELDS = ["breaks", "file", "profile", "seen-by", "equal", "found-by"]


class Mutant:
    def __init__(self, name):
        self.name = name
        self.fields = {"profile": "any", "seen-by": "", "equal": "", "found-by": "diff"}
        self.old, self.new = [], []

    def rules(self):
        """That its finding may name: what it breaks, and what says the same of it."""
        equal = self.fields["equal"].partition(":")[0]
        return re.findall(r"\b[RP]\d+\b", self.fields["breaks"].partition(":")[0] + " " + equal)

    def any_rule(self):
        """What is refused at the way in can be any request, and its rule the one of the answer."""
        return self.fields["equal"].startswith("any")

    def finder(self):
        """diff, storm, a unit test and which of its tests (a pattern; "": all), or nothing"""
        words = self.fields["found-by"].split() + [""]
        return tuple(words[1:3] if words[0] == "unit" else [words[0], ""])

    def target(self):
        return {"diff": "irqstorm", "storm": "storm_sim"}.get(self.finder()[0], self.finder()[0])


def load_all():
    mutants = []
    for name in sorted(os.listdir(HERE)):
        if name.endswith(".mut"):
            mutants += load(os.path.join(HERE, name))
    names = [m.name for m in mutants]
    twice = {n for n in names if names.count(n) > 1}
    if twice:
        sys.exit("named twice: %s" % ", ".join(sorted(twice)))
    return mutants


def load(path):
    """Blocks of `mutant NAME`, fields, and lines with - (as it is) and + (what it becomes)."""
    mutants = []
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if not line.strip() or line.startswith("#"):
                continue
            word, _, rest = line.partition(" ")
            if word == "mutant":
                mutants.append(Mutant(rest))
            elif line[0] == "-" and mutants:
                mutants[-1].old.append(line[1:])
            elif line[0] == "+" and mutants:
                mutants[-1].new.append(line[1:])
            elif word in FIELDS and mutants:
                mutants[-1].fields[word] = rest
            else:
                sys.exit("%s:%d: cannot read '%s'" % (path, number, line))
    return mutants


def line_of(name, ok, text, seconds):
    print("%-6s %-44s %s  (%.1f s)" % ("ok" if ok else "not ok", name, text, seconds), flush=True)
    return ok


def check_unbroken(tree, mutants, o):
    """A/A: a check that cries wolf proves nothing."""
    ok = True
    for finder in sorted({m.finder() for m in mutants}):
        for profile in PROFILES["any"] if finder[0] == "diff" else [""]:
            start, cpu = time.monotonic(), os.times().children_user
            found = look(tree, finder, [profile], o)
            seconds = time.monotonic() - start
            name = "as it is, " + " ".join(w for w in finder + (profile,) if w)
            ok &= line_of(name, not found.kind, "%s %s" % (found.kind, found.text) if found.kind
                          else "nothing%s" % after(finder, found), seconds)
            if finder[0] == "storm":
                # of CPU: virtual time does not wait, a run without an end spins
                tree.storm_seconds = 20 + 10 * int(os.times().children_user - cpu)
    return ok


def look(tree, finder, profiles, o):
    if finder[0] == "storm":
        return tree.storm(o.histories, o.seed)
    if finder[0] != "diff":
        return tree.unit(finder[0], finder[1])
    profile, found = tree.find(profiles, o.ops, o.seed)
    found.profile = profile
    return found


def after(finder, found):
    units = {"diff": "operations", "storm": "histories"}
    return ", after %d %s" % (found.ops, units[finder[0]]) if finder[0] in units else ""


def check_fragments(mutants):
    """Sources change: does each mutant still have its lines, once? Builds nothing."""
    failed = 0
    for m in mutants:
        with open(os.path.join(ROOT, m.fields["file"]), encoding="utf-8") as f:
            n = f.read().count("\n".join(m.old))
        if n != 1:
            print("not ok %s: %s has its lines %d times" % (m.name, m.fields["file"], n))
            failed += 1
    print("%d passed, %d failed, 0 skipped" % (len(mutants) - failed, failed))
    return 1 if failed else 0


def try_mutant(tree, m, o):
    start = time.monotonic()
    name, old, new = m.fields["file"], "\n".join(m.old), "\n".join(m.new)
    text = tree.read(name)
    if text.count(old) != 1:
        return line_of(m.name, False, "%s has its lines %d times" % (name, text.count(old)), 0)
    tree.write(name, text.replace(old, new))
    try:
        if not tree.make(m.target()):
            return line_of(m.name, False, "does not compile:\n" + tree.log,
                           time.monotonic() - start)
        found = look(tree, m.finder(), PROFILES[m.fields["profile"]], o)
    finally:
        tree.write(name, text)
    seconds = time.monotonic() - start
    if not found.kind:
        return line_of(m.name, False, "SURVIVES: %s" % m.fields["breaks"], seconds)
    kind = found.kind
    if m.fields["seen-by"] and kind not in m.fields["seen-by"].split():
        kind += " (not %s)" % m.fields["seen-by"]
    what = "%s, %s%s" % (kind, found.profile or found.text, after(m.finder(), found))
    if m.rules() and found.rule and found.rule not in m.rules() and not m.any_rule():
        return line_of(m.name, not o.rules, "%s: its key names %s, not %s" %
                       (what, found.rule, " or ".join(m.rules())), seconds)
    return line_of(m.name, True, what, seconds)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--ops", type=int, default=1000000, help="operations of a run (default 1M)")
    p.add_argument("--histories", type=int, default=60000, help="of storm_sim (default 60k)")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--only", default="", help="mutants whose name has this in it")
    p.add_argument("--by", default="", help="those that `diff`, `storm` or that test must find")
    p.add_argument("--list", action="store_true", help="names and what they break, no more")
    p.add_argument("--rules", action="store_true", help="a key that names another rule fails, too")
    p.add_argument("--check", action="store_true", help="only whether each one can be made")
    o = p.parse_args()
    mutants = [m for m in load_all() if o.only in m.name and o.by in ("", m.finder()[0])]
    if o.list:
        for m in mutants:
            print("%-44s %s" % (m.name, m.fields["breaks"]))
        return 0
    if o.check:
        return check_fragments(mutants)
    mutants = [m for m in mutants if m.finder()[0] != "nothing"]
    if not mutants:
        sys.exit("no mutant is called so: %s" % (o.only or o.by))

    where = subprocess.run(["mktemp", "-d"], check=True, stdout=subprocess.PIPE)
    where = where.stdout.decode().strip()
    passed = failed = 0
    try:
        targets = {m.target() for m in mutants}
        tree = Tree(where, sorted(targets), tests=targets != {"irqstorm"})
        tree.create()
        if not check_unbroken(tree, mutants, o):
            failed = 1
        else:
            for m in mutants:
                ok = try_mutant(tree, m, o)
                passed, failed = passed + ok, failed + (not ok)
    except Broken as e:
        print(e)
        failed += 1
    except KeyboardInterrupt:
        print("interrupted")
        failed += 1
    finally:
        subprocess.run(["rm", "-rf", where], check=False)
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
