#!/bin/bash
# SPDX-License-Identifier: MIT
# Repeat means repeat: every command that irqstorm prints or stores with a finding is collected, from
# a night with planted faults and from each subcommand, and run: it has to show the finding again.
#   repeat.sh IRQSTORM CORPUS
set -u
here=$(cd "$(dirname "$0")" && pwd)
bin=$(realpath "$1") corpus=$(realpath "$2")
. "$here/../lib.sh"
. "$here/check.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 3
mkdir path
ln -s "$bin" path/irqstorm
PATH=$work/path:$PATH

# again NAME KEY COMMAND: exit 1, and, with a KEY, that of the finding. As a shell takes it. A storm is as long as it was, and
# on a busy machine may fire less than what the fault takes: it has more than one go.
again() {
	local out code goes=1
	case $3 in *stress*|*storm*|*gate/result.json|*bench*) goes=6 ;; esac
	while :; do
		out=$(bash -c "$3" 2>&1 </dev/null)
		code=$?
		[ $code != 1 ] && [ $((goes -= 1)) -gt 0 ] || break
	done
	[ $code = 1 ] && { [ -z "$2" ] || grep -Fq "$2" <<<"$out"; }
	result "$1" $((1 - $?)) "exit $code of $3: $(tail -3 <<<"$out")"
}

# The commands in a text: at the beginning of a line, or behind a word that says what it is.
commands() { # FILE
	sed -nE 's/^ *(irqstorm .*)$/\1/p; s/.*repeat( with)?: (irqstorm .*)$/\2/p' "$1"
}

