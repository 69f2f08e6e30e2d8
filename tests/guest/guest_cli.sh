#!/bin/bash
# SPDX-License-Identifier: MIT
# irqstorm guest, end to end: what it refuses, what it does when things break, and real boots of
# both Debian kernels.
#	guest_cli.sh IRQSTORM [GUEST_PROGRAM]
# Boots take QEMU and fetch kernels with apt into the user's cache (once); nothing is ever skipped.
set -u

IRQSTORM=$(realpath "$1")
PROGRAM=${2:+$(realpath "$2")}
HERE=$(dirname "$(realpath "$0")")
. "$HERE/images.sh"
WORK=$(mktemp -d)
LOST=$(mktemp -d) # TMPDIR of every run: has to stay empty
trap 'rm -rf "$WORK" "$LOST"' EXIT
export TMPDIR="$LOST"
unset IRQSTORM_QEMU IRQSTORM_GUEST
passed=0
failed=0
cd "$WORK" || exit 3

ok() {
	passed=$((passed + 1))
	echo "ok   $1"
}

bad() {
	failed=$((failed + 1))
	echo "FAIL $1: $2"
	tail -n 25 "$WORK/out" "$WORK/err" 2>/dev/null | sed 's/^/     | /'
}

finish() {
	[ -z "$(ls -A "$LOST")" ] && ok "no temporary file is left" ||
		bad "no temporary file is left" "$(ls -A "$LOST")"
	echo "$passed passed, $failed failed, 0 skipped"
	[ "$failed" = 0 ]
	exit
}

# check NAME CODE PATTERN COMMAND...: its exit code, and an extended regular expression that has to
# match in its output (both streams).
check() {
	local name=$1 code=$2 pattern=$3
	shift 3
	"$@" >out 2>err </dev/null
	judge "$name" "$code" "$pattern" $?
}

judge() { # NAME CODE PATTERN GOT
	local name=$1 code=$2 pattern=$3 got=$4
	if [ $got != "$code" ]; then
		bad "$name" "exit $got, not $code"
	elif ! grep -Eq -- "$pattern" out err; then
		bad "$name" "no '$pattern' in its output"
	else
		ok "$name"
	fi
}

# beside FOLDER GUEST-OPTION...: a guest that does nothing but wait, while others run. Later
# `ended FOLDER NAME CODE PATTERN` is its check.
declare -A beside
beside() {
	local folder=$1
	shift
	mkdir "$folder"
	(cd "$folder" && guest "$@" >out 2>err </dev/null) &
	beside[$folder]=$!
}

ended() {
	local folder=$1 got
	shift
	wait "${beside[$folder]}"
	got=$?
	cp "$folder/out" "$folder/err" .
	judge "$@" $got
}

# has NAME FILE PATTERN
has() {
	grep -Eq -- "$3" "$2" 2>/dev/null && ok "$1" || bad "$1" "no '$3' in $2"
}

one_line() {
	[ "$(wc -l <err)" = 1 ] && ok "$1" || bad "$1" "$(wc -l <err) lines, not 1"
}

gone() {
	local name=$1 i
	shift
	for i in $(seq 50); do
		kill -0 "$@" 2>/dev/null || break
		sleep 0.1
	done
	kill -0 "$@" 2>/dev/null && bad "$name" "process $* still runs" || ok "$name"
}

# signal SIG PID: to the irqstorm that the shell PID runs, or is
signal() {
	kill "-$1" "$(pgrep -P "$2" -x irqstorm || echo "$2")"
}

wait_for() { # FILE PATTERN
	for _ in $(seq 600); do
		grep -Eq -- "$2" "$1" 2>/dev/null && return 0
		sleep 0.1
	done
	return 1
}

guest() {
	"$IRQSTORM" guest --accel tcg "$@"
}

#
# A build that cannot run in a guest says so, and that is all there is to test of it.
#
if readelf -lW "$IRQSTORM" | grep -q INTERP; then
	check "a dynamic irqstorm is refused" 3 "dynamically linked .a sanitizer build.*release build" \
		guest -- info
	finish
fi

if [ -z "$PROGRAM" ]; then
	PROGRAM=$WORK/guest_program
	${CC:-cc} -static -D_GNU_SOURCE -I"$HERE/../../harness" -o "$PROGRAM" "$HERE/guest_program.c" \
		"$HERE/../../harness/support/blackbox.c" || exit 3
fi

