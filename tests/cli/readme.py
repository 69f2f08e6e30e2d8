#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A newcomer's first minutes: each command of README.md's fences is run, and has the output that README shows.

    readme.py IRQSTORM README [--guests]     without --guests those that boot a guest are only looked at

A command is run as it stands, unless RULES says what stands for it here (a shorter time, a folder that is there); a command
of a program that is in no rule and is not irqstorm fails. So a new one is covered by itself. Text in a ```text fence is
held against what the commands of the ```sh fence before it printed: each line with other numbers, but of a table the cells
that are names, for rows and columns may be left out."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

QUICK = "--quiet --duration 500ms --warm-up 0 --repeats 1"
# What a command is, and what is run for it: (pattern, replacement), all that match, in this order. Why is beside it.
RULES = [
    (r"^\./bootstrap (run|test)(?: --quick)?$", r"grep -q '^\1)' SOURCE/bootstrap"),   # the whole of them: tests/builds.sh, CI
    (r"^apt-get install (.*)$", r"apt-cache show \1 >packages"),          # they exist; nothing is installed
    (r"^cmake -G Ninja -B (\S+) && cmake --build \S+$",
     r"cmake -G Ninja -S SOURCE -B \1"),                                   # the build: tests/builds.sh
    (r"^cmake --install \S+ --prefix \S+$", "cmake --install BUILD --prefix ./installed && installed/bin/irqstorm --version"),
    (r"^cpack --config \S+$", "cpack --config BUILD/CPackConfig.cmake -B . >cpack.log"),
    (r"^packaging/packages\.sh$", "sh -n SOURCE/packaging/packages.sh"),   # four builds: tests/package/fuzz.sh
    (r"^echo .* > /sys/.*$", "true"),                                         # `irqstorm guest` does that by itself
    (r"^(irqstorm (?:info|stress)) +--target vfio:[0-9a-f:.]+(.*)$",
     r"irqstorm guest --kernel debian:6.12 -- \1 --target vfio:auto\2"),   # the device is that of a guest
    (r"-- irqstorm ", "-- "),
    (r"--duration \d+m\b", "--duration 2s"),
    (r"^(irqstorm bench --out DIR)$", rf"\1 {QUICK} --no-resize-cost --vectors 8 --strategy teardown,dynamic"),
    (r"(bench --target vfio:auto --no-resize-cost)$", rf"\1 {QUICK}"),
    (r"(bench --resize-cost --quick --target emu:profile=6.12),vectors=1024", rf"\1,vectors=64 {QUICK} --strategy dynamic,teardown --vectors 8"),
    (r"--devices ivshmem=1024 --smp 6 --memory 2G (.*--resize-cost --quick)", rf"\1 {QUICK} --strategy dynamic --vectors 8"),
    (r"^(irqstorm gate)", r"cp $(command -v irqstorm) irqstorm-before; \1 --file short.gate"),
    (r"^(irqstorm nightly .*)--hours \d+$", r"\1--hours 1s --kernels none --steps diff-emu-6.12"),
    (r"^irqstorm run ARTIFACT$", "irqstorm stress --quiet --duration 2s --no-control --json a.json && irqstorm run a.json"),
    (r"--ops \d+[Mk]", "--ops 20k"),
    (r"--depth \d+", "--depth 2"),
    (r"\bcorpus/", "SOURCE/corpus/"),
]
CODES = [(r"fault=", 1)]  # a planted fault is to be found
GATE = "[d]\nkind = diff\nops = 2k\n"


def fences(text):
    """(language, first line's number, lines) of each."""
    inside, out = None, []
    for n, line in enumerate(text.splitlines(), 1):
        if line.startswith("```") and inside is None:
            inside = (line[3:].strip(), n + 1, [])
        elif line.startswith("```"):
            out.append(inside)
            inside = None
        elif inside:
            inside[2].append(line)
    assert inside is None, "a fence that does not end"
    return out


def commands(lines):
    text = "\n".join(lines).replace("\\\n", " ")
    for line in text.splitlines():
        line = re.sub(r"\s+#.*$", "", line)
        line = re.sub(r"\s+", " ", line).strip()
        if line:
            yield line


def stand_in(command, source, build):
    done = command
    for pattern, replacement in RULES:
        done = re.sub(pattern, replacement, done)
    if done == command and command.split()[0] != "irqstorm":
        return None
    return done.replace("SOURCE", source).replace("BUILD", build).replace("DIR", "dir")


