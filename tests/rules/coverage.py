#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/coverage.md: each rule, where the model decides it, what exercises it, where it was seen.

    coverage.py IRQSTORM ROOT           compares with the file as it is; 1 when something is wrong
    coverage.py IRQSTORM ROOT --write   writes it

Facts come from harness/model (calls of rule() and citations), from the headers of corpus/rules,
from what the model counts when those programs and two short runs of `diff` go over the emulator,
and from rules.txt.
"""
import json
import os
import re
import subprocess
import sys

RULES = ["R%d" % i for i in range(1, 85)] + ["P%d" % i for i in range(1, 17)]
KERNELS = ["6.1", "6.12"]
DEVICES = ["xhci", "ivshmem", "edu", "e1000e", "xhci:intremap=off", "edu:nointxmask"]
DIFF = ["--ops", "300k", "--seed", "1", "--quiet", "--json", "-"]
DEFINITION = re.compile(r"^(?:[a-z_][\w *]*\W)(\w+)\([^;]*$")
CITATION = re.compile(r"\b([RP])(\d+)(?:-([RP])?(\d+))?\b")
CALL = re.compile(r"\brule\(m, ([RP])\((\d+)\)\)")

errors = []


def expand(match):
    """The rules of "R5" or "R5-R8"."""
    first, last = int(match[2]), int(match[4] or match[2])
    return ["%s%d" % (match[1], n) for n in range(first, last + 1)]


def model_places(root):
    """rule -> [(file, function)], decided and only cited; function None: the file's heading."""
    decided, cited = {}, {}
    folder = os.path.join(root, "harness/model")
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".c"):
            continue
        function, waiting, comment = None, [], False
        for number, line in enumerate(open(os.path.join(folder, name))):
            definition = DEFINITION.match(line)
            if definition and not line.startswith(("static const", "typedef")):
                function = definition[1]
                for rule in waiting:
                    cited.setdefault(rule, []).append((name, function))
                waiting = []
            for match in CALL.finditer(line):
                decided.setdefault(match[1] + match[2], []).append((name, function))
            if "/*" in line:
                comment = True
            if comment:
                rules = [r for m in CITATION.finditer(line) for r in expand(m)]
                if function:
                    for rule in rules:
                        cited.setdefault(rule, []).append((name, function))
                elif re.match(r"^(/\*| \*) \w+:", line) or number < 6:
                    for rule in rules:
                        cited.setdefault(rule, []).append((name, None))
                else:
                    waiting += rules
            if "*/" in line:
                comment = False
            if line.startswith("}"):
                function = None
    return decided, cited


def read_programs(root):
    programs = {}
    folder = os.path.join(root, "corpus/rules")
    for name in sorted(os.listdir(folder)):
        what, head, text = [], {}, open(os.path.join(folder, name)).read()
        for line in text.splitlines():
            field = re.match(r"# (rules|devices|kernels): (.*)", line)
            if field:
                head[field[1]] = field[2].split()
            elif line.startswith("# ") and not head:
                what.append(line[2:])
            else:
                break
        if set(head) != {"rules", "devices", "kernels"}:
            errors.append("%s: needs the lines rules, devices and kernels" % name)
            continue
        if "any" in head["devices"]:
            head["devices"] = ["emu", "xhci", "ivshmem", "edu", "e1000e"]
        head["what"] = " ".join(what)
        head["path"] = os.path.join(folder, name)
        programs[name[:-4]] = head
    return programs


def read_notes(path):
    notes, versions = {r: {"tests": []} for r in RULES}, []
    for line in open(path):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        match = re.match(r"(V|[RP]\d+)([;!+=]) (.*)", line)
        if not match or (match[1] != "V" and match[1] not in notes):
            errors.append("rules.txt: `%s` is not understood" % line)
            continue
        key, kind, text = match.groups()
        if key == "V":
            if kind == ";":
                versions.append({"what": text, "programs": [], "why": ""})
            elif kind == "=":
                versions[-1]["programs"] = text.split()
            else:
                versions[-1]["why"] = text
        elif kind == ";":
            notes[key]["title"] = text
        elif kind == "!":
            notes[key]["why"] = text
        else:
            notes[key]["tests"].append(text)
    return notes, versions


def count(irqstorm, args, profile):
    """The rules that the model counts in a run on the emulator."""
    command = [irqstorm] + args[:1] + ["--target", "emu:profile=" + profile] + args[1:]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        errors.append("%s: exit code %d: %s" % (" ".join(command), run.returncode, run.stderr))
        return set()
    return set(json.loads(run.stdout)["rules"])


def check(root, decided, programs, notes, versions, diffed):
    for rule in RULES:
        note = notes[rule]
        by_program = [p for p in programs if rule in programs[p]["rules"]]
        by_diff = any(rule in diffed[k] for k in KERNELS)
        if "title" not in note:
            errors.append("%s: rules.txt has no title for it" % rule)
        if rule in decided and by_program and not any(
                rule in programs[p]["counted"] for p in by_program):
            errors.append("%s: the model counts it in no program that names it" % rule)
        if rule in decided and not by_program and not by_diff:
            errors.append("%s: the model decides it, nothing exercises it" % rule)
        if not (by_program or by_diff or "why" in note):
            errors.append("%s: neither exercised nor explained" % rule)
        for test in note["tests"]:
            path = os.path.join(root, test)
            if not os.path.exists(path) or not re.search(r"\b%s\b" % rule, open(path).read()):
                errors.append("%s: %s does not name it" % (rule, test))
    for name, program in programs.items():
        for rule in program["rules"]:
            if rule not in notes:
                errors.append("%s: there is no rule %s" % (name, rule))
    for row in versions:
        for name in row["programs"]:
            if name not in programs:
                errors.append("version table: there is no program %s" % name)
            elif not set(DEVICES) & set(programs[name]["devices"]):
                errors.append("version table: %s is for no real device" % name)
        if row["programs"] and set(KERNELS) - {
            k for n in row["programs"] if n in programs for k in programs[n]["kernels"]
        }:
            errors.append("version table: `%s` is not on both kernels" % row["what"])
        if not row["programs"] and not row["why"]:
            errors.append("version table: `%s` is neither shown nor explained" % row["what"])


