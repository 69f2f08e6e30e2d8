#!/bin/bash
# SPDX-License-Identifier: MIT
# irqstorm gate from the outside: verdicts on planted faults, files, errors, signals.
# Usage: gate.sh IRQSTORM CORPUS [times]; without `times` nothing that depends on time is judged.
set -u
. "$(dirname "$0")/../lib.sh"
bin=$1 corpus=$2 times=${3:-}
folder tmp
. "$here/../cli/check.sh"
. "$here/../guest/images.sh"
cd "$tmp" || exit 3
unset GITHUB_ACTIONS

cat >short.gate <<-EOT
	[rules]
	kind = corpus
	programs = rules/intx_automask.irq rules/msi_then_msix.irq

	[random]
	kind = diff
	ops = 5k

	[fuzz]
	kind = fuzz
	ops = 5k

	[stress]
	kind = stress
	strategy = dynamic swap
	duration = 100ms
	rate = max
	vectors = 8
	fires = 3k

	[woken]
	kind = latency
	slice = 30ms
	rounds = 6

	[saved]
	kind = latency
	slice = 10ms
	rounds = 6
	noise_limit = 1000

	[resize]
	kind = latency
	strategy = dynamic
	vectors = 8
	rate = 5k
	resize_rate = 5k
	metrics = resize_p50
	slice = 30ms
	rounds = 6
EOT
gate() { # ARGS...: $code, and the output in $out
	out=$("$bin" gate --quiet --file short.gate --corpus "$corpus" "$@" 2>&1)
	code=$?
}

# is NAME CODES REGEX: $code is one of them, and $out matches
is() {
	[[ " $2 " == *" $code "* ]] && echo "$out" | grep -Eq -- "$3"
	result "$1" $((1 - $?)) "exit $code, not $2, or no '$3' in: $out"
}

printf '[a]\nkind = diff\nfires = 3\n' >bad.gate
one_line "an error in the file names its line" 2 'bad.gate:3: kind diff has no key .fires.' gate --file bad.gate
printf '[a]\nkind = latency\nmetrics = resize_p50\n' >bad.gate
one_line "a metric that cannot be measured is one" 2 'bad.gate:3: resize_p50 cannot be measured: strategy none' \
	gate --list --file bad.gate
one_line "a file that is not there" 3 'nowhere.gate' gate --file nowhere.gate
one_line "a binary that is not there" 3 'not a program' gate --against ./nothing
one_line "a binary that is no irqstorm, at once" 2 'no irqstorm: with --version it says "true ' gate --against /bin/true
one_line "one that says another name" 2 'no irqstorm: with --version it says "echo ' gate --against /bin/echo
one_line "one thing to compare with, not two" 2 'one of them' gate --against "$bin" --baseline bad.gate
one_line "a baseline that is none" 3 '--save-baseline writes one' gate --baseline bad.gate
one_line "a folder that is none" 3 'not a folder' gate --corpus ./nothing
one_line "unwritable --junit" 3 'cannot write /nonexistent/x.xml' gate --junit /nonexistent/x.xml
mkdir empty && echo '# nothing' >empty/empty.irq
printf '[empty]\nkind = corpus\nprograms = %s\n' "$tmp/empty/empty.irq" >empty.gate
check "programs of which nothing was run are skipped" 4 '^SKIPPED ' gate --quiet --file empty.gate
check "the scenarios that are part of irqstorm" 0 '^guest-stress +stress +vfio:auto in guest asked' gate --list
check "gate --help" 0 'usage: irqstorm gate' gate --help
long=$("$bin" gate --help | awk 'length($0) > 80' | head -1)
[ -z "$long" ]
result "gate --help fits 80 columns" $((1 - $?)) "$long"

one_line "a planted fault of no strength" 2 'slow-resize:PERCENT' stress --target emu:fault=slow-resize:0
"$bin" stress --quiet --target emu:fault=slow-resize:400 --resize dynamic --vectors 8 --duration 100ms \
	--json slow.json >/dev/null 2>&1
[ "$(json slow.json planted slow-resize)" -ge 1 ]
result "slower calls are planted and counted" $((1 - $?)) "$(cat slow.json)"

