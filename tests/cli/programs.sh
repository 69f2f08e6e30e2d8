#!/bin/bash
# SPDX-License-Identifier: MIT
# run, diff and explore: exit codes, output, JSON. Usage: programs.sh IRQSTORM
set -u
. "$(dirname "$0")/../lib.sh"
bin=$1
folder tmp
. "$here/check.sh"

cat >"$tmp/good.irq" <<-'END'
	set_irqs msix trigger eventfd fds=e0,e1
	expect 0
	fire msix 1
	read e1
	expect value=1
	irq_info intx
	expect flags=0x7 count=1
END
printf 'irq_info msix\nset_irqs msix mask none\nexpect 0\n' >"$tmp/wrong.irq"
printf 'read e0\nset_irqs msix trigger sometimes\n' >"$tmp/unreadable.irq"
printf 'set_irqs msix trigger eventfd fds=e0\nfire msix 0\nread e0\n' >"$tmp/fire.irq"
head -c 400 "$0" | tr 'a-z\n' '\200-\231\001' >"$tmp/bytes"

for sub in run diff explore; do
	check "$sub --help" 0 "usage: irqstorm $sub" $sub --help
	long=$("$bin" $sub --help | awk 'length($0) > 80' | head -1)
	[ -z "$long" ]
	result "$sub --help fits 80 columns" $((1 - $?)) "$long"
	one_line "$sub: unknown option" 2 "unknown option '--frob'" $sub --frob
	program=""
	[ $sub = run ] && program=$tmp/good.irq
	one_line "$sub: unknown target" 2 'must be emu' $sub --target qemu $program
	one_line "$sub: a malformed address" 2 'vfio:zz:1' $sub --target vfio:zz:1 $program
	one_line "$sub: no such device" 3 '0000:7f:1f.7' $sub --target vfio:0000:7f:1f.7 $program
done

# run (exit 4, skipped, needs a device that cannot do something: tests/guest)
check "a program that agrees" 0 'good.irq: ok, 4 operations, digest [0-9a-f]{16}' \
	run "$tmp/good.irq"
check "on the other profile, too" 0 ': ok' run --target emu:profile=6.1 "$tmp/good.irq"
check "an expect line that is wrong" 1 \
	'DIFFERENCE \(expect\) after operation 3: .*' run "$tmp/wrong.irq"
check "what was expected and what came" 1 'the program expects 0, got -ENOTTY' \
	run "$tmp/wrong.irq"
check "and how to repeat it" 1 'repeat with: irqstorm run --target emu --trace .*wrong.irq' \
	run "$tmp/wrong.irq"
check "several programs are summed up" 1 '2 programs: 1 differ, 0 skipped' \
	run "$tmp/good.irq" "$tmp/wrong.irq"
check "a planted fault is a difference" 1 'DIFFERENCE \(counter\)' \
	run --target emu:fault=drop:1 "$tmp/fire.irq"
printf '# nothing\n' >"$tmp/empty.irq"
check "a program of nothing is no pass" 4 'empty.irq: SKIPPED, nothing was run, 0 operations' \
	run "$tmp/empty.irq"
check "nor does it pass among others" 4 '2 programs: 0 differ, 1 skipped' \
	run "$tmp/good.irq" "$tmp/empty.irq"
check "--trace has each operation" 0 '1  set_irqs msix trigger eventfd fds=e0,e1 += 0' \
	run --trace "$tmp/good.irq"
check "--trace has what was read" 0 '4  read e1 += 1$' run --trace "$tmp/good.irq"
printf 'set_irqs msix trigger eventfd fds=e0,e1\nset_irqs msix trigger none count=2\n' >"$tmp/removes.irq"
check "a hazard is told with its rule, and is no finding" 0 \
	'^  hazard R59: operation 2: set_irqs msix trigger none count=2: ' run "$tmp/removes.irq"
"$bin" run --json "$tmp/h.json" "$tmp/removes.irq" "$tmp/good.irq" >/dev/null 2>&1
result "in JSON, too" "$(json "$tmp/h.json" programs 0 hazards 0 | grep -c '^R59: operation 2: ')" ""
result "and beside the programs" "$(json "$tmp/h.json" hazards 0 | grep -c 'removes.irq: R59: operation 2: ')" ""
result "and of a clean program there is none" $(($(json "$tmp/h.json" programs 1 hazards | grep -c '^\[\]$') == 1)) ""
result "nor a refusal on the emulator" $(($(json "$tmp/h.json" programs 0 refused) == 0)) ""
check "they are counted" 0 '2 programs: 0 differ.* 1 with hazards' run "$tmp/removes.irq" "$tmp/good.irq"
printf 'set_irqs msix trigger eventfd fds=e0\nexpect -ENOSPC\n' >"$tmp/nospc.irq"
check "an emulated host is ours: it refuses nothing that it was not asked to" 1 'got 0' \
	run "$tmp/nospc.irq"
