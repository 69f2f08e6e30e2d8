#!/bin/bash
# SPDX-License-Identifier: MIT
# `irqstorm run` of what other runs left behind.
#   artifact.sh IRQSTORM CORPUS
set -u
. "$(dirname "$0")/../lib.sh"
bin=$1 corpus=$2
. "$here/check.sh"
folder work
short="--duration 200ms --vectors 8 --quiet --no-control"

"$bin" stress $short --target emu:fault=drop:10 --seed 11 --json "$work/lost.json" >/dev/null 2>&1
check "a loss is lost again" 1 'FINDING  lost [1-9]' run "$work/lost.json"
check "by the command in the result" 1 'repeating: irqstorm stress .*fault=drop:10 .*--seed 0xb' \
	run "$work/lost.json"
"$bin" stress $short --resize dynamic --json "$work/good.json" >/dev/null 2>&1
check "a good run is repeated, too" 0 '^PASS  0 lost' run "$work/good.json"
check "a finding outranks the rest" 1 'PASS' run "$work/lost.json" "$work/good.json"

cat >"$work/grow.irq" <<'EOF'
set_irqs msix trigger eventfd fds=e0,e1
set_irqs msix trigger eventfd start=2 fds=e2
set_irqs msix trigger none count=0
EOF
(cd "$work" && "$bin" stress $short --resize program:grow.irq --json script.json >/dev/null 2>&1)
rm "$work/grow.irq"
check "a result carries the program that resized" 0 '^PASS.*' run "$work/script.json"
left=$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'irqstorm-*.irq' -newer "$work/script.json" 2>/dev/null | wc -l)
result "and nothing of it stays" $((left == 0)) "$left files"

cat >"$work/wrong.irq" <<'EOF'
set_irqs msix trigger eventfd fds=e0
expect -EINVAL
fire msix 0
EOF
"$bin" run --json "$work/run.json" "$work/wrong.irq" >/dev/null 2>&1
rm "$work/wrong.irq"
check "a difference carries its program" 1 'DIFFERENCE \(expect\) after operation 2' run "$work/run.json"
# The counter of the fault outlives programs: the last of them is innocent.
"$bin" diff --ops 100k --seed 3 --target emu:fault=drop:6 --quiet --json "$work/several.json" \
	--save "$work/last.irq" >"$work/several.out" 2>/dev/null
check "a difference of several programs is shown by all of them" 1 '^[2-9] programs: 1 differ' \
	run "$work/several.json"
check "and not by the last alone" 0 ': ok,' run --target emu:fault=drop:6 "$work/last.irq"
grep -q '^# depends on earlier programs: the programs that ran before are in' "$work/last.irq"
result "which says so" $((1 - $?)) "$(head -n 3 "$work/last.irq")"
check "the others are beside it" 1 '^[2-9] programs: 1 differ' \
	run --target emu:fault=drop:6 "$work"/last.irq.sequence/*.irq
"$bin" diff --ops 2k --seed 3 --quiet --json "$work/diff.json" >/dev/null 2>&1
check "no finding, nothing to repeat" 0 'nothing to repeat' run "$work/diff.json"

guest=$(find "$corpus/fuzz_msix_guest" -name '*.guest' | sort | head -1)
check "a guest's program runs" 0 'ok, [0-9]+ operations under .*digest' run "$guest"
check "with a line for each operation" 0 ' 1  [a-z-]+ .*raised [0-9]+, came [0-9]+' run --trace "$guest"
n=$("$bin" run --trace "$guest" | grep -c ' raised ')
ops=$("$bin" run "$guest" | sed 's/.*: ok, \([0-9]*\) op.*/\1/')
result "for all of them" $((n == ops)) "$n of $ops"
check "as JSON" 0 '"schema": "irqstorm.run/1"' run --json - "$guest"
"$bin" run --repeat 3 --json "$work/guest.json" "$guest" >/dev/null 2>&1
result "so often" $(($(json "$work/guest.json" programs 0 runs) == 3)) ""
result "and its text is there, too" "$(grep -c '"delivered": [1-9]' "$work/guest.json")" ""
check "beside another program" 0 '2 programs: 0 differ' run "$guest" "$corpus/rules/msix_set_again_uses_the_same_irq.irq"
one_line "it takes no other device" 2 'says itself what its device is' run --target vfio:auto "$guest"
one_line "not even an emulated one" 2 '--target emu:vectors=3: a guest' run --target emu:vectors=3 "$guest"
check "what it says itself may be said" 0 ': ok, ' run --target emu "$guest"
printf 'strategy dynamic\nprofile 6.1\nload 1\n' >"$work/old.guest"
check "a strategy that the kernel cannot play is skipped" 4 'skipped: strategy dynamic: profile 6.1 .*NORESIZE' \
	run "$work/old.guest"
