#!/bin/bash
# SPDX-License-Identifier: MIT
# The command line: expected exit code and output, one line a check. Usage: cli.sh IRQSTORM
set -u
. "$(dirname "$0")/../lib.sh"
bin=$1
folder tmp
. "$here/check.sh"

short="--duration 200ms --vectors 8 --quiet"

check "no subcommand is a usage error" 2 'usage: irqstorm'
check "help names the subcommands" 0 'stress.*\n?' --help
check "version" 0 '^irqstorm [0-9]+\.[0-9]+' --version
one_line "unknown subcommand" 2 "no subcommand 'frob'" frob
one_line "a near miss of a subcommand is guessed" 2 "no subcommand 'strss' .did you mean stress" strss
for sub in info stress bench report guest; do
	check "$sub --help" 0 "usage: irqstorm $sub" $sub --help
	long=$("$bin" $sub --help | awk 'length($0) > 80' | head -1)
	[ -z "$long" ]
	result "$sub --help fits 80 columns" $((1 - $?)) "$long"
done
one_line "unknown option" 2 "unknown option '--frob'" stress --frob
one_line "a near miss is guessed" 2 'did you mean --vectors' stress --vectros 4
one_line "option without value" 2 '--vectors needs a value' stress --vectors
one_line "--vectors 0" 2 '--vectors 0: must be 1 to 2048' stress --vectors 0
one_line "--vectors 4096" 2 '--vectors 4096: must be 1 to 2048' stress --vectors 4096
one_line "--vectors -3" 2 'not a number' stress --vectors -3
one_line "--stable above --vectors" 2 '--stable 9: more than --vectors 8' \
	stress --vectors 8 --stable 9
one_line "the names of a list are told as those of a choice" 2 '--strategy frob: must be one of none, ' \
	bench --strategy frob
for usage in "bench --strategy frob" "bench --vectors 9 --strategy dynamic --target emu:vectors=x" \
	"stress --stable 8 --vectors 8 --resize dynamic" "zoo --bug B0" "diff --target x" \
	"gate --against /bin/true --baseline x"; do
	"$bin" $usage >"$tmp/usage" 2>&1
	code=$?
	[ $code = 2 ] && ! grep -q seed "$tmp/usage"
	result "no seed before a usage error: $usage" $((1 - $?)) "exit $code: $(cat "$tmp/usage")"
done
one_line "bad choice" 2 'must be one of none, teardown' stress --resize frob
one_line "bad duration" 2 'not a duration' stress --duration soon
one_line "extra word" 2 "unexpected word 'now'" stress now
one_line "unknown target" 2 'must be emu' stress --target qemu
one_line "unknown target key" 2 "unknown key 'colour'" stress --target emu:colour=red
one_line "bad target value" 2 'must be one of 6.1, 6.12, ' stress --target emu:profile=5.4
one_line "bad fault" 2 'fault=lose:3' stress --target emu:fault=lose:3
one_line "more vectors than the device" 2 'has 4 MSI-X vectors' \
	stress --target emu:vectors=4 --vectors 8
one_line "MSI-X of a device with MSI only" 4 'has no MSI-X, but MSI .* --resize msi-all' \
	stress --target emu:vectors=0 --resize dynamic
one_line "the limit of the host is found" 4 'grants 200 interrupt vectors and refuses 201 ' \
	stress --target emu:vectors=257,hostvecs=200 --vectors 257 --resize none --no-control
one_line "a device that does not exist" 3 '0000:7f:1f.7' stress --target vfio:0000:7f:1f.7
one_line "a malformed address" 2 'vfio' stress --target vfio:zz:1
one_line "no device bound" 3 'vfio' info --target vfio:auto
one_line "unwritable --json" 3 'cannot write /nonexistent/x.json: No such file' \
	stress $short --json /nonexistent/x.json
one_line "dynamic where the kernel cannot" 4 'NORESIZE' \
	stress $short --target emu:profile=6.1 --resize dynamic
one_line "dynamic with nothing to churn" 2 '--stable must be below' \
	stress $short --stable 8 --resize dynamic

check "info on the emulator" 0 'MSIX' info --target emu:profile=6.12
printf 'set_irqs msix trigger eventfd start=3 fds=e0,-1\nset_irqs msix trigger none count=0\n' >"$tmp/grow.irq"
check "a program can be the strategy" 0 "repeat: .*--resize program:$tmp/grow.irq" \
	stress $short --resize "program:$tmp/grow.irq"
"$bin" stress $short --resize "program:$tmp/grow.irq" --json "$tmp/grow.json" >/dev/null 2>&1
result "played whole there are no hazards" $(($(grep -c '"hazards": \[\]' "$tmp/grow.json") == 1)) ""
cp "$tmp/grow.irq" "$tmp/removes.irq"
echo 'set_irqs msix trigger none count=2' >>"$tmp/removes.irq"
one_line "a loopback meant to remove is refused" 2 'cannot be played: operation 3: set_irqs msix trigger none count=2: .*R59' \
	stress $short --resize "program:$tmp/removes.irq"
