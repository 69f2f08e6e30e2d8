# SPDX-License-Identifier: MIT
"""tree: a copy of the sources in which one file at a time is broken, built and run.

Only modules of python3-minimal. A copy has one owner.
"""
import os
import re
import resource
import signal
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NOT_NEEDED = ["build", "corpus", "docs", "results", "tests"]
RUN_SECONDS = 60
# -O1: half the build time for the same run time; a mutant may leave things unused.
CMAKE = ["-G", "Ninja", "-DIRQSTORM_TESTS=OFF", "-DIRQSTORM_WERROR=OFF",
         "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_C_FLAGS_RELEASE=-O1", "-DCMAKE_C_FLAGS=-w"]
SIGNALS = {s.value: s.name for s in signal.Signals}


class Broken(Exception):
    """The tree cannot be copied or built."""


def call(argv, seconds=None):
    """Exit code (negative: a signal; None: out of time) and output of a command."""
    def limit():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    try:
        p = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=seconds, preexec_fn=limit)
    except subprocess.TimeoutExpired:
        return None, ""
    return p.returncode, p.stdout.decode(errors="replace")


class Found:
    """What `irqstorm diff` saw of one tree."""

    def __init__(self, kind, ops, text, rule=""):
        self.kind = kind  # of difference, "hang" or a signal; None: nothing
        self.ops = ops
        self.text = text
        self.rule = rule  # that its key names


class Tree:
    def __init__(self, where):
        self.where = where
        self.src = os.path.join(where, "src")
        self.build = os.path.join(where, "build")
        self.irqstorm = os.path.join(self.build, "harness/cli/irqstorm")

    def create(self):
        os.makedirs(self.src)
        parts = [os.path.join(ROOT, p) for p in os.listdir(ROOT)
                 if p[0] != "." and p not in NOT_NEEDED]
        subprocess.run(["cp", "-r"] + parts + [self.src], check=True)
        code, out = call(["cmake", "-S", self.src, "-B", self.build] + CMAKE)
        if code or not self.make():
            raise Broken("the sources do not build as they are:\n" + (out if code else self.log))

    def make(self):
        code, self.log = call(["ninja", "-C", self.build, "irqstorm"])
        return code == 0

    def read(self, name):
        with open(os.path.join(self.src, name), encoding="utf-8") as f:
            return f.read()

    def write(self, name, text):
        with open(os.path.join(self.src, name), "w", encoding="utf-8") as f:
            f.write(text)

    def diff(self, profile, ops, seed):
        target = "emu" if profile == "any" else "emu:profile=" + profile
        code, out = call([self.irqstorm, "diff", "--quiet", "--target", target, "--ops", str(ops),
                          "--seed", str(seed)], RUN_SECONDS)
        ran = re.search(r"^ran +([0-9,]+) operations", out, re.M)
        n = int(ran.group(1).replace(",", "")) if ran else 0
        if code == 0 and "\n0 divergences\n" in out:
            return Found(None, n, "")
        if code == 1:
            m = re.search(r"^DIFFERENCE \(([\w-]+)\): (.*)$", out, re.M)
            key = re.search(r"^key [\w-]+:([\w-]+):", out, re.M)
            return Found(m.group(1) if m else "?", n, m.group(2) if m else out,
                         key.group(1) if key else "")
        if code is None:
            return Found("hang", n, "no end in %d s" % RUN_SECONDS)
        if code < 0:
            return Found(SIGNALS.get(-code, str(code)), n, "")
        return Found("exit %d" % code, n, out.strip().split("\n")[-1])

    def find(self, profiles, ops, seed):
        """The first profile on which something is seen."""
        for profile in profiles:
            found = self.diff(profile, ops, seed)
            if found.kind:
                return profile, found
        return profile, found