#
# Usage
#
check "help" 0 "IRQSTORM_QEMU" guest --help
check "no subcommand" 2 "needs a subcommand" guest
check "no subcommand after --" 2 "needs a subcommand" guest --
check "unknown subcommand" 2 "no subcommand 'frobnicate'" guest -- frobnicate
check "guest in guest" 2 "guest does not run in a guest" guest -- guest -- info
check "guest from inside a guest" 2 "this is a guest" env IRQSTORM_GUEST=1 \
	"$IRQSTORM" guest -- info
check "bad device" 2 "no device 'rtl8139'" guest --devices rtl8139 -- info
check "bad number of vectors" 2 "1 to 2048" guest --devices ivshmem=4096 -- info
check "bad series" 2 "debian:6.12" guest --kernel debian:sid -- info
check "bad memory" 2 "512M or 2G" guest --memory lots -- info
check "bad accelerator" 2 "auto, tcg, kvm" "$IRQSTORM" guest --accel hvf -- info
check "two outputs in one file" 2 "two outputs" guest -- stress --json x --hgrm x

#
# Things that are missing; nothing boots
#
check "kernel that is not there" 3 "/nonexistent/bzImage: cannot read it: No such file" \
	guest --kernel /nonexistent/bzImage -- info
one_line "it takes one line to say so"
check "kernel that is no kernel" 3 "not a bzImage" guest --kernel "$IRQSTORM" -- info
bzimage 6.99.9-amd64 >some.bzImage
check "modules that are not there" 3 "cannot search /nonexistent" \
	guest --kernel some.bzImage,modules=/nonexistent -- info
check "missing qemu" 3 "IRQSTORM_QEMU names no-such-qemu.*apt-get install qemu-system-x86" \
	env IRQSTORM_QEMU=no-such-qemu "$IRQSTORM" guest -- info
one_line "it takes one line to say so"
mkdir empty
check "no qemu on PATH" 3 "qemu-system-x86_64 not found: apt-get install qemu-system-x86" \
	env PATH="$WORK/empty" "$IRQSTORM" guest -- info
check "unwritable output path" 3 "cannot write /nonexistent/x.json" \
	guest -- stress --json /nonexistent/x.json
check "unwritable log" 3 "cannot write /nonexistent/log" guest --keep-log /nonexistent/log -- info
check "missing input" 3 "cannot read nothere.irq" \
	guest -- stress --resize program:nothere.irq
check "dynamic program" 3 "/bin/ls is dynamically linked.*-static" guest -- /bin/ls
check "program that is no program" 3 "not an x86-64 program" guest -- "$HERE/guest_cli.sh"

#
# A made-up Debian kernel: its mirror and QEMU are ours (kernels.sh has what else comes of mirrors)
#
. "$HERE/fake_debian.sh"
kernel 6.99.1-amd64 6.99.1-1
publish
use_mirror
mkdir fake
cat >fake/dpkg-deb <<-'EOF'
	#!/bin/sh
	sleep "${FAKE_DELAY:-0}"
	exec /usr/bin/dpkg-deb "$@"
EOF
cat >fake/qemu-dies <<-'EOF'
	#!/bin/sh
	echo "qemu: out of luck" >&2
	exit 1
EOF
cat >fake/qemu-hangs <<-'EOF'
	#!/bin/sh
	echo $$ >"$FAKE/qemu.pid"
	exec sleep 1000