printf 'fire msix 0\nread e0\n' >>"$tmp/grow.irq"
check "what is left out is listed" 0 '^hazard: operation 3: fire msix 0: left out: ' \
	stress $short --resize "program:$tmp/grow.irq"
"$bin" stress $short --resize "program:$tmp/grow.irq" --json "$tmp/grow.json" >/dev/null 2>&1
result "in JSON, too" "$(json "$tmp/grow.json" hazards 1 | grep -c 'operation 4: read e0')" ""
"$bin" stress $short --json "$tmp/grow.json" >/dev/null 2>&1
result "and of no other strategy there is anything" $(($(grep -c '"hazards": \[\]' "$tmp/grow.json") == 1)) ""
echo 'fire msix 0' >"$tmp/none.irq"
one_line "a program that resizes nothing" 2 'no operation that resizes' stress --resize "program:$tmp/none.irq"
one_line "a program that is not there" 3 'nowhere' stress --resize program:/nowhere
one_line "a role that is none" 2 "'irq=0' is not producer|consumer|resizer=CPU" stress --place irq=0
one_line "a CPU that is not there" 2 'CPU 4000 is none' stress --place consumer=any,resizer=4000
check "threads are placed as wished" 0 'producer on 0, consumer on any, resizer on 0|1 CPU: nothing' \
	stress $short --place producer=0,resizer=0,consumer=any
check "a repeat keeps the placement" 0 'repeat: .* --place producer=0' stress $short --place producer=0
check "a short run passes" 0 '^PASS  0 lost' stress $short --resize dynamic
one_line "a storm that its device dies in is no finding" 3 'does not answer: a planted fault, die:50$' \
	stress $short --target emu:fault=die:50 --resize dynamic
one_line "nor is it one of a bench" 3 'does not answer: a planted fault' \
	bench --quick --quiet --repeats 1 --no-resize-cost --strategy none --target emu:fault=die:50
nothing="bench --quick --quiet --repeats 1 --target emu:vectors=0,msi=0"
for part in "" --no-resize-cost --resize-cost; do
	check "a bench of what the device lacks is no pass ${part:-at all}" 4 \
		'^SKIPPED  nothing was measured.* cannot' $nothing $part
done
small="--duration 100ms --no-control --quiet"
check "a device with 16 vectors is stormed with all of them" 0 '^16 vectors .2 stable.*track-guest' \
	stress $small --target emu:vectors=16 --resize auto
check "auto takes MSI where there is no MSI-X, and says why" 0 'auto is msi-all here: .*no MSI-X' \
	stress $small --target emu:vectors=0,msi=4 --resize auto
check "the seed is echoed" 0 'seed 0x2a$' stress $short --seed 42
check "the command that repeats a run is printed" 0 'repeat: irqstorm stress .*--seed 0x2a' \
	stress $short --seed 42
check "a planted drop is a finding" 1 'FINDING  lost [1-9]' \
	stress $short --target emu:fault=drop:100
check "a finding prints its seed" 1 'finding; seed 0x7$' stress $short --target emu:fault=drop:100 --seed 7
check "and its repeat command" 1 'repeat: irqstorm stress --target emu:.*fault=drop:100 .*--seed 0x7' \
	stress $short --target emu:fault=drop:100 --seed 7
# a storm in which something is lost, also on a machine that is busy
lossy="stress --duration 1s --vectors 8 --quiet --no-control --target emu:fault=drop:1"
"$bin" $lossy >"$tmp/once" 2>&1
result "a finding has one repeat command" $(($(grep -c 'irqstorm stress' "$tmp/once") == 1)) "$(cat "$tmp/once")"
check "it is on stderr where stdout is JSON" 1 'finding; seed .*; repeat with: irqstorm stress' \
	$lossy --json -
check "times of losses are of the run" 1 'a fire that never arrived, at 0\.[0-9]* s of the run' $lossy
"$bin" $lossy --json /dev/full >"$tmp/order" 2>&1
[ "$(grep -n 'repeat:' "$tmp/order" | cut -d: -f1)" -lt "$(grep -n 'cannot write' "$tmp/order" | cut -d: -f1)" ]
result "what was printed comes before what goes wrong after it" $((1 - $?)) "$(cat "$tmp/order")"
# each says it once, with the reason, whoever notices first
for what in "--help" "--version" "help stress" "stress --help" "info --target emu" "info --target emu --json -" \
	"stress $short --json -" "stress $short"; do
	"$bin" $what >/dev/full 2>"$tmp/full.err"
	code=$?
	[ $code = 3 ] && [ "$(grep -c 'irqstorm: cannot write' "$tmp/full.err")" = 1 ] &&
		grep -q '^irqstorm: cannot write to stdout: No space left on device$' "$tmp/full.err"
	result "$what: a full stdout is told once" $((1 - $?)) "exit $code: $(cat "$tmp/full.err")"
	"$bin" $what >&- 2>"$tmp/full.err"
	code=$?
	[ $code = 3 ] && [ "$(grep -c 'irqstorm: cannot write to stdout: ' "$tmp/full.err")" = 1 ]
	result "$what: a closed one, too" $((1 - $?)) "exit $code: $(cat "$tmp/full.err")"
