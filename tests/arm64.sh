#!/bin/bash
# SPDX-License-Identifier: MIT
# The unit tests as programs of arm64, on any machine:
#
#	tests/arm64.sh                   all of them
#	tests/arm64.sh --only TEST...    these, as they are called in the build folder: test_exec
#
# They are cross-built (preset arm64, tests/static in Criterion's place) and run by qemu-user, which has no kernel of
# its own. What that cannot do is run in a guest of debian:7.3/arm64, booted once: the table below says what, and why.
# A guest has no shell, so tests that call one stay outside. What no one can run is skipped.
#
# Built in $IRQSTORM_ARM64_DIR (default: build/arm64-tests), with an irqstorm of this machine beside, which boots the guest.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/tests/lib.sh"
only_of 13 "$@"
builds=$(realpath -m "${IRQSTORM_ARM64_DIR:-$top/build/arm64-tests}")
build=$builds/arm64
irqstorm=$builds/release/harness/cli/irqstorm
folder work
at_end() { [ ! -d "$work/s" ] || "$irqstorm" guest --session "$work/s" --end >/dev/null 2>&1; }

# TEST  SUITE[.NAME]  why qemu-user cannot: then it is run in the guest; "nowhere" in front: not there either
elsewhere=$(grep -v '^#' <<'LIST'
test_admit       admit         epoll_pwait2 is not there: storms do not run
test_engine      engine        epoll_pwait2 and io_uring are not there: storms do not run
test_promise     promise       epoll_pwait2 is not there: storms do not run
test_segments    segments      epoll_pwait2 is not there: the control does not run
test_ring        ring          io_uring is not there
test_guest_units needs         filters of system calls (seccomp) are taken and do nothing
test_vfio        guard         an ioctl that it does not know is not passed on
test_vfio        open.a_node_that_is_no_vfio nowhere: an ioctl that it does not know is not passed on, and it calls a shell
LIST
)

for program in aarch64-linux-gnu-gcc qemu-aarch64-static cmake ninja; do
	command -v $program >/dev/null && continue
	skip "unit tests of arm64" "no $program: apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static cmake ninja-build"
	finish
done
log=$work/build.log
{
	"$top/cmake/arm64-root.sh" "$top/build/arm64-root" liburing-dev libjansson-dev &&
		cd "$top" && cmake --preset arm64 -B "$build" -DIRQSTORM_TESTS=ON &&
		cmake --build "$build" --target unit_tests irqstorm &&
		cmake --preset release -B "$builds/release" -DIRQSTORM_TESTS=OFF &&
		cmake --build "$builds/release" --target irqstorm
} >"$log" 2>&1 || {
	result "arm64-build" 0 "$(grep -m3 -E 'error|Error|arm64-root' "$log" || tail -n 3 "$log")"
	finish
}
result "arm64-build" 1

# judge NAME CODE OUTPUT: the closing line of tests/static/main.c
judge() {
	if [ "$2" = 0 ]; then
		result "$1: $(tail -n 1 "$3")" 1
	else
		result "$1" 0 "exit $2: $(grep -B2 '^not ok' "$3" | head -n 9; tail -n 2 "$3")"
	fi
}

cd "$work" || exit 3
export LC_ALL=C
mapfile -t tests < <(find "$build/tests" -name 'test_*' -type f -perm -u+x | sort)
[ ${#tests[@]} -gt 20 ] || result "arm64-tests" 0 "${#tests[@]} in $build/tests"
chosen() { [ ${#only[@]} = 0 ] || [[ " ${only[*]} " = *" $1 "* ]]; }
for test in "${tests[@]}"; do
	name=${test##*/}
	chosen "$name" || continue
	mapfile -t out < <(awk -v t="$name" '$1 == t { print $2 }' <<<"$elsewhere")
	timeout 900 qemu-aarch64-static "$test" "${out[@]}" >out 2>&1
	code=$?
	# all of it is done elsewhere
	[ ${#out[@]} -gt 0 ] && grep -q '^0 passed, 0 failed' out || judge "$name (qemu-user)" $code out
done
while read -r name what why; do
	chosen "$name" || continue
	case $why in nowhere*)
		skip "$name ($what)" "${why#nowhere: }"
		continue
		;;
	esac
	test=$(printf '%s\n' "${tests[@]}" | grep "/$name\$")
	"$irqstorm" guest --session s --kernel debian:7.3/arm64 --smp 2 --idle 10m --quiet -- "$test" "+$what" >out 2>err </dev/null
	code=$?
	if [ $code = 3 ] && ! grep -q ' passed, ' out; then
		skip "$name ($what in a guest)" "$(grep -m1 '^irqstorm: ' err)"
	else
		judge "$name ($what in a guest; qemu-user: $why)" $code out
	fi
done <<<"$elsewhere"

# Its package says so, and wants the QEMU of its own guests.
if [ ${#only[@]} = 0 ]; then
	if command -v dpkg-deb >/dev/null; then
		cmake --build "$build" --target manual >out 2>&1 &&
			cpack --config "$build/CPackConfig.cmake" -B "$work/deb" >>out 2>&1
		deb=$(echo "$work"/deb/irqstorm_*_arm64.deb)
		says=$(dpkg-deb -f "$deb" Architecture Recommends 2>&1)
		[ "$says" = "$(printf 'Architecture: arm64\nRecommends: qemu-system-arm, xz-utils')" ]
		result "arm64-package is labelled so" $((!$?)) "$says $(tail -n 2 out)"
	else
		skip "arm64-package" "no dpkg-deb: apt-get install dpkg"
	fi
fi

# The same seed makes the same programs, and the emulator answers them alike.
if [ ${#only[@]} = 0 ]; then
	for seed in 1 2 3; do
		diff --brief <("$irqstorm" diff --seed $seed --ops 3000 2>/dev/null | grep ^digest) \
			<(qemu-aarch64-static "$build/harness/cli/irqstorm" diff --seed $seed --ops 3000 2>/dev/null | grep ^digest) >/dev/null
		result "arm64-seed-$seed has the digest that it has here" $((!$?)) "another"
	done
fi
finish
