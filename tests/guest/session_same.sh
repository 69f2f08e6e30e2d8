#!/bin/bash
# SPDX-License-Identifier: MIT
# Commands of five kinds in one session and each in a guest of its own: the same results, by exit
# code, output and files without what is time or chance. Never skips.
#	session_same.sh IRQSTORM GUEST_PROGRAM CORPUS [COUNT]
# COUNT (5) commands, whose seeds and programs are of their number; nightly takes 50.
set -u
. "$(dirname "$0")/../lib.sh"
bin=$(realpath "$1") program=$(realpath "$2") corpus=$(realpath "$3") count=${4:-5}
folder work
cd "$work" || exit 3
at_end() {
	"$bin" guest --quiet --session "$work/s" --end
}
machine=(--kernel debian:6.12 --devices xhci --smp 1)
target="vfio:0000:00:04.0"
mapfile -t programs < <(grep -lE '^# devices:.*(xhci( |$)|any)' "$corpus"/*.irq)

# The I-th command into $words; what it writes is result.json.
command_of() {
	local i=$1
	case $((i % 5)) in
	0) words=(diff --target $target --ops 300 --seed $((i + 1)) --json result.json) ;;
	1) words=(run --target $target "${programs[@]:i % ${#programs[@]}:3}") ;;
	2) words=(info --target $target --json result.json) ;;
	3) words=("$program" cat "${programs[i % ${#programs[@]}]}" bulk $((i * 10)) code $((i % 3 * 2))) ;;
	4) words=(explore --target $target --depth 1 --json result.json) ;;
	esac
}

# What of a result may differ: rates, times, and the command that repeats it.
outcome() { # GUEST-OPTION...: in one text
	local code
	rm -f result.json
	"$bin" guest --quiet --timeout 3m "${machine[@]}" "$@" -- "${words[@]}" >out 2>err </dev/null
	code=$?
	echo "exit $code"
	if [ -f result.json ]; then
		python3 -c 'import json
j = json.load(open("result.json"))
for key in list(j):
    if key.endswith("_per_s") or key in ("ratio", "seconds", "via"):
        del j[key]
print(json.dumps(j, indent=1, sort_keys=True))'
	else
		sed -E 's/[0-9.]+ (s|ms|us)$//' out
	fi
	grep -vE '^(irqstorm: )?[0-9.,]+ .*(/s|ops)|^ *$' err
}

for i in $(seq 0 $((count - 1))); do
	command_of $i
	outcome >"fresh.$i"
done
boots=0
for i in $(seq 0 $((count - 1))); do
	command_of $i
	outcome --session s >"session.$i"
	[ -f keeper ] && cmp -s keeper s/pid || boots=$((boots + 1))
	cp s/pid keeper
	diff "fresh.$i" "session.$i" >difference
	result "$i: ${words[*]:0:1} gives the same" $((1 - $?)) "$(head -20 difference)"
done
result "all in one guest" $((boots == 1)) "$boots guests"
grep -hE 'exit' fresh.* | sort | uniq -c | sed 's/^/# /'
grep -hoE '"digest": "[0-9a-f]+"' fresh.* | sort -u | wc -l | sed 's/^/# digests that were compared: /'
finish