"$bin" run --json "$work/old.json" "$work/old.guest" >/dev/null 2>&1
result "in JSON with the reason" "$(json "$work/old.json" programs 0 skip | grep -c NORESIZE)" ""
sed -i 's/6.1$/6.12/' "$work/old.guest"
check "on another it is played" 0 ': ok, 1 operations under dynamic' run "$work/old.guest"
cat >"$work/found.json" <<'EOF'
{"schema": "irqstorm.run/1", "programs": [{"program": "x.guest", "difference": {
	"key": "guest:lost:upfront", "what": "w", "verdict": "finding",
	"program": "strategy upfront\nload 1\nfire 0\n", "program_name": "x.guest",
	"repeat": "irqstorm run x.guest"}}]}
EOF
check "a finding in JSON is repeated as a guest's program" 0 'guest: ok, 2 operations under upfront' \
	run "$work/found.json"
for o in "--target emu" "--trace" "--repeat 2" "--bug B01" "--json $work/again.json"; do
	one_line "a result takes no ${o%% *}" 2 "run.json: ${o%% *}: a result is repeated by" \
		run $o "$work/run.json"
done
echo 'strategy nosuch' >"$work/bad.guest"
one_line "a bad one is told by line" 2 'bad.guest:1' run "$work/bad.guest"
one_line "one that is not there" 3 'No such file' run "$work/none.guest"

mkdir "$work/finding" "$work/empty"
printf 'set_irqs msix trigger eventfd fds=e0\nexpect -EBUSY\n' >"$work/finding/program.irq"
check "the folder of a finding" 1 'DIFFERENCE \(expect\)' run "$work/finding"
cp "$work/finding/program.irq" "$work/finding/minimized.irq"
check "and its shorter form before" 1 'minimized.irq: DIFFERENCE' run "$work/finding"
mkdir "$work/device"
printf 'set_irqs msix trigger eventfd fds=e0\nfire msix 0\n' >"$work/device/program.irq"
check "it runs on an emulator" 0 'ok, 2 operations' run "$work/device"
printf 'emu:fault=drop:1' >"$work/device/target"
check "or on what it says itself" 1 'DIFFERENCE \(counter\)' run "$work/device"
check "unless another is named" 0 'ok, 2 operations' run --target emu "$work/device"
"$bin" run --json "$work/folder.json" --repeat 2 "$work/device" >/dev/null 2>&1
result "a folder's program is run with the options" $(($(json "$work/folder.json" programs 0 runs) == 2)) ""
one_line "JSON of two artifacts" 2 'of one artifact alone' \
	run --json "$work/two.json" "$work/device" "$work/finding"
one_line "an artifact after a program" 2 'an artifact among programs' run "$guest" "$work/run.json"
one_line "an empty folder" 3 'Is a directory, and not of a finding' run "$work/empty"

# What gate --out leaves is a folder of results.
printf '[d]\nkind = diff\nops = 20k\ntarget = emu:fault=drop:6\n' >"$work/one.gate"
(cd "$work" && "$bin" gate --file one.gate --seed 3 --out gatefound) >/dev/null 2>&1
check "a gate's folder is repeated by the results in it" 1 'DIFFERENCE|FINDING|divergence' run "$work/gatefound"
one_line "with their own options" 2 '.json: --target: a result is repeated by the commands' \
	run --target emu "$work/gatefound"

# Of a campaign: one finding is a program, one only an input of its fuzz target.
mkdir "$work/no program"
echo x >"$work/finding/input"
echo x >"$work/no program/input"
cat >"$work/campaign.json" <<EOF
{"schema": "irqstorm.campaign/1", "findings": [
	{"key": "a", "what": "a", "repeat": "/fuzz/fuzz_x '$work/no program/input'"},
	{"key": "b", "what": "b", "repeat": "/fuzz/fuzz_x $work/finding/input"}]}
EOF
check "a campaign's findings that are programs" 1 'DIFFERENCE \(expect\)' run "$work/campaign.json"
check "and those that are none are told" 1 'no program: what was found is no program; its fuzz target' \
	run "$work/campaign.json"
one_line "the folder of one" 3 'what was found is no program' run "$work/no program"
echo '{"schema": "irqstorm.campaign/1", "findings": []}' >"$work/campaign.json"
check "a campaign that found nothing" 0 'nothing to repeat' run "$work/campaign.json"

echo '{"repeat": "irqstorm stress"}' >"$work/strange.json"
one_line "other JSON" 2 'no schema' run "$work/strange.json"
echo '{"schema": "irqstorm.stress/1", "repeat": ' >"$work/cut.json"
one_line "JSON that was cut" 2 'line 2' run "$work/cut.json"
echo '{"schema": "irqstorm.stress/1", "repeat": "touch '"$work"'/owned"}' >"$work/evil.json"
check "a command that is not irqstorm's is refused" 2 'is no irqstorm command' run "$work/evil.json"
echo '{"schema": "irqstorm.stress/1", "repeat": "irqstorm info --target emu; touch '"$work"'/owned"}' >"$work/evil.json"
check "and no shell sees it" 2 'unexpected word|must be' run "$work/evil.json"
result "nothing else ran" $([ -e "$work/owned" ] && echo 0 || echo 1) "a file was made"
finish
