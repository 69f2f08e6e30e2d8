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
NEEDED_BY_TESTS = ["docs", "tests"]
RUN_SECONDS = 60
# -O1: half the build time for the same run time; a mutant may leave things unused.
CMAKE = ["-G", "Ninja", "-DIRQSTORM_WERROR=OFF", "-DCMAKE_BUILD_TYPE=Release",
         "-DCMAKE_C_FLAGS_RELEASE=-O1", "-DCMAKE_C_FLAGS=-w"]
SIGNALS = {s.value: s.name for s in signal.Signals}


class Broken(Exception):
    """The tree cannot be copied or built."""


def call(argv, seconds=None, cpu_seconds=None):
    """Exit code (negative: a signal; None: out of time) and output of a command."""
    def limit():
        if cpu_seconds:
            resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    try:
        p = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=seconds, preexec_fn=limit)
    except subprocess.TimeoutExpired:
        return None, ""
    out_of_cpu = cpu_seconds and p.returncode in (-signal.SIGXCPU, -signal.SIGKILL)
    return None if out_of_cpu else p.returncode, p.stdout.decode(errors="replace")


class Found:
    """What was seen of one tree."""

    def __init__(self, kind, ops, text, rule=""):
        self.kind = kind  # of difference, "hang" or a signal; None: nothing
        self.ops = ops
        self.text = text
        self.rule = rule  # that its key names
        self.profile = ""  # of the kernel on which diff saw it


class Tree:
    """Builds @targets, the first time all of them; @tests: those of tests/ are among them."""

    def __init__(self, where, targets=("irqstorm",), tests=False):
        self.where = where
        self.targets = list(targets)
        self.tests = tests
        self.storm_seconds = 10 * RUN_SECONDS  # of CPU, that a run of storm_sim may take
        self.src = os.path.join(where, "src")
        self.build = os.path.join(where, "build")
        self.irqstorm = os.path.join(self.build, "harness/cli/irqstorm")

    def create(self):
        os.makedirs(self.src)
        parts = [os.path.join(ROOT, p) for p in os.listdir(ROOT)
                 if p[0] != "." and (p not in NOT_NEEDED
                                     or (self.tests and p in NEEDED_BY_TESTS))]
        subprocess.run(["cp", "-r"] + parts + [self.src], check=True)
        code, out = call(["cmake", "-S", self.src, "-B", self.build,
                          "-DIRQSTORM_TESTS=" + ("ON" if self.tests else "OFF")] + CMAKE)
        if code or not self.make(*self.targets):
            raise Broken("the sources do not build as they are:\n" + (out if code else self.log))

    def make(self, *targets):
        code, self.log = call(["ninja", "-C", self.build] + (list(targets) or self.targets))
        return code == 0

    def program(self, target):
        """A test's program, which is built in the folder of its subject."""
        for folder, _, files in os.walk(os.path.join(self.build, "tests")):
            if target in files:
                return os.path.join(folder, target)
        raise Broken("nothing of that name was built: " + target)

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

    def storm(self, histories, seed):
        """What storm_sim, the engine in virtual time, has to say."""
        code, out = call([self.program("storm_sim"), "--seed", str(seed), "--histories",
                          str(histories)], cpu_seconds=self.storm_seconds)
        ran = re.search(r"^(\d+) histories", out, re.M)
        n = int(ran.group(1)) if ran else 0
        if code == 0 and ran:
            return Found(None, n, "")
        why = re.search(r"^not ok: (.*)$", out, re.M)
        if code == 1 and why:
            return Found("books", n, why.group(1))
        return self.ended("storm_sim", code, out, n, self.storm_seconds)

    def unit(self, test, only):
        """Which test of a Criterion binary fails; @only: a pattern of those to run."""
        code, out = call([self.program(test)] + (["--filter", only] if only else []),
                         RUN_SECONDS)
        ran = re.search(r"Synthesis: Tested: .*?(\d+)", re.sub(r"\033\[[0-9;]*m", "", out))
        if code == 0 and ran and int(ran.group(1)):
            return Found(None, 0, "")
        failed = re.search(r"\[.*FAIL.*\] (\S+?):? ", re.sub(r"\033\[[0-9;]*m", "", out))
        if code == 1 and failed:
            return Found("test", 0, failed.group(1))
        return self.ended(test, code, out, 0, RUN_SECONDS)

    def ended(self, what, code, out, n, seconds):
        """Neither a yes nor a no: out of time or a signal; anything else is no answer."""
        if code is None:
            return Found("hang", n, "%s has no end in %d s" % (what, seconds))
        if code < 0:
            return Found(SIGNALS.get(-code, str(code)), n, what)
        raise Broken("%s: exit %d: %s" % (what, code, out.strip().split("\n")[-1]))
