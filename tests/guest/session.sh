# SPDX-License-Identifier: MIT
# For tests of sessions: what the last call, which left out, err and code, came to. Needs lib.sh.

has() { # NAME CODE PATTERN [FILE...]: in out and err, or the files
	local name=$1 want=$2 pattern=$3
	shift 3
	[ $# -gt 0 ] || set -- out err
	[ $code = "$want" ] && grep -Eq -- "$pattern" "$@"
	result "$name" $((1 - $?)) "exit $code, not $want, or no '$pattern' in: $(cat out err | head -20)"
}

gone() { # NAME PID...: none of the processes is there, soon
	local name=$1
	shift
	# shellcheck disable=SC2086 # a list in one word, too
	set -- ${*:?no process to look for}
	for _ in $(seq 300); do
		kill -0 "$@" 2>/dev/null || break
		sleep 0.1
	done
	kill -0 "$@" 2>/dev/null
	result "$name" $(($? != 0)) "process $* still runs"
}
