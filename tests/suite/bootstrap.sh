#!/bin/bash
# SPDX-License-Identifier: MIT
# ./bootstrap test with a compiler, a main job and tests that are played by scripts: what fails is told,
# and nothing goes on behind its back. Usage: bootstrap.sh
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/lib.sh"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/path" "$tmp/tree/tests/suite" "$tmp/tree/cmake" || exit 3
cd "$tmp/tree" || exit 3
cp "$top/bootstrap" .
printf '#!/bin/sh\nexit 0\n' >cmake/arm64-root.sh # fetches libraries of arm64
chmod +x cmake/arm64-root.sh
cp "$top/tests/suite/suite.py" tests/suite

program() { # NAME: what it does follows
	{ echo '#!/bin/bash' && cat; } >"$tmp/path/$1"
	chmod +x "$tmp/path/$1"
}
program dpkg-query <<<'echo install ok installed'
program apt-cache <<<'exit 0'
# a minute is short
program sleep <<-'EOT'
	[ "$1" != 60 ] || set -- 1
	exec /bin/sleep "$1"
EOT
# cmake --preset PRESET ..., cmake --build --preset PRESET; $BREAK does not build, $SLOW takes its time
program cmake <<-'EOT'
	if [ "$1" = --preset ]; then
		mkdir -p "build/$2/harness/cli"
		echo IRQSTORM_SANITIZE:STRING= >"build/$2/CMakeCache.txt"
		cat >"build/$2/CTestTestfile.cmake" <<-EOF
			add_test(fast "/bin/sh" "-c" "echo 3 passed, 0 failed, 0 skipped")
			add_test(boots "/bin/sh" "-c" "echo 2 passed, ${BOOTS:-0} failed, 0 skipped")
			set_tests_properties(boots PROPERTIES LABELS guest)
		EOF
		exit
	fi
	printf '#!/bin/sh\n[ "$1" != bench ] || exit %d\n' "${BENCH:-0}" >"build/$3/harness/cli/irqstorm"
	chmod +x "build/$3/harness/cli/irqstorm"
	echo '[21/584] Building C object'
	[ "$3" != "${SLOW:-}" ] || sleep 4
	[ "$3" != "${HANG:-}" ] || sleep 987
	[ "$3" != "${BREAK:-}" ] || { echo 'x.c:1: error: planted'; exit 1; }
EOT

bootstrap() { # [NAME=VALUE...] OPTION...: sets code and last, fills out
	rm -rf build
	env PATH="$tmp/path:$PATH" "$@" >out 2>&1
	code=$?
	last=$(tail -n 1 out)
}

is() { # NAME CODE PATTERN...: of the last run
	local name=$1 want=$2 pattern ok=1
	shift 2
	[ "$code" = "$want" ] || ok=0
	for pattern; do
		grep -Eq -- "$pattern" out || ok=0
	done
	result "$name" $ok "exit $code, not $want, or not all of $*: $(cat out)"
}

bootstrap SLOW=tsan ./bootstrap test
is "everything passes" 0 '^suite: release: 5 passed' '^suite: debug: 5 passed' '^suite: tsan: 5 passed'
result "the sum is the last line" $([ "$last" = "15 passed, 0 failed, 0 skipped" ] && echo 1 || echo 0) "$(cat out)"
is "while it builds it says what it is at" 0 \
	'^bootstrap: 0 min: building tsan; then release-clang and the tests \[21/584\]$'
for preset in release debug tsan release-clang arm64; do
	[ -x build/$preset/harness/cli/irqstorm ]
	result "$preset is built" $((1 - $?)) "$(ls build)"
done

bootstrap ./bootstrap test --quick
is "--quick leaves the guests out" 0 '^9 passed, 0 failed, 0 skipped$'
[ ! -e build/arm64 ]
result "and what only they need" $((1 - $?)) "$(ls build)"
bootstrap ./bootstrap test --quikc
is "an option that is none" 3 '^bootstrap: --quikc: no option of test'

bootstrap BOOTS=1 ./bootstrap test
is "a test that fails" 1 '^suite: FAILED release/boots: ' '^suite: FAILED tsan/boots: '
result "is in the last line" $([ "$last" = "15 passed, 3 failed, 0 skipped" ] && echo 1 || echo 0) "$(cat out)"

for preset in release tsan; do
	bootstrap BREAK=$preset ./bootstrap test
	is "$preset does not build" 3 '^x.c:1: error: planted$' \
		"^bootstrap: the $preset build failed, see build/$preset.log$"
	result "and no test of it is said to pass" $((! $(grep -c ' passed, ' out))) "$(cat out)"
done

bootstrap BENCH=1 HANG=debug ./bootstrap test
is "a main job with a finding" 3 '^bootstrap: the main job failed, exit code 1$'
for _ in $(seq 50); do
	pgrep -f 'sleep 987' >/dev/null || break
	/bin/sleep 0.1
done
result "ends the builds, too" $((! $(pgrep -fc 'sleep 987'))) "$(pgrep -fa 'sleep 987')"
finish
