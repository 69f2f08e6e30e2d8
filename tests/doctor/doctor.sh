#!/bin/bash
# SPDX-License-Identifier: MIT
# irqstorm doctor as a user meets it: this machine, its JSON, its exit codes.
# Usage: doctor.sh IRQSTORM
set -u
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
IRQSTORM=$1
folder TMP

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
headings = [l for l in text.splitlines() if l and l[0] not in " i"]
for i, (use, how) in enumerate(d["uses"].items()):
    lacks = [c["subject"] for c in d["checks"] if c["use"] == use and c["mark"] == "no"]
    said = headings[i].partition(", but without: ")[2].split(", ")
    assert not how["works"] or said == (lacks or [""]), (headings[i], lacks)
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

# A machine that lacks what guests and fuzzing want: what "can be used" is told with what is missing beside it.
mkdir "$TMP/bin"
printf '#!/bin/sh\necho QEMU emulator version 7.2.1\n' >"$TMP/bin/qemu-system-x86_64"
for p in apt-get dpkg-deb; do printf '#!/bin/sh\n' >"$TMP/bin/$p"; done
chmod +x "$TMP/bin"/*
env HOME="$TMP" XDG_CACHE_HOME="$TMP/cache" PATH="$TMP/bin" "$IRQSTORM" doctor >"$TMP/out" 2>&1
grep -q '^Guests .*: no, for want of: unpacking$' "$TMP/out" && grep -qE '^  no +unpacking .*xz-utils' "$TMP/out"
result "guests are not to be had without xz" "$([ $? = 0 ] && echo 1)" "$(cat "$TMP/out")"
mkdir -p "$TMP/cache/irqstorm/kernels/linux-image-6.1"
touch "$TMP/cache/irqstorm/kernels/linux-image-6.1/vmlinuz"
env HOME="$TMP" XDG_CACHE_HOME="$TMP/cache" PATH="$TMP/bin" "$IRQSTORM" doctor >"$TMP/out" 2>&1
grep -q '^Guests .*: can be used' "$TMP/out" && grep -qE '^  note +unpacking ' "$TMP/out"
result "but for a kernel that is there already" "$([ $? = 0 ] && echo 1)" "$(cat "$TMP/out")"

(
	ulimit -n 40 # what the doctor itself needs is less
	"$IRQSTORM" doctor >"$TMP/few" 2>&1
)
rc=$?
grep -q '^  no  *open files .*LimitNOFILE' "$TMP/few" && [ $rc = 3 ]
result "a limit that stops every use is exit code 3" "$([ $? = 0 ] && echo 1)" "exit $rc: $(cat "$TMP/few")"

"$IRQSTORM" doctor --out "$TMP/none" >"$TMP/out" 2>&1
rc=$?
grep -q "^  no  *results folder .*$TMP/none: No such file" "$TMP/out" && [ $rc = 0 ]
result "a results folder that is not there is told" "$([ $? = 0 ] && echo 1)" "exit $rc: $(cat "$TMP/out")"

"$IRQSTORM" doctor --json - >"$TMP/stdout" 2>"$TMP/err"
python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$TMP/stdout" 2>"$TMP/why"
result "--json - is the JSON alone" "$([ $? = 0 ] && echo 1)" "$(cat "$TMP/why")"

"$IRQSTORM" doctor >/dev/full 2>"$TMP/err"
rc=$?
result "a full disk behind stdout is an error" "$([ $rc = 3 ] && grep -q 'No space' "$TMP/err" && echo 1)" \
	"exit $rc: $(cat "$TMP/err")"
finish
