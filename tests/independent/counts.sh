#!/bin/bash
# SPDX-License-Identifier: MIT
# The counts of `irqstorm stress`, seen from outside by strace: every write to an eventfd, and the
# sum of what was read from them. strace slows the run down, which changes no count.
# Exit codes: 0 every count is the same; 1 one differs; 2 usage; 3 a run failed; 4 skipped: strace
# cannot trace here.
usage='usage: counts.sh [IRQSTORM]'
set -u
. "$(dirname "$0")/common.sh"
[ $# -le 1 ] || die 2 "$usage"
irqstorm=${1:-$here/../../build/release/harness/cli/irqstorm}
[ -x "$irqstorm" ] || die 2 "no program $irqstorm: build it (cmake --preset release) or name it"
command -v strace >"$tmp/log" || die 4 "skipped: no strace (Debian: apt-get install strace)"
strace -o "$tmp/log" true 2>"$tmp/why" ||
	die 4 "skipped: strace cannot trace here: $(tail -1 "$tmp/why")"

# Runs a storm; sets writes, reads and signals to what strace saw of its eventfds.
trace() { # STRESS-OPTIONS...
	local code
	rm -f "$tmp"/trace.*
	# a file a thread: no call is cut in two by another's; -xx and -y: bytes and files in hex
	strace -ff -qq -xx -y -e trace=read,write -o "$tmp/trace" "$irqstorm" stress "$@" \
		--consumer epoll --duration 300ms --seed 1 --no-control --quiet \
		--json "$tmp/run.json" >"$tmp/log" 2>&1
	code=$?
	[ $code -le 1 ] || die 3 "irqstorm stress $* failed: $(tail -1 "$tmp/log")"
	read -r writes reads signals < <(awk '
		function hex(text,   high) {
			high = index(digits, substr(text, 1, 1)) - 1
			return 16 * high + index(digits, substr(text, 2, 1)) - 1
		}
		BEGIN {
			digits = "0123456789abcdef"
			eventfd = "\\x5b\\x65\\x76\\x65\\x6e\\x74\\x66\\x64\\x5d>, \"" # [eventfd]
		}
		!(at = index($0, eventfd)) || !/ = 8$/ { next }
		/^write/ { writes++ }
		/^read/ {
			reads++
			bytes = substr($0, at + length(eventfd))
			for (i = 7; i >= 0; i--) # the lowest first, each as \x01
				n = (i == 7 ? 0 : n) * 256 + hex(substr(bytes, 4 * i + 3, 2))
			signals += n
		}
		END { print writes + 0, reads + 0, signals + 0 }' "$tmp"/trace.*)
}

stress() { # KEY [OBJECT]: what the storm said of itself
	local n
	n=$(value "$tmp/run.json" "$@")
	echo "${n:-0}" # planted is there with a fault only
}

status=0
same() { # WHAT SEEN SAID
	[ "$2" = "$3" ] && return
	echo "$1: seen $2, irqstorm says $3"
	status=1
}

check() { # NAME STRESS-OPTIONS...
	local name=$1 fired dropped doubled
	shift
	trace "$@"
	[ "$writes" -gt 0 ] || die 3 "strace saw no write to an eventfd in: $*"
	fired=$(stress fired) dropped=$(stress drop planted) doubled=$(stress double planted)
	printf '%-9s %s fires; %s writes, %s signals in %s reads; planted: %s dropped, %s doubled;' \
		"$name" "$fired" "$writes" "$signals" "$reads" "$dropped" "$doubled"
	printf ' reported: %s lost without an explanation, %s spurious\n' "$(stress unexplained lost)" \
		"$(stress spurious)"
	same "$name: signals read" "$signals" \
		$(($(stress delivered) + $(stress spurious) + $(stress misrouted) + $(stress stale)))
	same "$name: reads" "$reads" "$(stress wakeups)"
	same "$name: signals that were written, not read" $((writes - signals)) 0
	case $* in
	*teardown*)
		same "$name: fires that brought no signal" $((fired - writes)) $(($(stress total lost) +
			$(stress coalesced) + $(stress unarmed)))
		;;
	*)
		same "$name: writes" "$writes" $((fired - dropped + doubled))
		same "$name: lost without an explanation" "$dropped" "$(stress unexplained lost)"
		same "$name: spurious" "$doubled" "$(stress spurious)"
		;;
	esac
}

check plain --vectors 4 --stable 4 --mode open --rate 3k
check closed --vectors 4 --stable 4 --mode closed --rate 3k
check dropped --target emu:fault=drop:7 --vectors 4 --stable 4 --mode closed --rate 3k
check doubled --target emu:fault=double:7 --vectors 4 --stable 4 --mode closed --rate 3k
check teardown --vectors 4 --mode open --rate 3k --resize teardown --resize-rate 200
[ $status != 0 ] || echo "every count is the same"
exit $status