def places(rule, decided, cited):
    found = decided.get(rule) or cited.get(rule) or []
    by_file = {}
    for name, function in found:
        functions = by_file.setdefault(name, [])
        if function and function not in functions:
            functions.append(function)
    return "; ".join(
        name + (": " + ", ".join("`%s`" % f for f in functions) if functions else "")
        for name, functions in by_file.items()
    )


def exercised(rule, programs, notes, diffed):
    names = [p for p in programs if rule in programs[p]["rules"]]
    text = ["`%s`" % n for n in names[:4]]
    if len(names) > 4:
        text[-1] += " and %d more" % (len(names) - 4)
    if any(rule in diffed[k] for k in KERNELS):
        text.append("diff")
    text += notes[rule]["tests"]
    why = notes[rule].get("why")
    if why:
        text.append("*%s*" % why)
    return "; ".join(text)


def seen(names, programs):
    """Kernels and devices where the guest test runs programs."""
    by_devices = {}
    for kernel in KERNELS:
        on = [d for d in DEVICES for n in names
              if kernel in programs[n]["kernels"] and d in programs[n]["devices"]]
        devices = " ".join(sorted(set(on), key=DEVICES.index))
        by_devices.setdefault(devices, []).append(kernel)
    return "; ".join("%s: %s" % (", ".join(kernels), devices)
                     for devices, kernels in by_devices.items() if devices)


HEAD = """# What exercises which rule

Made by tests/rules/coverage.py from the model, the headers of corpus/rules and tests/rules/rules.txt; the test
`rules_coverage` fails when this file is not what it makes. The rules are those of [rules.md](rules.md), the programs
those of [programs.md](programs.md).

- *Model*: the functions of harness/model that decide the rule and count it, or, without such a count, that cite it.
- *Exercised by*: programs of corpus/rules that name the rule (the model has to count it in at least one of them);
  *diff*, where a run of `irqstorm diff --ops 300k --seed 1` on one of the two emulated kernels reaches it; other
  tests. In italics: why nothing can, or what that leaves out.
- *Seen on real kernels*: where the test `guest_rules` runs one of those programs on vfio-pci: the kernel's answers
  agree with the model and with the program's own `expect` lines. Debian's kernels; devices as QEMU makes them;
  after a colon, how the guest differs: no interrupt remapping, or INTX masked at the interrupt chip.
"""


def document(decided, cited, programs, notes, versions, diffed):
    out = [HEAD]
    named = {r: [p for p in programs if r in programs[p]["rules"]] for r in RULES}
    real = [r for r in RULES if seen(named[r], programs)]
    touched = [r for r in RULES if named[r] or any(r in diffed[k] for k in KERNELS)]
    out.append("%d rules; %d exercised by a program or by diff, %d of them on a real kernel; %d programs.\n"
               % (len(RULES), len(touched), len(real), len(programs)))
    out.append("| rule | | model | exercised by | seen on real kernels |\n|---|---|---|---|---|")
    for r in RULES:
        out.append("| %s | %s | %s | %s | %s |" % (
            r, notes[r].get("title", ""), places(r, decided, cited) or "-",
            exercised(r, programs, notes, diffed), seen(named[r], programs) or "-"))
    out.append("\n## Differences between 6.1 and 6.12\n\nThe rows of section 1.10 of rules.md."
               " The programs state both answers.\n\n| behaviour | shown by | on |\n|---|---|---|")
    for row in versions:
        names = [n for n in row["programs"] if n in programs]
        out.append("| %s | %s | %s |" % (
            row["what"], "; ".join("`%s`" % n for n in names) or "*%s*" % row["why"],
            seen(names, programs) or "-"))
    out.append("\n## Programs\n\n| program | what it shows | rules | devices | kernels |\n|---|---|---|---|---|")
    for name, p in programs.items():
        out.append("| %s | %s | %s | %s | %s |" % (
            name, p["what"].replace("|", "\\|"), " ".join(p["rules"]), " ".join(p["devices"]),
            " ".join(p["kernels"])))
    return "\n".join(out) + "\n"


def main():
    irqstorm, root = sys.argv[1], sys.argv[2]
    decided, cited = model_places(root)
    programs = read_programs(root)
    notes, versions = read_notes(os.path.join(root, "tests/rules/rules.txt"))
    for p in programs.values():
        p["counted"] = set()
        for kernel in p["kernels"]:
            p["counted"] |= count(irqstorm, ["run", "--json", "-", p["path"]], kernel)
    diffed = {k: count(irqstorm, ["diff"] + DIFF, k) for k in KERNELS}
    check(root, decided, programs, notes, versions, diffed)
    text = document(decided, cited, programs, notes, versions, diffed)
    path = os.path.join(root, "docs/coverage.md")
    if sys.argv[3:] == ["--write"]:
        open(path, "w").write(text)
    elif not os.path.exists(path) or open(path).read() != text:
        errors.append("docs/coverage.md is out of date: run tests/rules/coverage.py %s %s --write"
                      % (irqstorm, root))
    for e in errors:
        print("not ok: " + e)
    print("%d passed, %d failed, 0 skipped" % (len(RULES) + len(programs), len(errors)))
    return 1 if errors else 0


sys.exit(main())
