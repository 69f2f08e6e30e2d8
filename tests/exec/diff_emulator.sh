#!/bin/bash
# SPDX-License-Identifier: MIT
# The emulator against the model: random programs and every small one, on both profiles.
# Usage: diff_emulator.sh IRQSTORM OPS DEPTH
set -u
. "$(dirname "$0")/../lib.sh"
bin=$1 ops=$2 depth=$3

agree() { # NAME ARGS...
	local name=$1 out
	shift
	out=$("$bin" "$@" --quiet 2>&1)
	[ $? = 0 ] && echo "$out" | grep -q '^0 divergences$'
	result "$name" $((1 - $?)) "$out"
}

for profile in 6.1 6.12; do
	agree "diff, $profile" diff --target emu:profile=$profile --ops "$ops" --seed 1
	agree "explore, $profile" explore --target emu:profile=$profile --depth "$depth"
done
# long programs: what is left of one state in the next
agree "diff, long programs" diff --ops "$ops" --length 400 --seed 2
finish