EOF
chmod +x fake/*
export FAKE=$WORK

made_up() { # QEMU OPTION...
	local qemu=$1
	shift
	PATH="$WORK/fake:$PATH" XDG_CACHE_HOME="$WORK/cache" IRQSTORM_QEMU=$qemu \
		guest --kernel debian:6.99 "$@" -- info
}

no_entry() {
	[ -z "$(ls -A cache/irqstorm/kernels 2>/dev/null | grep -v '^.lock-')" ] && ok "$1" ||
		bad "$1" "$(ls -A cache/irqstorm/kernels)"
}

check "no home" 3 "set HOME or XDG_CACHE_HOME" env -u HOME -u XDG_CACHE_HOME \
	PATH="$WORK/fake:$PATH" IRQSTORM_QEMU=qemu-dies "$IRQSTORM" guest --accel tcg -- info
ln -s "$WORK/fake/qemu-dies" empty/qemu-system-x86_64
check "no apt" 3 "apt-config not found: apt-get install apt" env PATH="$WORK/empty" \
	XDG_CACHE_HOME="$WORK/cache" "$IRQSTORM" guest --accel tcg --kernel debian:6.99 -- info
check "a series that Debian has not" 3 "debian:0.99 is not to be had; there is 6.99$" \
	env XDG_CACHE_HOME="$WORK/cache" "$IRQSTORM" guest --accel tcg --kernel debian:0.99 -- info

# What is wanted behind a download is looked for before it.
mkdir noxz
ln -s /usr/bin/* noxz/
rm -f noxz/xz
check "no xz" 3 "^irqstorm: xz not found, .*apt-get install xz-utils" env PATH="$WORK/fake:$WORK/noxz" \
	XDG_CACHE_HOME="$WORK/cache3" IRQSTORM_QEMU=qemu-dies "$IRQSTORM" guest --accel tcg --kernel debian:6.99 -- info
[ -z "$(find cache3 -name '*.deb')" ] && ok "and nothing was fetched for it" || bad "and nothing was fetched for it" "$(find cache3)"
check "a distribution without a series" 2 "--kernel debian: want a series" "$IRQSTORM" guest --kernel debian -- info

check "qemu that exits at once" 3 "guest stopped without a result: .*status 1: qemu: out of luck" \
	made_up qemu-dies
has "its kernel was fetched" err "fetching linux-image-6.99.1-amd64"
check "qemu that exits at once, again" 3 "qemu: out of luck" made_up qemu-dies
grep -q fetching err && bad "the cache is used" "fetched again" || ok "the cache is used"

check "qemu that hangs" 3 "not done after 2 s \(--timeout\) and was killed" \
	made_up qemu-hangs --timeout 2s
gone "it is killed" "$(cat qemu.pid)"

rm -f qemu.pid
made_up qemu-hangs >out 2>err &
pid=$!
for _ in $(seq 100); do [ -s qemu.pid ] && break || sleep 0.1; done
signal INT $pid
wait $pid
code=$?
[ $code = 130 ] && ok "Ctrl-C while booting" || bad "Ctrl-C while booting" "exit $code"
gone "no qemu is left" "$(cat qemu.pid)"

rm -f qemu.pid
made_up qemu-hangs >out 2>err &
pid=$!
for _ in $(seq 100); do [ -s qemu.pid ] && break || sleep 0.1; done
signal KILL $pid
wait $pid 2>/dev/null
gone "no qemu outlives a killed irqstorm" "$(cat qemu.pid)"

rm -rf cache
rm -f out err
FAKE_DELAY=100 made_up qemu-hangs >out 2>err &
pid=$!
wait_for err "fetching linux-image"
sleep 0.5
signal INT $pid
wait $pid
code=$?
[ $code = 130 ] && ok "Ctrl-C while fetching" || bad "Ctrl-C while fetching" "exit $code"
no_entry "nothing half fetched is left"
rm -f ./irqstorm-guest-*.log
unset IRQSTORM_APT_SOURCES

#
# Real boots
#
echo "an input file" >input.txt
printf 'irq_info msix\nexpect -EINVAL\n' >wrong.irq
for kernel in debian:6.12 debian:6.1; do
	rm -f info.json ./irqstorm-guest-*.log
	check "$kernel: info on a real device" 0 "0000:00:04.0" \
		guest --kernel $kernel -- info --target vfio:auto --json info.json
	has "$kernel: the JSON file came back" info.json '"schema": "irqstorm.info/1"'
	has "$kernel: it says how it booted" err \
		"^guest: ${kernel#debian:}\.[^ ]*, (tcg|kvm), 2 CPUs, ivshmem=64, booted in [0-9.]+ s$"
	check "$kernel: exit code, input, output" 7 "an input file" \
		guest --kernel $kernel -- "$PROGRAM" cat input.txt cat wrong.irq \
		irqstorm "run --target emu /in/1.wrong.irq" bulk 20000 code 7
	has "$kernel: what repeats a difference is for the host" out \
		"repeat with: irqstorm guest --kernel $kernel .*-- run --target emu.* --trace wrong.irq$"
	[ "$(grep -c '^line .* of a lot of output$' out)" = 20000 ] &&
		[ "$(tail -n 1 out)" = "line 19999 of a lot of output" ] &&
		ok "$kernel: 20000 lines arrive whole" || bad "$kernel: 20000 lines arrive whole" lost
	check "$kernel: panic" 1 "guest kernel panicked: Kernel panic - not syncing: sysrq" \
		guest --kernel $kernel -- "$PROGRAM" say before sleep 1 panic
	has "$kernel: the log is saved" "$(echo ./irqstorm-guest-*.log)" "Kernel panic"
	rm -f ./irqstorm-guest-*.log
done
has "output before a panic arrives" out "^before$"

beside hang -- "$PROGRAM" hang
check "a BUG in the log" 1 "guest kernel reported 1 problem:" \
	guest --keep-log kept.log -- "$PROGRAM" kmsg "BUG: test" say after
has "it is shown" err "BUG: test"
has "the run went on" out "^after$"
has "the log is where it was asked for" kept.log "BUG: test"
[ -z "$(ls ./irqstorm-guest-*.log 2>/dev/null)" ] && ok "and nowhere else" ||
	bad "and nowhere else" "$(ls ./irqstorm-guest-*.log)"
beside late --timeout 12s -- "$PROGRAM" sigint
check "a WARNING in the log" 1 "WARNING: CPU: 0 PID: 1 at nowhere" \
	guest -- "$PROGRAM" kmsg "WARNING: CPU: 0 PID: 1 at nowhere"
check "taint alone" 1 "tainted W \(a kernel warning\), but its console shows no report" \
	guest -- "$PROGRAM" taint 512
check "a subcommand that dies" 3 "died in the guest of signal 11" guest -- "$PROGRAM" segv
rm -f ./irqstorm-guest-*.log
check "every device" 0 "booted" guest --kernel debian:6.12 \
	--devices ivshmem=2048,ivshmem,edu,xhci,nvme,e1000e -- "$PROGRAM" say hello
has "its output" out "^hello$"
entry=$(ls -d "${XDG_CACHE_HOME:-$HOME/.cache}"/irqstorm/kernels/linux-image-6.12.*/ | tail -n 1)
check "a kernel of one's own" 5 "booted" \
	guest --kernel "${entry}vmlinuz,modules=${entry}modules" --devices edu -- "$PROGRAM" code 5