printf 'set_irqs msix trigger eventfd count=8 fds=e0\nexpect -ENOSPC\n' >"$tmp/nospc.irq"
check "and what it was asked to is expected" 0 ': ok' run --target emu:hostvecs=4 "$tmp/nospc.irq"
check "info foretells it" 0 '^host     vectors: the host has 4 in all' info --target emu:hostvecs=4
"$bin" info --target emu:hostvecs=4,intremap=0 --json "$tmp/i.json" >/dev/null 2>&1
result "in JSON, too: " "$(json "$tmp/i.json" host_limits 1 | grep -c 'hostvecs=4')" ""
"$bin" info --json "$tmp/i.json" >/dev/null 2>&1
result "and without a limit there is none" $(($(json "$tmp/i.json" host_limits | grep -c '^\[\]$') == 1)) ""
one_line "no program" 2 'no program named' run
one_line "a program that cannot be parsed" 2 'unreadable.irq:2: ' run "$tmp/unreadable.irq"
one_line "a program that is not there" 3 'none.irq.*No such file' run "$tmp/none.irq"
one_line "run: unwritable --json" 3 'cannot write /nonexistent/x.json' \
	run --json /nonexistent/x.json "$tmp/good.irq"
check "any bytes are a program" 0 'bytes: ok' run "$tmp/bytes"
"$bin" run - <"$tmp/good.irq" | grep -q '^-: ok, 4 operations'
result "- is stdin" $((1 - $?)) "not run"
"$bin" run --json - "$tmp/good.irq" "$tmp/wrong.irq" >"$tmp/run.json" 2>/dev/null
code=$?
[ "$code" = 1 ] && [ "$(json "$tmp/run.json" schema)" = irqstorm.run/1 ] &&
	[ "$(json "$tmp/run.json" programs 0 difference)" = None ] &&
	[ "$(json "$tmp/run.json" programs 1 difference kind)" = expect ]
result "run --json -" $((1 - $?)) "exit $code: $(head -c 200 "$tmp/run.json")"
[ "$("$bin" run "$tmp/fire.irq" | sed 's/.*digest //')" = \
	"$("$bin" run "$tmp/fire.irq" | sed 's/.*digest //')" ]
result "run repeats its digest" $((1 - $?)) "differs"
"$bin" run "$tmp/good.irq" >/dev/full 2>"$tmp/full.err"
code=$?
[ "$code" = 3 ] && grep -q 'No space left' "$tmp/full.err"
result "run: a full disk is an error" $((1 - $?)) "exit $code: $(cat "$tmp/full.err")"

# diff
check "diff on 6.12" 0 '^0 divergences' diff --ops 20k --seed 1 --quiet
check "diff on 6.1" 0 '^0 divergences' diff --ops 20k --seed 1 --quiet --target emu:profile=6.1
for sub in "diff --ops 100k --seed 1" "explore --depth 3"; do
	check "a device that dies under ${sub%% *} is no difference" 3 \
		'irqstorm: the device does not answer: a planted fault' $sub --quiet --target emu:fault=die:2
done
printf 'set_irqs msix trigger eventfd fds=e0\nfire msix 0\nread e0\n' >"$tmp/dies.irq"
check "nor is what it does not send in a program" 3 'the device does not answer' \
	run --target emu:fault=die:1 "$tmp/dies.irq"
check "diff echoes its seed" 0 'seed +0x2a' diff --ops 1k --seed 42 --quiet
one_line "diff: --ops 0" 2 '--ops 0' diff --ops 0
one_line "diff: bad seed" 2 'seed' diff --seed frob
check "diff finds a planted fault" 1 'DIFFERENCE \((counter|value|masked)\)' \
	diff --ops 50k --seed 1 --quiet --target emu:fault=drop:10
check "it does not blame the program that a counter happened to hit" 1 \
	'no program shows it alone on a new emulator. These [2-9] do' \
	diff --ops 100k --seed 3 --quiet --target emu:fault=drop:6
check "of many programs it says how far the fault had counted" 1 \
	'^  irqstorm run --target emu:fault=drop:5\+4 --trace FILE.irq$' \
	diff --ops 100k --seed 3 --quiet --length 2 --target emu:fault=drop:5
for sub in "diff --ops 100k --seed 3" "explore --depth 3"; do
	n=$("$bin" $sub --quiet --target emu:fault=drop:9 2>&1 | grep -c '^ *irqstorm ')
	result "${sub%% *} says once how to repeat it" $((n == 1)) "$n commands"
