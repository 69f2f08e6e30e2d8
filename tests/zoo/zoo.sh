#!/bin/bash
# SPDX-License-Identifier: MIT
# Planted bugs from the command line and from a fuzz target, and that a build without them has none.
#   zoo.sh IRQSTORM IRQSTORM-WITH-BUGS FUZZ-TARGET-WITH-BUGS ROOT [BUG...]
# BUG...: what is minimized, "all" for each that has a program. By default a handful.
set -u
. "$(dirname "$0")/../lib.sh"
plain=$1 zoo=$2 fuzz=$3 root=$4
shift 4
. "$here/../cli/check.sh"
folder tmp
corpus=$root/corpus/zoo
# What is planted leaks on purpose.
export ASAN_OPTIONS=detect_leaks=0
ulimit -c 0

bin=$plain
one_line "a build without bugs says where there are some" 2 'cmake --preset zoo' \
	run --bug B42 "$corpus/B42.irq"
one_line "the same by the target's key" 2 'no bugs are planted' \
	run --target emu:bug=B42 "$corpus/B42.irq"
one_line "the same of minimize" 2 'cmake --preset zoo' minimize --bug B42 "$corpus/B42.irq" -o -
one_line "a real device is given no bug" 2 'only the emulator' \
	run --bug B42 --target vfio:auto "$corpus/B42.irq"
check "without bugs every program passes" 0 ' 0 differ, 0 skipped' run "$corpus"/*.irq

bin=$zoo
check "with bugs but none chosen, too" 0 ' 0 differ, 0 skipped' run "$corpus"/*.irq
one_line "a bug that nobody knows" 2 'docs/zoo.md' run --bug B999 "$corpus/B42.irq"
check "a zoo in which nothing is looked for is no pass" 4 '^SKIPPED  no bug was looked for: 0 of 0' \
	zoo --quiet --engine random --seeds 1 --bug B05
check "a planted bug is a finding" 1 'DIFFERENCE \(active\) after operation 2' \
	run --bug B42 "$corpus/B42.irq"
check "that carries the bug along" 1 'repeat with: .* --target emu:bug=B42 --trace' \
	run --bug B42 "$corpus/B42.irq"
check "beside other keys" 1 'repeat with: .* --target emu:vectors=8,bug=B42 ' \
	run --bug B42 --target emu:vectors=8 "$corpus/B42.irq"
check "what would crash a kernel is a finding" 1 'the kernel would not have come back: a NULL pointer was followed' \
	run --bug B06 "$corpus/B06.irq"
mkdir "$tmp/found"
cp "$corpus/B42.irq" "$tmp/found/program.irq"
printf '{"schema": "irqstorm.campaign/1", "findings": [
	{"key": "a", "what": "a", "repeat": "IRQSTORM_BUG=B42 /fuzz/fuzz_x %s/found/input"}]}' "$tmp" >"$tmp/campaign.json"
check "a campaign's findings are run with the bug that it had" 1 'DIFFERENCE' run "$tmp/campaign.json"
check "what would hang one ends" 1 'DIFFERENCE \(hang\)' run --bug B23 "$corpus/B23.irq"
printf 'set_irqs msix trigger eventfd fds=e0\nset_irqs msix trigger eventfd fds=e1\n' >"$tmp/live.irq"
check "a rule of PCI that the kernel's half breaks is a finding" 1 \
	'key pci-rule:P1:set_irqs/msix/trigger/eventfd' run --bug B62 "$tmp/live.irq"
check "that is told with what was done to which vector" 1 \
	'violation P1: vector 0: .* by the kernel, 1 times, first in operation 2: set_irqs' \
	run --bug B62 "$tmp/live.irq"
check "without the bug it is none" 0 ': ok' run "$tmp/live.irq"
check "a random program comes across it as well" 1 '^key pci-rule:P1:set_irqs/msix/trigger/eventfd' \
	diff --quiet --target emu:bug=B62 --ops 100k --seed 1
printf 'device vectors=4,msg=cached\nset_irqs msix trigger eventfd fds=e0\nset_irqs msix trigger eventfd fds=-1\nwipe\nset_irqs msix trigger eventfd fds=e0\nfire msix 0\n' \
	>"$tmp/wiped.irq"
check "a table wiped between disarm and arm delivers" 0 ': ok' run "$tmp/wiped.irq"
check "unless the message is not written anew" 1 'DIFFERENCE \(counter\) after operation 5' \
	run --bug B22 "$tmp/wiped.irq"
check "a random program finds one" 1 'emu:bug=B26' diff --quiet --target emu:bug=B26 --ops 100k --seed 1

# Without a bug the answers are those of a build that has none.
for profile in 6.1 6.12; do
	args="diff --quiet --ops 100k --seed 1 --target emu:profile=$profile"
	a=$("$plain" $args 2>/dev/null | grep ^digest) b=$("$zoo" $args 2>/dev/null | grep ^digest)
	result "$profile: the digest is that of a build without bugs" \
		$([ -n "$a" ] && [ "$a" = "$b" ] && echo 1 || echo 0) "$a, with bugs $b"
done

# The catalogue, the programs and the documentation name the same bugs.
sed -n 's/^ZOO_BUG(\([A-Z0-9]*\), "\([a-z]*\)".*/\1 \2/p' "$root/harness/emulator/zoo.def" >"$tmp/catalogue"
awk '$2 == "program" { print $1 }' "$tmp/catalogue" | sort >"$tmp/wanted"
find "$corpus" -name '*.irq' -printf '%f\n' | sed 's/\.irq$//' | sort >"$tmp/there"
out=$(diff "$tmp/wanted" "$tmp/there" 2>&1)
result "each bug has a program, each program a bug" $((1 - $?)) "$out"
n=$(wc -l <"$tmp/catalogue")
result "there are 40 bugs and more" $((n >= 40)) "$n"
while read -r id target; do
	grep -q "^| $id |" "$root/docs/zoo.md" || echo "$id ($target)"
