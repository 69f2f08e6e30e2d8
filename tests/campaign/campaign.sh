#!/bin/bash
# SPDX-License-Identifier: MIT
# A campaign of one engine on a target with planted faults: what it finds and writes, how it ends,
# and that whatever ends it, the next session goes on with all that there was.
#   campaign.sh IRQSTORM libfuzzer|afl
set -u
. "$(dirname "$0")/../lib.sh"
. "$here/../cli/check.sh"
bin=$1 engine=$2
folder work
pid=
at_end() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null
	mountpoint -q "$work/small" && umount "$work/small"
}
cd "$work" || exit 3

case $engine in
libfuzzer) compiler=clang ;;
afl) compiler=afl-clang-fast ;;
esac
mkdir bin other
AFL_QUIET=1 $compiler -O1 -fsanitize=fuzzer "$here/toy_target.c" -o bin/toy >build.log 2>&1
result "$compiler builds the target" $(($? == 0)) "$(tail -3 build.log); apt-get install clang libclang-rt-14-dev afl++"
[ -x bin/toy ] || finish
cp bin/toy bin/toy2

# A list of words and no function: of a function in the background $! is a shell.
campaign=("$bin" campaign --engine "$engine" --fuzz-target toy --fuzz-dir bin --seed 1 --jobs 2 --quiet)
value() { # OUT KEY...
	json "$1/campaign.json" "${@:2}" 2>/dev/null
}
wait_until() { # COMMAND...: for up to 30 s
	for _ in $(seq 300); do
		"$@" && return
		sleep 0.1
	done
	false
}
found() { # OUT KEY HITS
	[ "$(value "$1" findings 0 key)" = "$2" ] && [ "$(value "$1" findings 0 hits)" -ge "$3" ]
}
lasted() { # OUT: for more than a second
	[ "$(value "$1" seconds | cut -d. -f1)" -ge 1 ]
}
in_session() { # OUT N
	[ "$(value "$1" sessions)" = "$2" ]
}
is() { # NAME WANT GOT
	result "$1" $([ "$2" = "$3" ] && echo 1 || echo 0) "'$3', not '$2'"
}

# Nothing to find.
TOY='' "${campaign[@]}" --for 1 --out none --junit j.xml >none.out 2>&1
is "no finding is exit code 0" 0 $?
result "and a test that passed" $(grep -q 'tests="1" failures="0"' j.xml && echo 1 || echo 0) "$(cat j.xml)"

# One fault that several of the inputs given show, until SIGINT.
mkdir seeds
for i in 1 2 3 4; do printf "\\xf$i..." >seeds/$i; done
printf 'fine' >seeds/fine
TOY=r "${campaign[@]}" --for 1h --out many --corpus seeds --no-merge --sarif s.json --junit j.xml \
	>many.out 2>many.err &
pid=$!
wait_until found many return:R51:toy/range 4
result "what is found is on record while it runs" $(($? == 0)) "$(tail -3 many.err)"
wait_until lasted many
result "and the time" $(($? == 0)) "$(value many seconds)"
out=$("${campaign[@]}" --for 1h --out many 2>&1)
code=$?
result "a folder in use is refused" \
	$([ $code = 3 ] && grep -q "process $pid)" <<<"$out" && echo 1 || echo 0) "exit $code: $out"
kill -INT $pid
wait $pid
is "SIGINT: exit code 1 for the finding" 1 $?
pid=
result "and says how to go on" $(grep -q 'to go on' many.err && echo 1 || echo 0) "$(tail -3 many.err)"
is "one fault is one folder" return_R51_toy_range "$(ls many/findings)"
readme=many/findings/return_R51_toy_range/README
is "its key" "key       return:R51:toy/range" "$(sed -n 1p $readme)"
is "it shows in every replay" 10 "$(value many findings 0 shown)"
is "its program" "irq_info msix" "$(cat many/findings/return_R51_toy_range/program.irq)"
repeat=$(sed -n '/^Repeat with:/{n;p;}' $readme)
out=$(cd / && TOY=r sh -c "$repeat" 2>&1)
result "the command in README shows it again" \
	$(grep -q '^key:    return:R51:toy/range' <<<"$out" && echo 1 || echo 0) "$repeat: $(tail -3 <<<"$out")"