done
one_line "an option before the subcommand" 2 "unknown option '--frob'" --frob
check "bench has a row for each strategy" 0 'emulator 6.1 +dynamic +cannot' \
	bench --duration 50ms --warm-up 0 --repeats 1 --vectors 8 --no-resize-cost --quiet

"$bin" stress $short --json "$tmp/r.json" --hgrm "$tmp/r.hgrm" >/dev/null 2>&1
[ "$(json "$tmp/r.json" schema)" = irqstorm.stress/1 ]
result "--json FILE is JSON" $((1 - $?)) "$(head -3 "$tmp/r.json")"
grep -q 'Total count' "$tmp/r.hgrm"
result "--hgrm FILE is written" $((1 - $?)) "no Total count"
[ -z "$(find "$tmp" -name '*.tmp.*')" ]
result "no temporary file is left" $((1 - $?)) "$(ls "$tmp")"
"$bin" stress $short --json - 2>/dev/null | python3 -c 'import json, sys; json.load(sys.stdin)'
result "--json - puts JSON alone on stdout" $((1 - $?)) "does not parse"

# a result file whose disk is full at the end: exit 3, and the other results are there
"$bin" stress $short --json /dev/full --hgrm "$tmp/late.hgrm" >"$tmp/late.txt" 2>"$tmp/late.err"
code=$?
[ "$code" = 3 ] && grep -q 'No space left' "$tmp/late.err"
result "a full disk is an error" $((1 - $?)) "exit $code: $(cat "$tmp/late.err")"
grep -q 'Total count' "$tmp/late.hgrm" && grep -q '^PASS' "$tmp/late.txt"
result "and the other results are written" $((1 - $?)) "$(head -3 "$tmp/late.txt")"

# defaults do the job
"$bin" stress $short --json "$tmp/own.json" >"$tmp/own.txt" 2>/dev/null
[ "$(json "$tmp/own.json" resize) $(json "$tmp/own.json" strategy)" = "auto track-guest" ] &&
	[ "$(json "$tmp/own.json" resizes)" -gt 0 ] && grep -q '^auto is track-guest here: ' "$tmp/own.txt"
result "stress resizes by the best strategy that there is" $((1 - $?)) "$(cat "$tmp/own.txt")"
"$bin" stress $short --target emu:profile=6.1 --json "$tmp/own.json" >/dev/null 2>&1
[ "$(json "$tmp/own.json" strategy)" = upfront ]
result "which is another on 6.1" $((1 - $?)) "$(json "$tmp/own.json" strategy)"
"$bin" stress $short --stable 8 --json "$tmp/own.json" >/dev/null 2>&1
[ "$(json "$tmp/own.json" strategy) $(json "$tmp/own.json" resizes)" = "none 0" ]
result "and none where all vectors are stable" $((1 - $?)) "$(json "$tmp/own.json" strategy)"
for sub in info "stress --duration 1s" "diff --ops 10" "explore --depth 1" "bench --quick" \
	"run $(dirname "$0")/../../corpus/rules/delivery_fired_before_added_arrives.irq"; do
	out=$(IRQSTORM_GUEST=1 timeout 60 "$bin" $sub 2>&1 </dev/null)
	[[ $? != 0 && $out == *vfio:auto* ]]
	result "in a guest ${sub%% *} means its device" $((1 - $?)) "$out"
	out=$(IRQSTORM_GUEST=1 timeout 60 "$bin" info --target emu 2>&1)
	[[ $out == *"target   emu:profile"* ]]
done
result "unless --target says emu" $((1 - $?)) "$out"

# SIGINT ends a run early with its results so far
"$bin" stress --duration 60s --vectors 8 --quiet --json "$tmp/int.json" >/dev/null 2>&1 &
pid=$!
sleep 2
kill -INT $pid
wait $pid
code=$?
[ "$code" = 130 ] && [ "$(json "$tmp/int.json" interrupted)" = True ] &&
	[ "$(json "$tmp/int.json" fired)" -gt 0 ]
result "SIGINT keeps the results so far" $((1 - $?)) "exit $code"

# vfio:auto is the only device there is: an example with two has to name one
examples() {
	sed -e ':a' -e '/\\$/N; s/\\\n//; ta' "$root"/README.md "$root"/docs/*.md
	for sub in guest stress bench run diff info gate; do "$bin" $sub --help; done
}
examples | grep -E -- '--devices [a-z0-9=]+,' >"$tmp/several"
! grep -vE 'vfio:[0-9]' "$tmp/several" | grep -E 'irqstorm guest.* -- ' >"$tmp/auto"
result "examples with several devices name one" $((1 - $?)) "$(cat "$tmp/auto")"
[ "$(wc -l <"$tmp/several")" -gt 0 ]
result "and there are some" $((1 - $?)) ""

finish
