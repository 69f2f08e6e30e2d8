#!/bin/bash
# SPDX-License-Identifier: MIT
# irqstorm doctor as a user meets it: this machine, its JSON, its exit codes.
# Usage: doctor.sh IRQSTORM
set -u
IRQSTORM=$1
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT

"$IRQSTORM" doctor --json "$TMP/doctor.json" >"$TMP/text" 2>"$TMP/err"
rc=$?
result "this machine runs the emulator" "$([ $rc = 0 ] && echo 1)" "exit $rc: $(cat "$TMP/text" "$TMP/err")"

why=$(python3 - "$TMP/doctor.json" "$TMP/text" <<'PY' 2>&1
import json, sys
d = json.load(open(sys.argv[1]))
text = open(sys.argv[2]).read()
assert d["schema"] == "irqstorm.doctor/1", d["schema"]
assert d["version"] in text.splitlines()[0], d["version"]
assert d["uses"]["emulator"] == {"works": True, "stopped_by": None}, d["uses"]
assert set(d["uses"]) == {"emulator", "device", "guest", "campaign"}, d["uses"]
noise = d["noise_ns"]
assert 0 < noise["n"] and noise["p50"] <= noise["p99"] <= noise["max"], noise
for use, how in d["uses"].items():
    stops = [c["id"] for c in d["checks"] if c["mark"] == "no" and use in c["stops"]]
    assert how["works"] == (not stops) and how["stopped_by"] == (stops + [None])[0], (use, how, stops)
for c in d["checks"]:
    assert c["mark"] in ("ok", "no", "note"), c
    assert c["mark"] != "no" or c["todo"], c
    line = [l for l in text.splitlines() if l.split()[:1] == [c["mark"]] and c["found"] in l]
    assert len(line) == 1 and (c["todo"] or "") in line[0], (c, line)
PY
)
result "its JSON says what its text says" "$([ -z "$why" ] && echo 1)" "$why"

(
	ulimit -n 40 # what the doctor itself needs is less
	"$IRQSTORM" doctor >"$TMP/few" 2>&1
)
rc=$?
grep -q '^  no    open files .*LimitNOFILE' "$TMP/few" && [ $rc = 3 ]
result "a limit that stops every use is exit code 3" "$([ $? = 0 ] && echo 1)" "exit $rc: $(cat "$TMP/few")"

"$IRQSTORM" doctor --out "$TMP/none" >"$TMP/out" 2>&1
rc=$?
grep -q "^  no    results folder .*$TMP/none: No such file" "$TMP/out" && [ $rc = 0 ]
result "a results folder that is not there is told" "$([ $? = 0 ] && echo 1)" "exit $rc: $(cat "$TMP/out")"

"$IRQSTORM" doctor --json - >"$TMP/stdout" 2>"$TMP/err"
python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$TMP/stdout" 2>"$TMP/why"
result "--json - is the JSON alone" "$([ $? = 0 ] && echo 1)" "$(cat "$TMP/why")"

"$IRQSTORM" doctor >/dev/full 2>"$TMP/err"
rc=$?
result "a full disk behind stdout is an error" "$([ $rc = 3 ] && grep -q 'No space' "$TMP/err" && echo 1)" \
	"exit $rc: $(cat "$TMP/err")"
finish