gate --seed 5 --json ok.json --junit ok.xml
is "a build without faults passes" 0 '^PASS  short.gate: 5 of 5 checks pass'
is "without a baseline latency is not judged" 0 'not judged: nothing to compare with'
[ "$(echo "$out" | grep -vc '^seed')" -le 15 ] && ! ls -d irqstorm-gate-* >/dev/null 2>&1
result "15 lines at most, and no folder left" $((1 - $?)) "$out $(ls)"
[ "$(json ok.json schema) $(json ok.json exit_code) $(json ok.json checks 3 name)" = \
	"irqstorm.gate/1 0 stress:dynamic" ]
result "the JSON has the checks" $((1 - $?)) "$(cat ok.json)"
[ "$(json ok.json planned)" = 5 ]
result "and how many there were to be" $((1 - $?)) "$(json ok.json planned)"
python3 -c 'import sys, xml.etree.ElementTree as x
s = x.parse(sys.argv[1]).getroot()
assert (s.get("tests"), s.get("failures"), len(s)) == ("5", "0", 5), s.attrib' ok.xml
result "the JUnit file has them too" $((1 - $?)) "$(cat ok.xml)"
seed=$(json ok.json checks 4 seed)
for unknown in nope stress:nope 'nope*'; do
	gate --only "rules,$unknown"
	is "--only with $unknown behind a name that there is" 2 "--only ${unknown%\\*}\\*?: there is no such check; there are rules, random"
done
gate --only nope
is "--only with no other name" 2 '--only nope: there is no such check'
gate --seed 5 --only stress:swap --json one.json
[ "$(json one.json planned)" = 1 ]
result "--only plans what it names" $((1 - $?)) "$(json one.json planned)"
[ "$(json one.json checks 0 seed)" = "$seed" ]
result "a check alone has the seed it has among others" $((1 - $?)) "$seed, $(cat one.json)"

gate --only 'stress' --plant-b fault=drop:1000@stress:swap --out kept
is "a planted loss fails, in the check it is planted in" 1 'fail +stress:swap: [0-9]+ lost unexplained, 0 spurious'
[ "$(echo "$out" | grep -c '^fail')" = 1 ] && [ -s kept/stress.swap.json ] && [ -s kept/stress.swap.log ] &&
	[ ! -e kept/stress.dynamic.json ]
result "what failed is kept, and nothing else" $((1 - $?)) "$out $(ls kept)"
repeat=$(echo "$out" | sed -n 's/^  repeat: irqstorm //p')
$bin $repeat --quiet >/dev/null 2>&1
[ $? = 1 ]
result "the command that repeats it finds it again" $((1 - $?)) "$repeat"
repeat=$(echo "$out" | sed -n 's/^repeat  *irqstorm //p')
eval "$bin $repeat --quiet" >/dev/null 2>&1
[ $? = 1 ]
result "and so does the one for the whole gate" $((1 - $?)) "$repeat"
gate --only stress:dynamic --plant-b fault=double:500
is "a planted extra interrupt fails" 1 '[1-9][0-9]* spurious'
gate --only stress:dynamic --plant-b fault=misroute:500
is "a planted misrouted one fails" 1 '[1-9][0-9]* misrouted'

printf 'irq_info msix\nexpect -EINVAL\n' >wrong.irq
printf '[mine]\nkind = corpus\nprograms = %s/wrong.irq\n' "$tmp" >wrong.gate
out=$(GITHUB_ACTIONS=true "$bin" gate --quiet --file wrong.gate 2>&1)
code=$?
is "a program that differs fails" 1 'fail +mine: .*wrong.irq: '
is "and is annotated where GitHub runs" 1 '^::error title=irqstorm gate fail mine::.*%0Arepeat: irqstorm run'
rm -rf irqstorm-gate-*

printf '[d]\nkind = diff\nops = 5k\ntarget = emu:fault=drop:1\n' >drop.gate
out=$("$bin" gate --quiet --seed 5 --file drop.gate --out kept 2>&1)
code=$?
is "a divergence fails" 1 'fail +d: [a-z]+: '
repeat=$(echo "$out" | sed -n 's/^  repeat: irqstorm //p')
$bin $repeat >/dev/null 2>&1
[ $? = 1 ] && [ "$(wc -l <kept/d.irq)" -lt 10 ]
result "its program is kept, made short, and shows it again" $((1 - $?)) "$repeat: $(cat kept/d.irq)"

