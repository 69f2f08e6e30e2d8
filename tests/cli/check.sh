# SPDX-License-Identifier: MIT
# For tests of the command line: runs $bin and looks at exit code and output. Needs lib.sh.

# check NAME EXIT REGEX ARGS...: the regex must match stdout or stderr
check() {
	local name=$1 want=$2 regex=$3 out code
	shift 3
	out=$("$bin" "$@" 2>&1 </dev/null)
	code=$?
	if [ "$code" != "$want" ]; then
		result "$name" 0 "exit $code, not $want: $(echo "$out" | tail -3)"
	elif ! echo "$out" | grep -Eq -- "$regex"; then
		result "$name" 0 "no '$regex' in: $(echo "$out" | tail -3)"
	else
		result "$name" 1 ""
	fi
}

# one_line NAME EXIT REGEX ARGS...: as check, and an error is a single line on stderr
one_line() {
	local name=$1 lines
	check "$@"
	shift 3
	lines=$("$bin" "$@" 2>&1 >/dev/null </dev/null | grep -vc '^seed 0x')
	[ "$lines" = 1 ] || result "$name in one line" 0 "$lines lines"
}

json() { # FILE KEY...
	python3 -c '
import json, sys
v = json.load(open(sys.argv[1]))
for k in sys.argv[2:]:
    v = v[int(k) if isinstance(v, list) else k]
print(v)' "$@"
}