out=$(cd / && TOY='' sh -c "$repeat" 2>&1)
result "and without the fault does not" $(($? == 0)) "$(tail -3 <<<"$out")"

# One on a device: its program is to be run there, and was not made shorter elsewhere.
IRQSTORM_TARGET=emu:fault=drop:1 TOY=d "${campaign[@]}" --for 1h --out device --corpus seeds --no-merge >device.out 2>&1 &
pid=$!
wait_until found device return:R51:toy/device 1
kill -INT $pid
wait $pid
pid=
folder=device/findings/return_R51_toy_device
is "the program of a finding on a device" "irq_info msix" "$(cat $folder/program.irq)"
is "and what it ran on" "emu:fault=drop:1" "$(cat $folder/target)"
is "is in the command of README" "  irqstorm run --target emu:fault=drop:1 program.irq" "$(grep 'irqstorm run' $folder/README)"
repeat=$(sed -n '/^Repeat with:/{n;p;}' $folder/README)
out=$(cd / && TOY=d sh -c "$repeat" 2>&1)
result "which is where its input is run again" \
	"$(grep -q 'run --target emu:fault=drop:1 --trace' <<<"$out" && echo 1)" "$repeat: $(tail -3 <<<"$out")"
printf 'set_irqs msix trigger eventfd fds=e0\nfire msix 0\n' >$folder/program.irq
out=$("$bin" run $folder 2>&1)
is "and where run takes its folder: exit code" 1 $?
result "it is not made shorter" "$([ ! -e $folder/minimized.irq ] && echo 1)" "$(ls $folder)"
out=$(python3 "$here/reports.py" s.json j.xml 2>&1)
result "SARIF and JUnit hold it" $(($? == 0)) "$out"
cmp -s many.out many/report.txt
result "stdout is report.txt" $(($? == 0)) "$(diff many.out many/report.txt | head -3)"
execs=$(value many execs) hits=$(value many findings 0 hits)
result "it has counted" $((execs > 0)) "$execs executions"
is "as many executions as in the report" "$execs" \
	"$(sed -n 's/^ran *\([0-9,]*\) .*/\1/p' many/report.txt | tr -d ,)"
name() {
	sha1sum "$1" | cut -d' ' -f1
}
is "what crashes leaves the corpus, other inputs stay" "1 0" \
	"$(ls many/corpus | grep -c "$(name seeds/fine)") $(ls many/corpus | grep -c "$(name seeds/1)")"
ls many/corpus >corpus.before

# kill -9, and what it may leave behind: a finding not yet filed, an input not yet in the corpus,
# a merge half done.
TOY=r "${campaign[@]}" --for 1h --out many --no-merge >many.out 2>many.err &
pid=$!
wait_until in_session many 2
disown $pid
kill -9 $pid
pid=
no_engine() {
	! pgrep -r R,S,D,T -f "$work/bin/toy" >/dev/null
}
wait_until no_engine
result "engines do not outlive it" $(($? == 0)) "$(pgrep -af "$work/bin/toy")"
mkdir -p many/engine/0/queue many/engine/0/crashes many/corpus.new
case $engine in
libfuzzer) printf 'FUzz' >many/engine/0/crash-planted ;;
afl) printf 'FUzz' >many/engine/0/crashes/id:999999,planted ;;
esac
printf 'planted' >many/engine/0/queue/id:999999,planted
mv many/corpus many/corpus.old
TOY=rt "${campaign[@]}" --for 1h --out many --no-merge >many.out 2>many.err &
pid=$!
wait_until in_session many 3
kill -TERM $pid
wait $pid
is "the next session goes on" 1 $?
pid=
is "as the third one" 3 "$(value many sessions)"
result "with what was counted" \
	$(($(value many execs) >= execs && $(value many findings 0 hits) >= hits)) \
	"$(value many execs) after $execs executions, $(value many findings 0 hits) after $hits hits"