printf '[a]\nkind = stress\nstrategy = dynamic\ntarget = emu:profile=6.1\n' >cannot.gate
out=$("$bin" gate --quiet --file cannot.gate 2>&1)
code=$?
is "what the target cannot do is skipped" 4 'skipped +a:dynamic: .*NORESIZE'
printf '[a]\nkind = stress\nstrategy = none\nrate = 1k\nduration = 50ms\nfires = 100k\nattempts = 1\n' >few.gate
out=$("$bin" gate --quiet --file few.gate 2>&1)
code=$?
is "too few fires are no verdict" 5 'not trustworthy a:none: only [0-9]+ fires of the 100,000 wanted'
printf '[a]\nkind = diff\ntarget = emu:colour=red\n' >target.gate
out=$("$bin" gate --quiet --file target.gate 2>&1)
code=$?
is "a target that is none is an error of usage" 2 "unknown key 'colour'"
rm -rf irqstorm-gate-*

printf '[a]\nkind = stress\nstrategy = none\nduration = 60s\n[b]\nkind = diff\n' >long.gate
"$bin" gate --quiet --file long.gate --json stop.json >stop.txt 2>&1 &
pid=$!
sleep 1
kill -INT $pid
wait $pid
code=$? out=$(cat stop.txt)
is "Ctrl-C ends it with what is known" 130 'STOPPED  by SIGINT: 0 of 2 checks are done'
[ "$(json stop.json planned)" -gt "$(grep -c '"says"' stop.json)" ] || [ "$(json stop.json planned)" = 5 ]
result "what was stopped says how much was planned" $((1 - $?)) "$(cat stop.json)"
[ "$(json stop.json verdict) $(json stop.json complete)" = "stopped False" ]
result "and says so in its JSON" $((1 - $?)) "$out $(cat stop.json)"
[ -z "$(pgrep -P $pid)" ] && ! ls -d irqstorm-gate-* >/dev/null 2>&1
result "and leaves nothing behind" $((1 - $?)) "$(ls)"

[ -n "$times" ] || finish

# A verdict about time is one of two on a machine that others use: the right one, or none.
gate --only resize --against "$bin" --json times.json
is "a build is not slower than itself" "0 5" 'resize:resize_p50:? .*n 12 and 6'
[ "$(json times.json checks 0 n_baseline)" = 12 ] && [ -n "$(json times.json checks 0 noise)" ]
result "the figures are in the JSON" $((1 - $?)) "$(cat times.json)"
printf '[a]\nkind = latency\nstrategy = dynamic\nvectors = 2\nresize_rate = 1\nmetrics = resize_p50
rounds = 6\nslice = 20ms\n' >none.gate
out=$("$bin" gate --quiet --file none.gate --against "$bin" 2>&1)
code=$?
is "slices that measure nothing are no verdict" 5 'only 0 rounds of 12 in which every slice'
gate --only woken --against "$bin" --plant-b latency:400
is "a planted delay does not pass" "1 5" 'woken:response_p50:'
gate --only resize --against "$bin" --plant-b fault=slow-resize:400
is "a planted slower resize does not pass" "1 5" 'resize:resize_p50:'
(while :; do :; done) &
burner=$!
gate --only resize --against "$bin"
kill $burner
is "a busy machine does not make a build fail" "0 5" 'resize:resize_p50'

# [saved] bears any noise, so that there is a baseline whatever else the machine does. From the one
# that a build of a thousandth of its latency would have saved, and from one of a thousand times,
# this build differs by more than any noise.
trusted() { # ARGS...: as gate, and longer on a machine that has no time for its slices
	local slice
	for slice in 10 40 160 640; do
		sed -i "/^\[saved\]/,/^\$/s/slice = .*/slice = ${slice}ms/" short.gate
		gate "$@"
		[ "$code" = 5 ] || break
	done
}
trusted --only saved --save-baseline base.json
is "a baseline is saved" 0 'saved:response_p50 .*of the control'
[ "$(json base.json schema) $(json base.json latencies 0 name)" = "irqstorm.baseline/2 saved:response_p50" ]
result "the file has what was measured" $((1 - $?)) "$(head -c 300 base.json)"
times() { # FACTOR FILE
	python3 -c 'import json, sys
b = json.load(open("base.json"))
for l in b["latencies"]:
    l["ratio"] = [r * float(sys.argv[1]) for r in l["ratio"]]
    l["median_ns"] *= float(sys.argv[1])
json.dump(b, open(sys.argv[2], "w"))' "$1" "$2"
}
times 0.001 base-fast.json
times 1000 base-slow.json
gate --only saved,resize --baseline base-slow.json
is "a build that is faster than the baseline passes" 0 'saved:response_p50 .*n 12 and 12'
is "what is not in the file is skipped" 0 'skipped +resize:resize_p50: not in the baseline'
gate --only saved --baseline base-fast.json --json fast.out
is "a build that is slower fails" 1 'fail +saved:response_p50: \+[0-9.]+ %.* n 12 and 12'
[ "$(json fast.out checks 0 looks fail)" = 2 ]
result "as two looks showed" $((1 - $?)) "$(cat fast.out)"
gate --only woken --baseline base.json
is "a check that the file lacks is no pass" 4 'skipped +woken:response_p50: not in the baseline'
gate --only random --save-baseline none.json
is "a baseline of nothing is an error" 3 'save-baseline none.json: not written'
[ ! -e none.json ]
result "and leaves no file" $((1 - $?)) "$(cat none.json 2>&1)"

