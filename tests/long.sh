#!/bin/bash
# SPDX-License-Identifier: MIT
# Tests of random inputs at full length, which `bootstrap test` runs shortened (ctest label long):
#
#	tests/long.sh                        each, in the presets that have it
#	tests/long.sh --only PRESET-TEST...  these
#
# Built in a folder of its own below $IRQSTORM_LONG_DIR (default: a new folder of TMPDIR, removed at the end if all passed).
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/tests/lib.sh"
only_of 8 "$@"
work=${IRQSTORM_LONG_DIR:-$(mktemp -d)}
mkdir -p "$work" || exit 3
trap '[ -n "${IRQSTORM_LONG_DIR:-}" ] || [ "$failed" != 0 ] || rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

for preset in release debug tsan; do
	[ ${#only[@]} = 0 ] || [[ " ${only[*]}" = *" $preset-"* ]] || continue
	build=$work/$preset log=$work/$preset.log launcher=
	(cd "$top" && cmake --preset $preset -B "$build" -DIRQSTORM_TESTS=ON -DIRQSTORM_LONG=ON &&
		cmake --build "$build" --target long_tests) >"$log" 2>&1 || {
		result "$preset-build" 0 "$(grep -m3 -E 'error|Error' "$log"); see $log"
		continue
	}
	# Recent kernels place mappings where ThreadSanitizer's runtime does not expect them.
	[ $preset != tsan ] || launcher="setarch $(uname -m) -R"
	tests=$(ctest --test-dir "$build" -N -L long | sed -n 's/^ *Test *#[0-9]*: //p')
	[ -n "$tests" ] || result "$preset-tests" 0 "no test of $build has the label long"
	for test in $tests; do
		[ ${#only[@]} = 0 ] || [[ " ${only[*]} " = *" $preset-$test "* ]] || continue
		$launcher ctest --test-dir "$build" -R "^$test\$" -V --timeout 7200 >"$work/$preset-$test.log" 2>&1
		result "$preset-$test" $((1 - $?)) \
			"$(grep -m3 -E 'not ok|SUMMARY: |\*\*\*' "$work/$preset-$test.log"); see $work/$preset-$test.log"
	done
done
[ $((passed + failed)) != 0 ] || result "${only[*]}" 0 "there is no such test"
finish
