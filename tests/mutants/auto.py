#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""auto: mutants by the thousand: breaks single lines of the emulator by pattern and runs diff.

Prints the survivors. Those in known.auto cannot be noticed, and it says why; any other is a
hole to look at. A log makes it resumable: what is in it is not tried again. See README.md.
"""
import argparse
import os
import random
import re
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True  # nothing into the sources
from tree import ROOT, Broken, Tree

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = "harness/emulator"
# Pattern and what it becomes, on a line of code.
PATTERNS = [
    (r" == ", " != "), (r" != ", " == "),
    (r" < ", " <= "), (r" > ", " >= "), (r" <= ", " < "), (r" >= ", " > "),
    (r" \+ 1\b", ""), (r" - 1\b", ""), (r" \+ (?=\w)", " - "),
    (r" && ", " || "), (r" \|\| ", " && "),
    (r"\btrue\b", "false"), (r"\bfalse\b", "true"),
    (r"\bif \((?!!)(.*)\)( \{)?$", r"if (!(\1))\2"),
    (r"\bif \((.*)\)( \{)?$", r"if (0 && (\1))\2"),
    (r"\bif \((.*)\)( \{)?$", r"if (1 || (\1))\2"),
    (r"!(?=[\w(])", ""),
    (r"-EINVAL", "-ENOTTY"), (r"-ENOTTY", "-EINVAL"), (r"-EBADF", "-EINVAL"),
    (r"-ENOMEM", "-ENOSPC"), (r"-ENOSPC", "-ENOMEM"), (r"-EFAULT", "-EINVAL"),
    (r"-EBUSY", "-EAGAIN"), (r"-ERANGE", "-EINVAL"), (r"-EIO", "-EINVAL"),
    (r"return 0;", "return -EINVAL;"), (r"return (err|ret|-E\w+);", "return 0;"),
    (r"\|= ", "&= "), (r" \| ", " & "), (r" & (?=[\w~(])", " | "), (r"& ~", "& "),
    (r"\+\+", "--"), (r"--(?=\w)", "++"),
    (r"= 0;", "= 1;"), (r"= NULL;", "= NULL; /* kept */"),
    (r"\? (.*) : (.*)([;)])$", r"? \2 : \1\3"),
    (r"6_12\b", "6_1"), (r"MSI_IRQ", "MSIX_IRQ"), (r"MSIX_IRQ", "MSI_IRQ"),
]
# Not noticed on one thread, by nature: locks, places where an OP_AT may look, statistics, memory.
SKIP = re.compile(r"pthread_mutex_|lock_(take|drop|init|fini|wait|step)|spin_(un)?lock|emu_step(_named)?\(|free\(|memory_order|sched_yield|"
                  r"->(dropped|pended|coalesced|sent)\b|__builtin_expect|stats|PLANT")
STATEMENT = re.compile(r"^\t+(?!return|else|struct |const |bool |u?int|static |case |break|goto|"
                       r"void |enum )[\w*(].*;( /\*.*\*/)?$")


def mutations(name, text):
    """(line number, old line, new line)"""
    lines = text.split("\n")
    comment = False
    for i, line in enumerate(lines):
        started = comment
        if "/*" in line and "*/" not in line:
            comment = True
        if "*/" in line:
            comment = False
        if started or comment or re.match(r"\s*(/?\*|#|$)", line) or SKIP.search(line):
            continue
        if i and re.search(r"if \(PLANT\(", lines[i - 1]):
            continue  # what follows is not in that build either
        code = re.sub(r"/\*.*?\*/", lambda m: " " * len(m.group(0)), line)
        seen = set()
        for pattern, new in PATTERNS:
            for m in re.finditer(pattern, code):
                changed = line[:m.start()] + m.expand(new) + line[m.end():]
                if changed != line and "kept" not in changed:
                    seen.add(changed)
        whole = lines[i - 1] if i else ""
        if STATEMENT.match(line) and not re.search(r"[=(,|&]$", whole):
            seen.add(re.sub(r"\S.*", ";", line, count=1))
        for changed in sorted(seen):
            yield i, line, changed


def key_of(name, number, old, new, text):
    """Stable while other lines change: file, function, old and new."""
    function = "-"
    for line in text.split("\n")[:number]:
        m = re.match(r"^\w[^;=]*?(\w+)\(", line)
        if m:
            function = m.group(1)
    return "%s: %s: %s => %s" % (os.path.basename(name), function, old.strip(), new.strip())


class Run:
    def __init__(self, o):
        self.o = o
        self.lock = threading.Lock()
        self.todo = []
        self.done = set()
        self.known = set()
        self.counts = {"found": 0, "known": 0, "survives": 0, "invalid": 0}
        self.error = None

    def load(self):
        path = os.path.join(HERE, "known.auto")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                self.known = {l.strip() for l in f if " => " in l}
        if self.o.log and os.path.exists(self.o.log):
            with open(self.o.log, encoding="utf-8") as f:
                self.done = {l.rstrip("\n").split("\t")[3] for l in f if l.count("\t") >= 3}
        for name in sorted(os.listdir(os.path.join(ROOT, FOLDER))):
            path = os.path.join(FOLDER, name)
            # Bugs that are planted are not in the build that is looked at.
            if not name.endswith(".c") or name.startswith("plant_") or not re.search(self.o.files, name):
                continue
            with open(os.path.join(ROOT, path), encoding="utf-8") as f:
                text = f.read()
            for number, old, new in mutations(path, text):
                key = key_of(path, number, old, new, text)
                if key not in self.done:
                    self.todo.append((path, number, old, new, key))
        random.Random(self.o.seed).shuffle(self.todo)
        if self.o.sample:
            del self.todo[self.o.sample:]

    def note(self, verdict, text, seconds, key):
        with self.lock:
            self.counts[verdict] += 1
            if verdict == "survives":
                print("survives  %s" % key, flush=True)
            if self.o.log:
                with open(self.o.log, "a", encoding="utf-8") as f:
                    f.write("%s\t%s\t%.1f\t%s\n" % (verdict, text, seconds, key))

    def try_one(self, tree, path, number, old, new, key):
        start = time.monotonic()
        text = tree.read(path)
        lines = text.split("\n")
        if lines[number] != old:
            return
        lines[number] = new
        tree.write(path, "\n".join(lines))
        try:
            if not tree.make():
                self.note("invalid", "-", time.monotonic() - start, key)
                return
            profile, found = tree.find(["6.12", "6.1"], self.o.ops, self.o.diff_seed)
        finally:
            tree.write(path, text)
        seconds = time.monotonic() - start
        if found.kind:
            self.note("found", "%s %s %d" % (profile, found.kind, found.ops), seconds, key)
        else:
            self.note("known" if key in self.known else "survives", "-", seconds, key)

    def work(self, where):
        try:
            tree = Tree(where)
            tree.create()
            while not self.error:
                with self.lock:
                    if not self.todo:
                        return
                    one = self.todo.pop()
                self.try_one(tree, *one)
        except (Broken, OSError, subprocess.CalledProcessError) as e:
            self.error = e


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--ops", type=int, default=1000000, help="operations of a run (default 1M)")
    p.add_argument("--seed", type=int, default=1, help="which mutants are chosen")
    p.add_argument("--diff-seed", type=int, default=1)
    p.add_argument("--sample", type=int, default=300, help="so many mutants, 0: all")
    p.add_argument("--files", default=r"^(?!describe|signal)", help="names that match")
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--log", default="", help="one line a mutant; what is in it is not tried again")
    run = Run(p.parse_args())
    run.load()
    where = subprocess.run(["mktemp", "-d"], check=True, stdout=subprocess.PIPE)
    where = where.stdout.decode().strip()
    print("%d mutants" % len(run.todo), flush=True)
    threads = [threading.Thread(target=run.work, args=(os.path.join(where, str(i)),))
               for i in range(run.o.jobs)]
    try:
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    except KeyboardInterrupt:
        run.error = "interrupted"
        for t in threads:
            t.join()
    finally:
        subprocess.run(["rm", "-rf", where], check=False)
    if run.error:
        print(run.error)
    c = run.counts
    print("%(found)d found, %(survives)d survive, %(known)d known to be the same, "
          "%(invalid)d do not compile" % c)
    return 1 if run.error or c["survives"] else 0


if __name__ == "__main__":
    sys.exit(main())
