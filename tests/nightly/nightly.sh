#!/bin/bash
# SPDX-License-Identifier: MIT
# irqstorm nightly from the outside: nights of seconds, on the emulator and with a toy for a fuzz
# target: what is new, known and gone, kills and signals, the page, old nights, full disks.
#   nightly.sh IRQSTORM SOURCE
set -u
. "$(dirname "$0")/../lib.sh"
. "$here/../cli/check.sh"
bin=$1 source=$2
folder work
pid=
at_end() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null
	mountpoint -q "$work/small" && umount "$work/small"
}
cd "$work" || exit 3

cat >tiny.gate <<-EOT
	[random]
	kind = diff
	ops = 2k

	[stress]
	kind = stress
	strategy = dynamic
	duration = 50ms
	rate = max
	vectors = 8
	fires = 500
EOT
is() { # NAME WANT GOT
	result "$1" "$([ "$2" = "$3" ] && echo 1 || echo 0)" "'$3', not '$2'"
}
has() { # NAME REGEX FILE
	grep -Eq -- "$2" "$3"
	result "$1" "$((1 - $?))" "no '$2' in: $(cat "$3")"
}
nightly=("$bin" nightly --kernels none --gate tiny.gate)
night() { # ARGS...: $code, and its output in out, err
	"${nightly[@]}" "$@" >out 2>err
	code=$?
}
newest() { # OUT: the newest night's folder
	ls -d "$1"/nights/* | tail -1
}

one_line "a night wants a folder" 2 '--out is missing' nightly
one_line "steps that there are none of" 2 "no step 'nonsense'" nightly --list --steps gate,nonsense
one_line "a time that is none" 2 '--hours 3x' nightly --out none --hours 3x
one_line "known only with a note" 2 '--note' nightly --out none --known a
one_line "a finding that nobody has" 2 "no finding 'a:b'" nightly --out none --known a:b --note why
check "nightly --help" 0 'usage: irqstorm nightly' nightly --help
long=$("$bin" nightly --help | awk 'length($0) > 80' | head -1)
result "nightly --help fits 80 columns" "$([ -z "$long" ] && echo 1 || echo 0)" "$long"

# What the plan has, and what it says of what is missing.
"$bin" nightly --list --fuzz-dir /none --afl-dir /none --zoo /none --source /none >list
for f in "$source"/fuzz/fuzz_*.c; do
	name=$(basename "$f" .c)
	[ "$name" = fuzz_empty ] || echo "campaign-libfuzzer-$name"
done | sort >want
grep -o '^campaign-libfuzzer-[a-z_]*' list | sort | cmp -s want -
result "every fuzz target has a campaign" "$((1 - $?))" "$(cat list)"
for why in 'campaign-afl-fuzz_irq_program .*no fuzz target' 'zoo-libfuzzer .*no build of preset zoo:' 'zoo-afl .*no build of preset zoo-afl:' \
	'mutants .*needs the source tree' 'builds .*needs the source tree' 'long .*needs the source tree'; do
	has "what is missing is named: ${why%% *}" "^$why" list
done
PATH=/none "$bin" nightly --list >list
has "and so is QEMU" '^diff-debian-6.12 .*no qemu-system-x86_64: apt-get install' list
has "for the gate, too" '^gate-debian-6.1 .*no qemu-system-x86_64: apt-get install' list
"$bin" nightly --list --gate tiny.gate >list
is "a gate that asks for no kernel is in none" 1 "$(grep -c '^gate' list)"
printf '[a]\nkind = diff\nfires = 3\n' >bad.gate
one_line "a bad gate is told before the night" 2 'bad.gate:3: ' nightly --list --gate bad.gate

# The scenarios that ask for a kernel, and no others: with one that is none, as a boot takes long.
printf '[here]\nkind = diff\n[there]\nkind = diff\nguest = asked\n[a-b]\nkind = corpus\nguest = asked\n' >asks.gate
echo 'no kernel' >bzImage-1
"$bin" nightly --out asks --kernels ./bzImage-1 --gate asks.gate --steps gate-bzImage-1 --plant fault=drop:2 \
	--fuzz-dir /none >out 2>err
is "a kernel that does not boot is an error" 3 $?
argv=$(json "$(newest asks)/night.json" steps 0 argv)
[[ $argv == *"'--guest', './bzImage-1', '--only', 'there,a-b', '--file', 'asks.gate', '--seed'"* ]]
result "the gate is given the kernel, and what asks for it" "$((1 - $?))" "$argv"
has "and says what is wrong with it" '^error  gate-bzImage-1: .*there|not a bzImage' out

# A quiet night.
night --out quiet --hours 1s --steps gate,diff,mutants,zoo --source /none --zoo /none --seed 5
is "a night without a finding is exit code 0" 0 $code
has "the verdict comes first" '^PASS  0 new, 0 known, 0 gone; steps: 3 pass, 3 skipped; seed 0x5$' <(head -1 out)
has "what was skipped is said" '^skipped  zoo-libfuzzer: no build of preset zoo' out
is "one line of history" 1 "$(wc -l <quiet/history.jsonl)"
rate=$(json quiet/history.jsonl figures diff/emu-6.12/ops_per_s 2>&1)
result "with its figures" "$(awk "BEGIN { print ($rate + 0 > 0) }")" "$rate"
is "night.json says what was run" "gate" "$(json "$(newest quiet)/night.json" steps 0 argv 0)"

# One that sees something, and how it is told the next times.
night --out loud --hours 1s --steps gate,diff-emu-6.12 --plant fault=drop:2 --seed 1
is "a night with a finding is exit code 1" 1 $code
has "a fault of the gate is new" '^NEW   gate:stress:dynamic:lost: [1-9][0-9]* lost unexplained' out
has "and one of diff, by its key" '^NEW   [a-z]*:[R0-9-]*:[a-z_/]*: ' out
result "in 15 lines" "$(awk 'END { print (NR <= 15) }' out)" "$(cat out)"
repeats=$(sed -n 's/^ *irqstorm run //p' out)
is "two come with a command" 2 "$(wc -w <<<"$repeats")"
for artifact in $repeats; do
	"$bin" run "$artifact" >repeat.out 2>&1
	code=$?
	is "which shows it again: $(basename "$(dirname "$artifact")")" 1 $code
done
first=$(newest loud)
night --out loud --hours 1s --steps gate,diff-emu-6.12 --plant fault=drop:2 --seed 1
is "what is known still fails a night" 1 $code
has "but is not new" '^FINDING  0 new, 2 known, 0 gone;' out
has "and is counted" '^known 2: gate:stress:dynamic:lost' out
"$bin" nightly --out loud --known gate:stress:dynamic:lost --note 'a lossy cable'
is "a finding is marked" 0 $?
night --out loud --hours 1s --steps gate --plant fault=drop:2 --seed 2
is "what is marked fails no night" 0 $code
has "and says so" '^known 1: gate:stress:dynamic:lost \(marked\)' out
night --out loud --hours 1s --steps gate,diff-emu-6.12 --seed 3
is "nothing is left" 0 $code
has "what has gone is told" '^gone  2: ' out
"$bin" nightly --out loud --forget gate:stress:dynamic:lost
night --out loud --hours 1s --steps gate --plant fault=drop:2 --seed 4
has "what was forgotten is new again" '^NEW   gate:stress:dynamic:lost' out
is "five lines of history" 5 "$(wc -l <loud/history.jsonl)"

# Old nights. Seeds grow, as names of one minute are in the order of seeds.
night --out loud --hours 1s --steps gate --keep 1 --seed 5
old=$(for d in loud/nights/*/; do ls "$d"; done | sort | uniq -c | tr -s ' \n' ' ')
is "of old nights only night.json and what a known finding needs stays" \
	" 1 diff-emu-6.12 2 gate 6 night.json " "$old"