# With an engine: a toy that is called as a fuzz target is.
mkdir toys
clang -O1 -fsanitize=fuzzer "$here/../campaign/toy_target.c" -o toys/fuzz_irq_interleave >build.log 2>&1
result "clang builds the toy" $((1 - $?)) "$(tail -3 build.log)"
printf '[f]\nkind = fuzz\nduration = 1s\nops = 1k\n' >fuzz.gate
engine() { # ARGS...: as gate
	out=$("$bin" gate --quiet --seed 3 --file fuzz.gate "$@" 2>&1)
	code=$?
}
finds() { # ARGS...: as engine, and again where it had no time to find anything
	for _ in 1 2 3 4 5 6 7 8; do
		engine "$@"
		[ "$code" = 0 ] || break
	done
}
TOY='' engine --fuzz-dir toys --json fuzz.json
is "fuzzing that finds nothing passes" 0 '^rules +f [0-9,]+ executions: 0 differences'
[ "$(json fuzz.json checks 0 unit)" = executions ] && [ "$(json fuzz.json checks 0 n)" -gt 100 ] &&
	! ls -d irqstorm-gate-* >/dev/null 2>&1
result "and says how much it was, and leaves nothing" $((1 - $?)) "$(cat fuzz.json; ls)"
TOY=r finds --fuzz-dir toys --out fuzzed
is "what it finds fails the gate" 1 'fail +f: return: a <range>'
is "with all that repeats the gate" 1 '^repeat +irqstorm gate --file fuzz.gate --fuzz-dir toys --seed 0x3$'
repeat=$(echo "$out" | sed -n 's/^  repeat: irqstorm //p')
[ "$repeat" = run\ fuzzed/f.campaign/findings/return_R51_toy_range ] && $bin $repeat 2>&1 | grep -q 'irq_info msix'
result "its folder is kept, and irqstorm run takes it" $((1 - $?)) "$repeat: $($bin $repeat 2>&1)"
engine --fuzz-dir ./nothing
is "a folder without the target is an error" 3 'error +f: exit code 3: .*no fuzz target fuzz_irq_interleave'
engine
is "without one random programs take its place" 0 '^rules +f [0-9,]+ operations: 0 differences'

# For kernels: without one, and with one that is none.
printf '[g]\nkind = fuzz\nguest = asked\nops = 1k\n' >guest.gate
out=$("$bin" gate --quiet --file guest.gate 2>&1)
code=$?
is "a gate for kernels without one says what it wants" 4 'irqstorm: nothing to run: .*--guest K'
echo 'no kernel' >bzImage
out=$("$bin" gate --quiet --file guest.gate --guest ./bzImage --fuzz-dir toys --out guests 2>&1)
code=$?
is "a kernel that does not boot is an error" 3 'error +g: exit code 3: .*not a bzImage'
is "a guest has random programs in place of an engine" 3 \
	'^  repeat: irqstorm guest --kernel ./bzImage --devices ivshmem -- diff --target emu --ops 1000 '
bzimage 6.99.9-amd64 >bzImage
printf '#!/bin/sh\necho "qemu: cannot start" >&2\nexit 1\n' >qemu
chmod +x qemu
out=$(IRQSTORM_QEMU=./qemu "$bin" gate --quiet --file guest.gate --guest ./bzImage --out guests 2>&1)
code=$?
is "a guest that ends at once is an error" 3 'error +g: exit code 3: .*qemu: cannot start'
[ -e guests/g.kernel.log ] && ! ls ./irqstorm-guest-* >/dev/null 2>&1
result "the kernel's log is kept where all that failed is" $((1 - $?)) "$(ls . guests)"
finish