is "with the finding that was not filed" return_R53_toy_two "$(ls many/findings | grep two)"
is "with the seed" 1 "$(value many seed)"
planted=$(printf 'planted' | sha1sum | cut -d' ' -f1)
ls many/corpus >corpus.after
is "with the input that was not in the corpus" "$planted" "$(grep "$planted" corpus.after)"
is "with every input of the corpus" "" "$(comm -23 corpus.before corpus.after)"
is "without what a merge left half done" "" "$(ls -d many/corpus.* 2>/dev/null)"
"${campaign[@]}" --for 1 --out many >again.out 2>&1
is "no time left: the same exit code" 1 $?
is "and no further session" 3 "$(value many sessions)"

# An input that never comes back.
rm seeds/?
printf 'H..' >seeds/h
TOY=h "${campaign[@]}" --for 1h --timeout 1s --out hung --corpus seeds >hung.out 2>&1 &
pid=$!
wait_until found hung hang 1
result "an input that hangs is a finding" $(($? == 0)) "$(tail -3 hung.out)"
kill -INT $pid
wait $pid
pid=

# What cannot be.
c=(campaign --engine "$engine" --quiet --fuzz-dir bin)
one_line "no --for" 2 "for is missing" "${c[@]}" --fuzz-target toy
one_line "no target" 2 "fuzz-target is missing" "${c[@]}" --for 1
one_line "a target that is not there" 3 "cmake --preset" "${c[@]}" --for 1 --fuzz-target toy3
cp /bin/true bin/toy3
one_line "one with no engine in it" 3 "is not built for $engine: cmake --preset" \
	"${c[@]}" --for 1 --fuzz-target toy3
c+=(--for 1)
one_line "the folder of another target" 2 "holds a campaign of $engine on toy:" \
	"${c[@]}" --fuzz-target toy2 --out many
one_line "another seed" 2 "holds a campaign of seed 0x1:" "${c[@]}" --fuzz-target toy --seed 2 --out many
one_line "a corpus that is not there" 3 "cannot read the corpus nowhere" \
	"${c[@]}" --fuzz-target toy --out fresh --corpus nowhere
one_line "a folder that cannot be made" 3 "cannot make the folder /proc/x" \
	"${c[@]}" --fuzz-target toy --out /proc/x
one_line "a report that cannot be written" 3 "cannot write /proc/x" \
	"${c[@]}" --fuzz-target toy --out fresh --sarif /proc/x
head -c 200 many/campaign.json >cut.json
cp cut.json many/campaign.json
one_line "a state that is cut off" 3 "campaign.json is damaged" "${c[@]}" --fuzz-target toy --out many
cmp -s cut.json many/campaign.json
result "and stays as it is" $(($? == 0)) "it was changed"

# A disk that is full: from the start (a limit does for files what a disk does for all), and later.
out=$(ulimit -f 0 && trap '' XFSZ && "${campaign[@]}" --for 2 --out limited 2>&1)
code=$?
result "no room at the start" \
	$([ $code = 3 ] && grep -q 'cannot write .*File too large' <<<"$out" && echo 1 || echo 0) "exit $code: $out"
mkdir small
if mount -t tmpfs -o size=4m none small 2>/dev/null && mountpoint -q small; then
	TOY=r "${campaign[@]}" --for 1h --out small/out >small.out 2>small.err &
	pid=$!
	wait_until found small/out return:R51:toy/range 1
	# Bounded: what if the mount were not one?
	dd if=/dev/zero of=small/fill bs=1k count=8192 2>/dev/null
	wait $pid
	code=$?
	pid=
	result "no room later" \
		$([ $code = 3 ] && grep -q 'No space left on device' small.err && echo 1 || echo 0) \
		"exit $code: $(tail -3 small.err)"
	is "the state is still whole" return:R51:toy/range "$(value small/out findings 0 key)"
	rm small/fill
	TOY=r "${campaign[@]}" --for 1h --out small/out >small.out 2>small.err &
	pid=$!
	wait_until in_session small/out 2
	kill -INT $pid
	wait $pid
	is "with room again it goes on" "1 2" "$? $(value small/out sessions)"
	pid=
	wait_until no_engine
	result "and nothing of an engine is left" $(($? == 0)) "$(pgrep -af "$work/bin/toy")"
else
	echo "no mount here: a disk that fills up later is not tried"
fi
finish