def shape(line):
    """With other numbers, units and lengths the same."""
    line = re.sub(r"[\d.,]+( ?(ns|us|ms|s))?\b", "N", line)
    return re.sub(r"\s+", " ", line).strip()


def is_table(lines):
    return len(lines) > 2 and all(re.search(r"\S  +\S", l) for l in lines)


def names(cells):
    return [c for c in cells if re.search("[a-z]", c) and not re.match(r"^[\d.,]+", c)]


def compare(shown, got, line_no):
    got_lines = got.splitlines()
    errors = []
    if is_table(shown):
        words = set(shown[0].split())
        head = [l for l in got_lines if words <= set(l.split())]
        if not head:
            return [f"README:{line_no}: no table with the columns {sorted(words)}"]
        rows = [" ".join(l.split()) + " " for l in got_lines]
        for l in shown[1:]:
            key = " ".join(names(re.split(r"  +", l.strip()))[:2])
            if not any(row.startswith(key + " ") for row in rows):
                errors.append(f"README:{line_no}: no row {key}")
        return errors
    shapes = [shape(l) for l in got_lines]
    for i, l in enumerate(shown):
        if l.strip() and shape(l) not in shapes:
            errors.append(f"README:{line_no + i}: not printed: {l}")
    return errors


def main():
    binary, readme = (os.path.realpath(a) for a in sys.argv[1:3])
    guests = "--guests" in sys.argv
    source, build = os.path.dirname(readme), binary.split("/harness/")[0]
    passed = failed = skipped = 0

    def result(name, why):
        nonlocal passed, failed
        passed, failed = passed + (not why), failed + bool(why)
        lines = why.strip().splitlines()
        said = " | ".join(lines if len(lines) <= 6 else lines[:1] + lines[-5:])
        print(f"not ok {name}: {said}" if why else f"ok {name}", flush=True)

    with tempfile.TemporaryDirectory() as work:
        os.mkdir(work + "/bin")
        os.symlink(binary, work + "/bin/irqstorm")
        open(work + "/short.gate", "w").write(GATE)
        env = dict(os.environ, PATH=f"{work}/bin:{os.environ['PATH']}", LC_ALL="C")
        output, ran, table = "", False, ""
        for language, n, lines in fences(open(readme).read()):
            if language == "irq":
                open(work + "/p.irq", "w").write("\n".join(lines) + "\n")
                r = subprocess.run(["irqstorm", "run", "p.irq"], cwd=work, env=env, capture_output=True, text=True)
                result(f"the program in line {n} is one", "" if r.returncode in (0, 4) else r.stdout + r.stderr)
                continue
            if language == "text":
                # a table of a guest's storm: the same command, which is in another fence, has to print it
                got = output
                if is_table(lines) and any("vfio:auto" in l for l in lines):
                    if not guests:
                        print(f"ok what line {n} shows # SKIP a guest prints it: --guests")
                        skipped += 1
                        continue
                    table = (n, lines)
                    continue
                result(f"what line {n} shows is printed", "\n".join(compare(lines, got, n)))
                continue
            if language != "sh":
                result(f"line {n}: a fence says what it is", f"'{language}' is neither sh, text nor irq")
                continue
            output = ""
            for command in commands(lines):
                run = stand_in(command, source, build)
                if run is None:
                    result(command, "no rule says how to try that")
                    continue
                if re.search(r"\birqstorm guest\b", run) and not guests:
                    print(f"ok {command} # SKIP it boots a guest: --guests")
                    skipped += 1
                    continue
                want = next((c for p, c in CODES if re.search(p, run)), 0)
                try:
                    r = subprocess.run(["bash", "-c", run], cwd=work, env=env, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, timeout=540)
                    why = "" if r.returncode == want else f"exit {r.returncode}, not {want}, of {run}:\n{r.stdout}"
                    output += r.stdout
                except subprocess.TimeoutExpired:
                    why = f"not done in 9 minutes: {run}"
                result(command, why)
                if table and "bench --target vfio:auto" in run and not why:
                    result(f"what line {table[0]} shows is printed", "\n".join(compare(table[1], output, table[0])))
                    table = ""
        if table:
            result(f"what line {table[0]} shows is printed", "no command prints it")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(failed != 0)


main()