# one NAME KEY FILE [PROGRAM]: there is exactly one command in FILE, and it shows it again
one() {
	local all n
	all=$(commands "$3")
	n=$(grep -c . <<<"$all")
	result "$1: one command" $((n == 1)) "$n: $all: $(tail -5 "$3")"
	all=${all/FILE.irq/${4:-FILE.irq}}
	all=${all/DIR\/\*.irq/${4:-DIR}.sequence/*.irq}
	again "$1: it repeats" "$2" "$all"
}

# there NAME FILE: of the commands in FILE (one at least) each names files that are there
there() {
	local file gone="" n
	n=$(commands "$2" | grep -c .)
	for file in $(commands "$2" | grep -Eo '[^ ]+\.(irq|guest|json)( |$)' | grep -vE '^(FILE|DIR/.*)\.irq'); do
		[ -e "$file" ] || gone+=" $file"
	done
	result "$1: commands with files that are there" $((n > 0 && ${#gone} == 0)) "$n commands, gone:$gone"
}

# Random and small programs. What is printed, what is saved, and what is in the JSON.
search() { # NAME ARGS...
	local name=$1 key
	shift
	irqstorm "$@" --quiet --json found.json --save found.irq >out 2>&1
	[ $? = 1 ] || { result "$name finds it" 0 "$(tail -2 out)"; return; }
	key=$(json found.json first_divergence key)
	one "$name" "key $key" out "$work/found.irq"
	grep -qx '  irqstorm run found.json' out || grep -q 'irqstorm \(diff\|explore\) ' out
	result "$name: its JSON is named" $((1 - $?)) "$(tail -3 out)"
	again "$name: its JSON repeats" "key $key" "irqstorm run found.json"
	irqstorm run found.json >out 2>&1
	there "$name: what its JSON printed" out
	rm -rf found.irq found.irq.sequence
}
for fault in drop:1 drop:7 drop:3k double:5 double:2000 misroute:4 misroute:900 drop:500,fault=double:300; do
	search "diff, $fault" diff --ops 300k --seed 11 --target emu:fault=$fault
	search "diff of 6.1, $fault" diff --ops 300k --seed 12 --length 4 --target emu:profile=6.1,fault=$fault
	case $fault in *[0-9][0-9]*|*k) continue ;; esac
	search "explore, $fault" explore --depth 3 --target emu:fault=$fault
done

# Programs: of two the second meets what is left of the first.
printf 'set_irqs msix trigger eventfd fds=e0,e1\nfire msix 0\nread e0\n' >first.irq
printf 'set_irqs msix trigger eventfd fds=e0,e1\nfire msix 0\nfire msix 1\nread e0\nread e1\n' >second.irq
for fault in drop:3 double:3 misroute:3 drop:3+1,fault=delay:2:1us; do
	irqstorm run --target emu:fault=$fault --repeat 3 --json run.json first.irq second.irq >/dev/null 2>&1
	irqstorm run --target emu:fault=$fault --repeat 3 first.irq second.irq >out 2>&1
	key=$(sed -n 's/^ *key //p' out | head -1)
	grep -q 'shown by 3 of 3 runs' out
	result "run, $fault: each run begins with the same counter" $((1 - $?)) "$(cat out)"
	one "run, $fault" "key $key" out
	again "run, $fault: its JSON repeats" "key $key" "irqstorm run run.json"
	target=$(commands out | sed 's/.*--target \([^ ]*\).*/\1/')
	irqstorm minimize --quiet --target "$target" second.irq -o small.irq >out 2>&1
	one "minimize, $fault" "key $key" out
	grep -o 'irqstorm run .*' small.irq | sed "s,FILE,small.irq," >out
	one "minimize, $fault: in the file" "key $key" out
done
one_line "a counter beyond the fault" 2 'fault=drop:3.3: must be' run --target emu:fault=drop:3+3 first.irq
one_line "a counter of what does not count" 2 'must be' run --target emu:fault=slow-resize:3+1 first.irq

# Storms, over MSI-X and MSI; the times are those of the machine, so the kind of finding is what
# comes again.
storm="--duration 1s --vectors 8 --no-control --quiet"
for fault in drop:20 double:20 misroute:20; do
	for how in none msi-all; do
		irqstorm stress $storm --target emu:fault=$fault --resize $how --json storm.json >/dev/null 2>&1
		irqstorm stress $storm --target emu:fault=$fault --resize $how >out 2>&1
		one "stress $how, $fault" FINDING out
		again "stress $how, $fault: its JSON repeats" FINDING "irqstorm run storm.json"
	done
done
# The warm-up before the storm counts, too.
irqstorm bench --quiet --strategy none --target emu:fault=drop:1M --vectors 8 --duration 500ms \
	--warm-up 500ms --repeats 1 --no-resize-cost --out bench >out 2>&1
json bench/summary.json cells 0 repeat | grep -Eq 'fault=drop:1000000\+[1-9]'
result "bench: a cell says how far the fault had counted" $((1 - $?)) "$(json bench/summary.json cells 0 repeat)"
irqstorm bench --quiet --strategy none --target emu:fault=drop:20 --vectors 8 --duration 1s \
	--warm-up 0 --repeats 1 --no-resize-cost --out bench2 >out 2>&1
again "bench: its JSON repeats" FINDING "$(json bench2/summary.json cells 0 repeat)"

# A night with faults: all that it keeps of each finding.
cat >night.gate <<EOT
[alone]
kind = diff
ops = 300k
target = emu:fault=drop:1

[late]
kind = diff
ops = 300k
target = emu:fault=drop:3k

[several]
kind = diff
ops = 100k
target = emu:fault=drop:6

[corpus]
kind = corpus
programs = $corpus/rules
target = emu:fault=drop:5

[storm]
kind = stress
strategy = dynamic
duration = 500ms
rate = max
vectors = 8
fires = 100
EOT
irqstorm nightly --out night --kernels none --gate night.gate --hours 1s --steps gate,diff,bench-emu \
	--plant fault=drop:7 --seed 3 >out 2>&1
result "a night with faults" $(($? == 1)) "$(cat out)"
commands out >commands
result "prints a command for each finding it shows" $(($(grep -c '^NEW ' out) == $(wc -l <commands))) "$(cat out)"
python3 - night/nights/*/night.json night/nights/*/gate/result.json >>commands <<'EOT'
import json, sys
night, gate = (json.load(open(f)) for f in sys.argv[1:])
findings = [f for s in night["steps"] for f in s["findings"]]
# a storm of each kind is enough
storms = set()
for f in findings:
    if f.get("repeat") and (f["key"].split(":")[0], f["key"].split(":")[-2]) not in storms:
        storms.add((f["key"].split(":")[0], f["key"].split(":")[-2]))
        print(f["repeat"])
    elif not f.get("repeat"):
        print("irqstorm run night/" + f["artifact"])
for c in gate["checks"]:
    if c["verdict"] == "fail":
        print(c["repeat"])
EOT
sort -u commands >all
n=$(grep -c . all)
result "some 20 commands in all" $((n >= 15)) "$n: $(cat all)"
while read -r command; do
	again "the night: ${command:0:60}" "" "$command"
done <all
finish
