#!/bin/bash
# SPDX-License-Identifier: MIT
# The keeper of a session and its callers, with a QEMU that is a script (fake_qemu.py): turns, ends,
# and everything that can break. session_cli.sh has what takes a kernel.
#	session_keeper.sh IRQSTORM GUEST_PROGRAM
set -u
. "$(dirname "$0")/../lib.sh"
. "$here/session.sh"
. "$here/images.sh"
bin=$(realpath "$1") program=$(realpath "$2")
folder work
cd "$work" || exit 3
export IRQSTORM_QEMU=$here/fake_qemu.py
bzimage 6.99.9-amd64 >bzImage

session() { # DIR OPTION... -- WORDS: out, err, code
	local dir=$1
	shift
	"$bin" guest --accel tcg --session "$dir" "$@" >out 2>err </dev/null
	code=$?
}
kernel() { # DIR WORDS
	local dir=$1
	shift
	session "$dir" --kernel ./bzImage -- "$program" "$@"
}
keeper() { # DIR
	cat "$1/pid"
}
qemu() { # DIR
	pgrep -P "$(keeper "$1")"
}
wait_for() { # FILE PATTERN
	for _ in $(seq 600); do
		grep -Eq -- "$2" "$1" 2>/dev/null && return 0
		sleep 0.1
	done
	return 1
}

kernel s say hello code 7
has "the first call boots" 7 'booted in' err
has "and has its output" 7 '^hello$' out
first=$(keeper s)
session s -- "$program" say again
has "the second finds it running" 0 'command 2 of its session' err
result "with the same keeper" "$([ "$first" = "$(keeper s)" ] && echo 1 || echo 0)" "$(cat s/pid)"
session s --kernel debian:6.1 --devices edu --smp 4 --memory 2G --append x --intremap off -- "$program" say no
has "another machine is refused" 2 'has --kernel /.*/bzImage, not debian:6.1; --devices ivshmem=64, not edu; --smp 1, not 4; --memory 1G, not 2G; --intremap on, not off; --append \(none\), not x: ' err
result "in one line" $(($(wc -l <err) == 1)) "$(cat err)"
(cd s && "$bin" guest --session . --kernel ../bzImage --devices ivshmem=64 -- "$program" say same) >out 2>err
code=$?
has "the same machine by other words is not" 0 '^same$' out
touch -d yesterday bzImage
session s --kernel ./bzImage -- "$program" say no
has "nor is a kernel that was built again taken for the old one" 2 'image of' err
cp "$bin" other
./other guest --session s -- "$program" say no >out 2>err
code=$?
has "nor another irqstorm for this one" 2 'has an irqstorm of' err

session s --keep-log kept.log -- "$program" say logged
grep -q booting kept.log && grep -q 'command 4 ended' kept.log
result "--keep-log has the kernel's log from its boot on" $((1 - $?)) "$(cat kept.log)"
session s -- diff --ops 5
has "a subcommand without a seed gets one, to be repeated with" 0 '^diff --seed=0x[0-9a-f]{16} --ops 5$' out
session s -- diff --ops 5 --seed 7
has "one that has one keeps it" 0 '^diff --ops 5 --seed 7$' out
"$bin" guest --session s -- diff --ops 1 --seed 7 >both 2>&1 </dev/null
order=$(grep -oE 'repeating the command|^diff|it shows in a fresh guest' both | tr '\n' ',')
result "a finding is repeated before it is shown" \
	$([ "$order" = "repeating the command,diff,it shows in a fresh guest," ] && echo 1 || echo 0) "$(cat both)"

for i in 1 2 3 4 5; do
	"$bin" guest --session s -- "$program" say "turn $i" sleep 0.3 code $i >out$i 2>err$i </dev/null &
	pids[i]=$!
done
right=1
for i in 1 2 3 4 5; do
	wait "${pids[i]}"
	[ $? = $i ] && [ "$(cat out$i)" = "turn $i" ] || right=0
done
result "five callers take turns, each with its own output and code" $right "$(cat out? err?)"

"$bin" guest --session s -- "$program" say waiting sleep 60 >out 2>err </dev/null &
pid=$!
wait_for out waiting
"$bin" guest --session s -- "$program" say never >out2 2>err2 </dev/null &
second=$!
sleep 0.5
kill -INT $second
wait $second
code=$?
result "Ctrl-C ends the wait for a turn" $((code == 130)) "exit $code: $(cat err2)"
kill -9 $pid
wait $pid 2>/dev/null
session s -- "$program" say next
has "a caller that is killed: the next call works" 0 '^next$' out
result "in the same guest" "$([ "$first" = "$(keeper s)" ] && echo 1 || echo 0)" "$(cat err)"