done <"$tmp/catalogue" >"$tmp/missing"
result "each bug is in docs/zoo.md" $([ -s "$tmp/missing" ] && echo 0 || echo 1) \
	"not there: $(tr '\n' ' ' <"$tmp/missing")"

# The command looks for hazards as well, in calls that no rule lets pass, too.
while read -r id; do
	"$zoo" run --bug "$id" "$corpus/$id.irq" >"$tmp/out" 2>&1
	code=$?
	[ $code = 1 ] && grep -q '^  key ' "$tmp/out" || echo "$id: exit $code: $(tail -1 "$tmp/out")"
done <"$tmp/wanted" >"$tmp/missing"
result "each program is a finding of run" $([ -s "$tmp/missing" ] && echo 0 || echo 1) \
	"not so: $(tr '\n' ' ' <"$tmp/missing")"

# A fuzz target takes the bug from the environment, and tells when its code ran and did harm.
out=$(IRQSTORM_BUG=B62 "$fuzz" "$tmp/live.irq" 2>&1)
code=$?
result "a fuzz target sees a rule of PCI broken" $([ $code -gt 128 ] &&
	grep -q '^key: *pci-rule:P1:set_irqs/msix/trigger/eventfd' <<<"$out" && echo 1 || echo 0) "exit $code: $(tail -3 <<<"$out")"
out=$(IRQSTORM_BUG=B42 IRQSTORM_ZOO_LOG=$tmp/log "$fuzz" "$corpus/B42.irq" 2>&1)
code=$?
result "a fuzz target finds it" $([ $code -gt 128 ] && grep -q 'irqstorm run --bug B42 - <<' <<<"$out" &&
	echo 1 || echo 0) "exit $code: $(tail -3 <<<"$out")"
result "and logs both canaries" $([ "$(cut -d' ' -f1,2 "$tmp/log" | tr '\n' ,)" = "reached 1,triggered 1," ] &&
	echo 1 || echo 0) "$(cat "$tmp/log")"
out=$("$fuzz" "$corpus" 2>&1)
code=$?
result "without the variable it finds nothing" $((code == 0)) "exit $code: $(tail -3 <<<"$out")"

# operations FILE
operations() {
	grep -cvE '^(#|device|\}|$)' "$1"
}

# The program between noise, 500 operations of it, comes down to no more than was written by hand.
around() { # ID
	local i
	grep -E '^device' "$corpus/$1.irq"
	for ((i = 0; i < 20; i++)); do grep -v '^#' "$here/noise.irq"; done
	grep -vE '^(#|device)' "$corpus/$1.irq"
	for ((i = 0; i < 12; i++)); do grep -v '^#' "$here/noise.irq"; done
}
[ $# = 0 ] && set -- B06 B23 B26 B42 B57 Z05
[ "$1" = all ] && mapfile -t all <"$tmp/wanted" && set -- "${all[@]}"
for id; do
	around "$id" >"$tmp/long.irq"
	out=$("$zoo" minimize --quiet --bug "$id" --runs 1 "$tmp/long.irq" -o "$tmp/short.irq" 2>&1)
	code=$?
	before=$(operations "$tmp/long.irq")
	after=$(operations "$tmp/short.irq" 2>/dev/null)
	result "$id: $before operations become $after, of $(operations "$corpus/$id.irq") by hand" \
		$((code == 0 && ${after:-999} <= $(operations "$corpus/$id.irq"))) \
		"exit $code: $out $(cat "$tmp/short.irq" 2>/dev/null)"
	took=$(sed -n 's/^took *//p' <<<"$out")
	echo "# $id: $took"
done
finish