done
digest() {
	"$bin" diff --ops 20k --quiet "$@" 2>/dev/null | grep '^digest'
}
a=$(digest --seed 7)
[ -n "$a" ] && [ "$a" = "$(digest --seed 7)" ]
result "same seed, same digest" $((1 - $?)) "$a"
[ "$a" != "$(digest --seed 8)" ] && [ "$a" != "$(digest --seed 7 --target emu:profile=6.1)" ]
result "another seed or target, another digest" $((1 - $?)) "$a"
"$bin" diff --ops 20k --seed 3 --quiet --json "$tmp/d.json" --matrix "$tmp/d.csv" >/dev/null 2>&1
[ "$(json "$tmp/d.json" schema)" = irqstorm.diff/1 ] &&
	[ "$(json "$tmp/d.json" divergences)" = 0 ] && [ "$(json "$tmp/d.json" complete)" = True ] &&
	[ "$(json "$tmp/d.json" ops)" -ge 20000 ] && [ "$(json "$tmp/d.json" rules R53)" -gt 0 ]
result "diff --json FILE" $((1 - $?)) "$(head -c 300 "$tmp/d.json")"
head -1 "$tmp/d.csv" | grep -q 'index,action,type,start,count,fd,argsz,state' &&
	[ "$(wc -l <"$tmp/d.csv")" -gt 10000 ] && grep -q ',0$' "$tmp/d.csv"
result "diff --matrix FILE has what was never hit" $((1 - $?)) "$(head -2 "$tmp/d.csv")"
"$bin" diff --ops 1k --quiet --json - 2>/dev/null |
	python3 -c 'import json, sys; json.load(sys.stdin)'
result "diff --json - puts JSON alone on stdout" $((1 - $?)) "does not parse"
"$bin" diff --ops 50k --seed 1 --quiet --json "$tmp/f.json" --target emu:fault=drop:10 \
	>/dev/null 2>&1
json "$tmp/f.json" first_divergence program >"$tmp/found.irq" && [ -s "$tmp/found.irq" ] &&
	"$bin" run "$tmp/found.irq" | grep -q ': ok'
result "the program of a divergence can be run" $((1 - $?)) "$(head -3 "$tmp/found.irq")"
"$bin" diff --ops 1k --quiet --json /dev/full >/dev/null 2>"$tmp/full.err"
code=$?
[ "$code" = 3 ] && grep -q 'No space left' "$tmp/full.err"
result "diff: a full disk is an error" $((1 - $?)) "exit $code: $(cat "$tmp/full.err")"
one_line "diff: unwritable --matrix" 3 'cannot write /nonexistent/x.csv' \
	diff --ops 1k --matrix /nonexistent/x.csv

"$bin" diff --ops 100G --seed 1 --quiet --json "$tmp/int.json" >"$tmp/int.txt" 2>&1 &
pid=$!
sleep 1
kill -INT $pid
wait $pid
code=$?
[ "$code" = 130 ] && [ "$(json "$tmp/int.json" complete)" = False ] &&
	[ "$(json "$tmp/int.json" ops)" -gt 0 ] && grep -q '^STOPPED  by SIGINT: .* of 100,000,000,000 operations are done' "$tmp/int.txt"
result "SIGINT keeps what diff has so far" $((1 - $?)) "exit $code: $(head -3 "$tmp/int.txt")"

# explore
check "explore is complete" 0 'to depth 2, equal states merged.*' explore --depth 2 --quiet
check "explore finds nothing" 0 '^0 divergences' explore --depth 2 --quiet --no-merge
check "explore finds a planted fault" 1 'DIFFERENCE \((counter|masked)\)' \
	explore --depth 3 --quiet --target emu:fault=drop:4
one_line "explore: --depth 0" 2 '--depth 0' explore --depth 0
one_line "explore: --depth 17" 2 '--depth 17' explore --depth 17
"$bin" explore --depth 2 --quiet --json "$tmp/e.json" >/dev/null 2>&1
[ "$(json "$tmp/e.json" schema)" = irqstorm.explore/1 ] &&
	[ "$(json "$tmp/e.json" complete)" = True ] && [ "$(json "$tmp/e.json" states)" -gt 100 ]
result "explore --json FILE" $((1 - $?)) "$(head -c 300 "$tmp/e.json")"
[ "$("$bin" explore --depth 2 --quiet | grep ^digest)" = \
	"$("$bin" explore --depth 2 --quiet | grep ^digest)" ]
result "explore repeats its digest" $((1 - $?)) "differs"

finish