check "a kernel without its modules" 3 "has no vfio-pci" \
	guest --kernel "${entry}vmlinuz" -- "$PROGRAM" code 0
check "too little memory" 3 "guest " guest --memory 32M -- "$PROGRAM" code 0
check "output nobody takes" 3 "cannot pass on the guest's output" bash -c \
	"'$IRQSTORM' guest --accel tcg -- '$PROGRAM' bulk 20000 >/dev/full"
check "result that does not fit" 3 "cannot write /dev/full" \
	guest -- info --target vfio:auto --json /dev/full
rm -f ./irqstorm-guest-*.log
ended late "over time" 3 "not done after 12 s"
ended hang "a hang" 3 "guest hangs: no sign of life for 30 s"
has "its log is saved" err "kernel log is in ./irqstorm-guest-|cannot save|console is empty"

# What is waited for must not be found in what another left.
rm -f out err
"$IRQSTORM" guest --accel tcg -- "$PROGRAM" sigint code 4 >out 2>err </dev/null &
pid=$!
wait_for out waiting
qemu=$(pgrep -P $pid qemu)
kill -INT $pid
wait $pid
code=$?
[ $code = 130 ] && ok "Ctrl-C lets the subcommand end" || bad "Ctrl-C lets it end" "exit $code"
has "its last words arrive" out "got SIGINT"
has "and it is said that it was stopped" err "STOPPED  by SIGINT: the subcommand ended with exit code 4"
gone "no qemu is left" "$qemu"

rm -f out err
"$IRQSTORM" guest --accel tcg -- "$PROGRAM" say waiting hang >out 2>err </dev/null &
pid=$!
wait_for out waiting
qemu=$(pgrep -P $pid qemu)
kill -INT $pid
wait_for err "once more kills"
kill -INT $pid
wait $pid
code=$?
[ $code = 130 ] && ok "a second Ctrl-C kills" || bad "a second Ctrl-C kills" "exit $code"
gone "no qemu is left" "$qemu"

"$IRQSTORM" guest --accel tcg -- info --target vfio:auto --json never.json >out 2>err </dev/null &
pid=$!
for _ in $(seq 100); do qemu=$(pgrep -P $pid qemu) && break || sleep 0.1; done
kill -TERM $pid
wait $pid
code=$?
[ $code = 143 ] && ok "SIGTERM while booting" || bad "SIGTERM while booting" "exit $code"
has "and it is said that it was stopped" err "STOPPED  by SIGTERM: "
gone "no qemu is left" "$qemu"
[ -z "$(ls never.json* 2>/dev/null)" ] && ok "no half result is left" ||
	bad "no half result is left" "$(ls never.json*)"
finish