artifact=$(python3 -c 'import json
print(*[f["artifact"] for f in json.load(open("loud/known.json"))["findings"]])')
for file in $artifact; do [ -f "loud/$file" ] || echo "$file"; done >gone
result "and every artifact of a known finding is there" "$([ ! -s gone ] && [ -n "$artifact" ] && echo 1)" "$(cat gone)"
[ -f "$first/night.json" ]
result "the first night is still on record" "$((1 - $?))" "$(ls loud/nights)"

# A campaign, of a toy that is called as a fuzz target is: its folder outlives the night.
mkdir toys
clang -O1 -fsanitize=fuzzer "$here/../campaign/toy_target.c" -o toys/fuzz_irq_program >build.log 2>&1
result "clang builds the toy" "$((1 - $?))" "$(tail -3 build.log)"
cp toys/fuzz_irq_program toys/fuzz_irq_device
"$bin" nightly --list --kernels debian:6.12 --fuzz-dir /none >list
has "a guest's fuzz target has to be there" '^device-debian-6.12 .*no fuzz target fuzz_irq_device .*preset fuzz-bare' list
"$bin" nightly --list --kernels debian:6.12 --fuzz-dir toys >list
has "and to be static" '^device-debian-6.12 .*fuzz_irq_device does not run in a guest, as it is not static' list
"$bin" nightly --list --fuzz-dir toys >list
has "a campaign on a device needs one" '^campaign-libfuzzer-fuzz_irq_device .*no device: IRQSTORM_TARGET' list
IRQSTORM_TARGET=emu "$bin" nightly --list --fuzz-dir toys >list
has "which the environment names" '^campaign-libfuzzer-fuzz_irq_device +runs' list
toy=(--out fuzzed --hours 2s --steps campaign-libfuzzer-fuzz_irq_program --fuzz-dir toys)
TOY='' night "${toy[@]}" --seed 3
is "a campaign that finds nothing" 0 $code
has "executions are a figure" '"campaign/libfuzzer/fuzz_irq_program/execs":[1-9]' fuzzed/history.jsonl
TOY=r night "${toy[@]}"
has "what it finds is new" '^NEW   fuzz_irq_program:return:R51:toy/range: ' out
has "with its folder" 'irqstorm run .*/fuzzed/campaign/libfuzzer-fuzz_irq_program/findings/' out
is "and fails the night" 1 $code
TOY='' night "${toy[@]}"
has "its folder stays, but what nothing hits any more has gone" '^gone  1: fuzz_irq_program:' out
TOY=i night "${toy[@]}"
has "what is no program is new, too" '^NEW   fuzz_irq_program:order:toy: ' out
has "with the command of its target" "^ +$work/toys/fuzz_irq_program $work/fuzzed/campaign/.*/input\$" out
sum=$(json fuzzed/campaign/libfuzzer-fuzz_irq_program/campaign.json sessions)
is "one campaign in four sessions" 4 "$sum"

# Killed in the middle, and gone on with.
"${nightly[@]}" --out killed --hours 20s --steps gate,diff --seed 9 >out 2>err &
pid=$!
for _ in $(seq 200); do
	grep -q 'step 2 of' err && break
	sleep 0.1
done
sleep 0.3
out=$("${nightly[@]}" --out killed --hours 1s --steps gate 2>&1)
code=$?
grep -q "process $pid)" <<<"$out" && [ $code = 3 ]
result "a folder in use is refused" "$((1 - $?))" "exit $code: $out"
kill -9 $pid
wait $pid 2>/dev/null
pid=
is "kill -9: the night is not over" running "$(json "$(newest killed)/night.json" state)"
is "what had ended is on record" pass "$(json "$(newest killed)/night.json" steps 0 state)"
[ ! -e killed/history.jsonl ]
result "and it is no history yet" "$((1 - $?))" "$(cat killed/history.jsonl 2>&1)"
echo '{"torn": ' | tr -d '\n' >killed/history.jsonl
python3 - "$(newest killed)/night.json" <<-'EOT'
	import json, sys
	night = json.load(open(sys.argv[1]))
	for step in night["steps"]:
	    if "limit_s" in step:
	        step["limit_s"] = 1
	json.dump(night, open(sys.argv[1], "w"))
EOT
night --out killed --hours 1s --steps gate
is "the next start goes on with it" 0 $code
has "and says so" '^goes on with the night .*0000000000000009' err
has "with what was left of it" 'step 2 of 3: diff-emu-6.12' err
result "and no more" "$(grep -q 'step 1 of' err || echo 1)" "$(cat err)"
is "one night" 1 "$(ls killed/nights | wc -l)"
is "in one line of history, after one that was torn" "1 2" \
	"$(grep -c '^{"schema"' killed/history.jsonl) $(wc -l <killed/history.jsonl)"

python3 - "$(newest killed)/night.json" <<-'EOT'
	import json, sys
	night = json.load(open(sys.argv[1]))
	night["state"] = "running"
	json.dump(night, open(sys.argv[1], "w"))
EOT
night --out killed --hours 1s --steps gate
is "killed when all but that was written: no second line of history" "0 2" "$code $(wc -l <killed/history.jsonl)"

# A signal, and what it leaves.
"${nightly[@]}" --out stopped --hours 1h --steps diff-emu-6.1 --seed 4 >out 2>err &
pid=$!
for _ in $(seq 100); do
	grep -q 'step 1 of' err && break
	sleep 0.1
done
sleep 0.3
kill -INT $pid
wait $pid
is "SIGINT before a step is done: exit code 130, as nothing was found" 130 $?
pid=
has "the summary says that it was stopped" '^STOPPED  by SIGINT: 0 of 1 steps are done, 0 skipped, 1 left' out
has "and how to go on" 'same command again' err
[ -f "$(newest stopped)/diff-emu-6.1/result.json" ]
result "the step has ended in good order" "$((1 - $?))" "$(ls -R "$(newest stopped)")"
night --out stopped --hours 1s --steps gate --new
has "--new begins another night" 'steps: 1 pass' out
is "and the other is left alone" left "$(json "$(ls -d stopped/nights/*0004)/night.json" state)"

mkdir stopped/nights/2020-01-01T0000Z-1
echo '{"schema": "irq' >stopped/nights/2020-01-01T0000Z-1/night.json
night --out stopped --hours 1s --steps gate
is "a night of long ago that is damaged keeps none from running" 0 $code
has "but is told" 'left alone: .*2020-01-01T0000Z-1/night.json is damaged' err

# The page, of nights with a change in them, and of findings.
mkdir trend
python3 "$here/history.py" trend
night --out trend --hours 1s --steps gate
python3 "$here/trend.py" trend/trend.html trend/history.jsonl trend/known.json >page
cat page
passed=$((passed + $(grep -c '^ok' page))) failed=$((failed + $(grep -c '^not ok' page)))
result "the page was looked at" "$(grep -q '^ok' page && echo 1)" "$(cat page)"

# planted CHECK SED: the page with a fault in it, which that check tells
planted() {
	sed "$2" trend/trend.html >broken.html
	python3 "$here/trend.py" broken.html trend/history.jsonl trend/known.json 2>&1 | grep -q "^not ok $1"
	result "a page would be told of which is not so: $1" "$((1 - $?))" \
		"$(cmp trend/trend.html broken.html && echo nothing was changed)"
}
planted 'the page is well formed' '0,/<\/table>/s///'
planted 'each picture is well-formed' '0,/<svg /s//<svg & /'
planted 'it opens on its trends' '0,/<details open>/s//<details>/'
planted 'each row has the command' 's/\(data-h="repeat with"[^>]*><code>\).*<\/code>/\1<\/code>/'
planted 'a row for each finding' '0,/<tr class="finding">/s//<tr>/'
planted 'numbers at axes' '0,/\(class="tick y"[^>]*>\)[^<]*/s//\1-0.5/'
planted 'links lead' 's/id="nights"/id="night"/'

# Tools that others have, played by scripts.
mkdir -p tree/tests/mutants
cat >tree/tests/mutants/mutants.py <<-'EOT'
	#!/bin/sh
	echo 'ok     one          return, 6.12, after 100 operations  (1.0 s)'
	echo 'not ok two          SURVIVES: R41: start does not matter  (1.0 s)'
	echo '1 passed, 1 failed, 0 skipped'
	exit 1
EOT
cat >zoo.sh <<-'EOT'
	#!/bin/sh
	while [ "$1" != --json ]; do shift; done
	echo '{"bugs": [{"median_s": 1}, {"median_s": 3}, {"median_s": null}], "found": 2, "total": 3}' >"$2"
	exit 1
EOT
chmod +x zoo.sh tree/tests/mutants/mutants.py
night --out tools --hours 1s --steps mutants,zoo-libfuzzer --source tree --zoo zoo.sh --seed 1
is "a mutant that survives fails a night" 1 $code
has "and is new, by name" '^NEW   mutant:two: SURVIVES: R41' out
has "with the command that tries it again" 'tests/mutants/mutants.py --only two' out
has "figures of the zoo and the mutants" 'zoo 2 of 3, mutants 1 of 2' out
is "a bug that the zoo's engine did not find does not" pass \
	"$(json "$(newest tools)/night.json" steps 0 state)"
is "the time of the others is a figure" 2 "$(json tools/history.jsonl figures zoo/libfuzzer/median_s)"
printf '#!/bin/sh\necho "guest kernel reported WARNING at vfio_pci_intrs.c:%d"\nexit 1\n' 417 >tree/tests/mutants/mutants.py
night --out tools --hours 1s --steps mutants --source tree
has "exit code 1 is a finding though no result says of what" '^NEW   mutants:guest-kernel-reported-WARNING-.*intrs.c:#: ' out
printf '#!/bin/sh\necho "irqstorm: the engine is not there"\nexit 3\n' >zoo.sh
night --out tools --hours 1s --steps zoo-libfuzzer --zoo zoo.sh
is "a step that cannot be run is exit code 3" 3 $code
has "and says why" '^error  zoo-libfuzzer: the engine is not there' out

# Builds want another root, and are told from the mutants.
cat >tree/tests/builds.sh <<-'EOT'
	#!/bin/sh
	echo 'ok readme-12'
	echo 'not ok gcc14-lto: exit 1, 0 warnings: error: x; see log'
	echo '1 passed, 1 failed, 0 skipped'
	exit 1
EOT
chmod +x tree/tests/builds.sh
mkdir -p path
printf '#!/bin/sh\n' >path/debootstrap
chmod +x path/debootstrap
PATH=/none "$bin" nightly --list --source tree >list
if [ "$(id -u)" = 0 ]; then
	has "what makes roots is named" '^builds .*no debootstrap: apt-get install debootstrap' list
	PATH=$PWD/path:$PATH night --out tools --hours 1s --steps builds --source tree
	has "a cell that fails is new, by name" '^NEW   build:gcc14-lto: exit 1, 0 warnings: error: x' out
	has "with the command that builds it again" 'tests/builds.sh --only gcc14-lto' out
	has "figures of the builds" 'builds 1 of 2' out
else
	has "who is not root is told" '^builds .*needs root' list
fi

# So do long tests, which want guests.
mkdir -p few
for program in clang cmake ninja; do
	ln -sf /bin/true few/$program
done
cat >tree/tests/long.sh <<-'EOT'
	#!/bin/sh
	echo 'ok release-storm_sim'
	echo 'not ok debug-storm_sim: the books differ'
	echo '1 passed, 1 failed, 0 skipped'
	exit 1
EOT
chmod +x tree/tests/long.sh
PATH=$PWD/few "$bin" nightly --list --source tree >list
has "what boots them is named" '^long .*no qemu-system-x86_64: apt-get install qemu-system-x86' list
night --out tools --hours 1s --steps long --source tree
is "a long test that fails fails a night" 1 $code
has "and is new, by name" '^NEW   test:debug-storm_sim: the books differ' out
has "with the command that runs it again" 'tests/long.sh --only debug-storm_sim' out
has "figures of the long tests" 'long tests 1 of 2' out

# And the unit tests of arm64.
cat >tree/tests/arm64.sh <<-'EOT'
	#!/bin/sh
	echo 'ok test_exec (qemu-user): 9 passed, 0 failed, 0 skipped'
	echo 'not ok test_vmm (qemu-user): exit 1: it differs'
	echo '1 passed, 1 failed, 0 skipped'
	exit 1
EOT
chmod +x tree/tests/arm64.sh
PATH=$PWD/few "$bin" nightly --list --source tree >list
has "what builds them is named" '^arm64 .*no aarch64-linux-gnu-gcc: apt-get install gcc-aarch64-linux-gnu' list
for program in aarch64-linux-gnu-gcc qemu-aarch64-static; do
	ln -sf /bin/true few/$program
done
PATH=$PWD/few:$PATH night --out tools --hours 1s --steps arm64 --source tree
has "one that fails is new, by name" '^NEW   test:test_vmm: .qemu-user.: exit 1: it differs' out
has "with the command that runs it again" 'tests/arm64.sh --only test_vmm' out
has "figures of arm64" 'arm64 tests 1 of 2' out

# A guest of another architecture wants its own QEMU, and has a name of its own.
PATH=$PWD/few "$bin" nightly --list --kernels debian:7.3/arm64,debian:6.12/arm64 >list
has "a kernel of arm64 wants its QEMU" '^diff-debian-7.3-arm64 .*no qemu-system-aarch64: apt-get install qemu-system-arm' list
has "each by name" '^diff-debian-6.12-arm64 ' list

# Where nothing can be written.
check "a folder that cannot be made" 3 'cannot make the folder /proc/none' nightly --out /proc/none/x
if mkdir small && mount -t tmpfs -o size=3m tmpfs small 2>/dev/null; then
	night --out small/n --hours 1s --steps gate --seed 6
	is "a small disk is enough" 0 $code
	cp small/n/history.jsonl before
	head -c 2200k /dev/zero >small/fill
	night --out small/n --hours 1s --steps gate,diff --seed 7
	is "a full disk is exit code 3" 3 $code
	has "in words" 'no space left' err
	cmp -s before small/n/history.jsonl
	result "what was finished is as it was" "$((1 - $?))" "$(cat small/n/history.jsonl)"
	rm small/fill
	night --out small/n --hours 1s --steps gate
	has "and with room the night goes on" '^goes on with the night .*0000000000000007' err
	is "to its end" 0 $code
	umount small
fi
finish
