#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One run out of the output of guest_program: several.py OUTPUT INDEX CODE CONDITION

A run is what stands between "== irqstorm ..." and "exit N". Exits with 0 when N is CODE and
CONDITION, if there is one, holds of the run's JSON j; prints what it came to.
"""
import json
import re
import sys

KEYS = ("fired", "delivered", "lost", "spurious", "misrouted", "resizes", "planted", "seed", "ops",
        "programs", "states", "skipped", "complete", "divergences", "ratio")

text, index, code, condition = open(sys.argv[1]).read(), int(sys.argv[2]), sys.argv[3], sys.argv[4]
runs = re.findall(r"^== irqstorm .*?\n(.*?)^exit (\d+)$", text, re.M | re.S)
if index >= len(runs):
    sys.exit("it was not run")
out, got = runs[index]
if got != code:
    sys.exit("exit %s, not %s: %s" % (got, code, out[-3000:]))
if not condition:
    sys.exit(0)
j = json.loads(out)
print({k: j[k] for k in KEYS if k in j})
sys.exit(not eval(condition))