"$bin" guest --session s -- "$program" say waiting sleep 60 >out 2>err </dev/null &
pid=$!
wait_for out waiting
child=$(qemu s)
kill -9 "$first"
wait $pid
code=$?
has "a keeper that is killed: the caller is told" 3 "keeper \(process $first\) of the session in .* was killed" err
gone "no QEMU is left" "$child"
kernel s say new
has "the next call boots" 0 'booted in' err

child=$(qemu s)
kernel s quit
has "QEMU that ends is told as it is without a session" 3 'stopped without a result: .* ended with status 1: fake: out of luck' err
gone "and the keeper goes" "$(cat s/pid)"
rm -f irqstorm-guest-*
kernel s dirty say done
has "what cannot be put back is told" 0 'guest: the command left a hole: its session ends' err
gone "and the session ends" "$(keeper s)"

kernel s bug
has "a report after the last word and before the mark is the command's" 1 'BUG: before the mark' err
has "and a plain guest shows it, too" 1 'it shows in a fresh guest, too' err
gone "it ends the session" "$(keeper s)"
rm -f irqstorm-guest-*
session s --end
has "it is told once" 0 'no session runs' err
kernel s stale 1 say text
has "a finding that no fresh guest shows says so" 1 'does not show in another fresh guest: it depends on chance' err
kernel s say one
kernel s stale 1
has "with a command before, what it may depend on" 1 'depends on what ran before in the session \(this was command 2\)' err
gone "and the session ends" "$(keeper s)"

kernel s late-bug
has "a report that comes after a command is not its own" 0 'booted in' err
gone "but it ends the session" "$(keeper s)"
kernel s say next
has "the next caller is told, with exit code 1" 1 'after command 1 of the session before, with nothing running, its kernel reported a problem' err
has "with its text" 1 'BUG: after the mark' err
has "and gets its own command run" 1 '^next$' out
session s -- "$program" say next
has "once" 0 '^next$' out

"$bin" guest --session s -- "$program" say waiting sleep 60 >out 2>err </dev/null &
pid=$!
wait_for out waiting
child=$(qemu s) last=$(keeper s)
"$bin" guest --session s --end >out2 2>err2
result "--end ends it" $(($? == 0)) "$(cat err2)"
wait $pid
code=$?
has "who runs a command is told" 3 'it was ended by irqstorm guest --session --end' err
gone "and nothing is left" "$last" "$child"
rm -f irqstorm-guest-*
"$bin" guest --session s --end >out 2>err
code=$?
has "--end of none is no error" 0 'no session runs in' err

session s --idle 1s --kernel ./bzImage -- "$program" say hello
child=$(qemu s)
gone "a session that nobody uses ends" "$(keeper s)" "$child"
kernel t say hello
child=$(qemu t) last=$(keeper t)
rm -rf t
gone "one whose folder goes ends" "$last" "$child"
kernel t say hello
child=$(qemu t)
kill "$(keeper t)"
gone "one whose keeper is told to stop ends" "$(keeper t)" "$child"

session s --timeout 1s --kernel ./bzImage -- "$program" deaf
has "a command over its time is told" 3 'not done after 1 s \(--timeout\)' err
last=$(keeper s)
kernel s say after
has "and if it does not end, another guest takes the next" 0 '^after$' out
gone "when the first has gone" "$last"
rm -f irqstorm-guest-*
kernel s mute
has "a guest that says nothing any more is told" 3 'guest hangs: no sign of life for 30 s' err
gone "and ends" "$(keeper s)"
rm -f irqstorm-guest-*

FAKE_REFUSES="this kernel lacks a lot" kernel s say no
has "a guest that cannot be made ready says why" 3 '^irqstorm: guest: this kernel lacks a lot' err
gone "and ends" "$(keeper s)"
printf '#!/bin/sh\necho "fake: no memory" >&2\nexit 1\n' >dies
chmod +x dies
IRQSTORM_QEMU=$work/dies kernel s say no
has "QEMU that does not start is told" 3 'stopped without a result: .* ended with status 1: fake: no memory' err
IRQSTORM_QEMU=$work/dies kernel s say no
has "and again" 3 'fake: no memory' err
gone "no process is left" "$(keeper s)"
long=$work/$(printf 'a%.0s' {1..200})
kernel "$long" say hello
has "a folder's name may be long" 0 '^hello$' out
"$bin" guest --session "$long" --end >out 2>err
session /proc/none -- "$program" say no
has "a folder that cannot be made is told" 3 '--session /proc/none: ' err
"$bin" guest --end >out 2>err
code=$?
has "--end wants a session" 2 'of which --session' err
"$bin" guest --session s --end -- info >out 2>err
code=$?
has "and no subcommand" 2 'takes no subcommand' err
session fresh --fresh 3 -- info
has "--fresh is for guests that do not stay" 2 '^irqstorm: --fresh: a --session repeats' err
[ ! -e fresh ]
result "and that is said before anything is made" $((1 - $?))
finish
