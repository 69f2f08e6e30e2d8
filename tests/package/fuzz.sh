#!/bin/bash
# SPDX-License-Identifier: MIT
# The package irqstorm-fuzz: what is in it, and that the program of the package irqstorm finds it when both are installed.
# The builds that it is made of are configured, and what they would build are stubs: packaging/packages.sh builds them.
# Usage: fuzz.sh CMAKE CPACK BUILD-FOLDER
set -u
CMAKE=$1 CPACK=$2 BUILD=$3
source=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=../lib.sh
. "$source/tests/lib.sh"
if ! command -v clang >/dev/null; then
	skip "the package irqstorm-fuzz" "no clang: apt-get install clang libclang-rt-dev"
	finish
fi
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
cd "$TMP" || exit 3
export IRQSTORM_FUZZ_BUILDS=$TMP/builds

pack() { "$CPACK" --config "$BUILD/CPackFuzzConfig.cmake" -B "$TMP/out" 2>&1; }
why=$(pack)
result "without the builds it says which are missing" "$([ $? != 0 ] && grep -q 'cmake --preset fuzz-bare' <<<"$why" && echo 1)" "$why"

targets=$(cd "$source/fuzz" && ls fuzz_*.c | sed 's/\.c$//')
for preset in fuzz-bare zoo; do
	"$CMAKE" -S "$source" --preset $preset -B "builds/$preset" >configure.log 2>&1 || {
		result "preset $preset" 0 "$(tail -3 configure.log)"
		finish
	}
	for target in $targets; do
		printf '#!/bin/sh\n# stat::number_of_executed_units\n' >"builds/$preset/fuzz/$target"
	done
done
mkdir -p builds/zoo/harness/cli
printf '#!/bin/sh\n' >builds/zoo/harness/cli/irqstorm
find builds -type f \( -name 'fuzz_*' -o -name irqstorm \) -exec chmod +x {} +
why=$(pack)
deb=$(echo out/irqstorm-fuzz_*.deb)
result "cpack makes it" "$([ -f "$deb" ] && echo 1)" "$why"
[ -f "$deb" ] || finish
"$CPACK" --config "$BUILD/CPackConfig.cmake" -B "$TMP/out" >/dev/null 2>&1
main=$(echo out/irqstorm_*.deb)
version=$(dpkg-deb -f "$main" Version)
result "it is of the same version" "$([ "$(dpkg-deb -f "$deb" Version)" = "$version" ] && echo 1)" "$(dpkg-deb -f "$deb" Version)"
result "and needs that of irqstorm" "$(dpkg-deb -f "$deb" Depends | grep -qF "irqstorm (= $version)" && echo 1)" \
	"$(dpkg-deb -f "$deb" Depends)"
dpkg-deb -x "$main" root && dpkg-deb -x "$deb" root
for preset in fuzz-bare zoo; do
	why=$(for target in $targets; do [ -x root/usr/libexec/irqstorm/$preset/fuzz/$target ] || echo $target; done)
	result "every target of $preset is in it" "$([ -z "$why" ] && echo 1)" "$why"
done
why=$(find root/usr/libexec -perm /022 ! -type l)
result "nobody else may write to them" "$([ -z "$why" ] && echo 1)" "$why"

# As installed: no build folder, no source, and no clang.
list() { env -i HOME="$TMP" PATH=/none root/usr/bin/irqstorm nightly --list --kernels none; }
list >with
why=$(grep -E '^(campaign|zoo)-libfuzzer' with | grep -v fuzz_irq_device)
result "a night has its campaigns" "$([ "$(grep -c '^campaign-libfuzzer' <<<"$why")" -ge 8 ] &&
	! grep -q 'no fuzz target' <<<"$why" && echo 1)" "$why"
result "and its zoo" "$(grep '^zoo-libfuzzer' with | grep -qv 'no build of preset zoo' && echo 1)" "$(grep '^zoo' with)"
env -i HOME="$TMP" PATH=/none root/usr/bin/irqstorm doctor >doctor 2>&1
result "doctor knows it" "$(grep -q '^Fuzzing .*: can be used' doctor && grep -qE '^  ok +libFuzzer .*irqstorm-fuzz' doctor &&
	echo 1)" "$(grep -A3 '^Fuzzing' doctor)"
rm -r root/usr/libexec
list >without
result "without it they are named, with what to install" "$(grep '^campaign-libfuzzer-fuzz_irq_program' without |
	grep -q 'install irqstorm-fuzz' && grep '^zoo-libfuzzer' without | grep -q 'install irqstorm-fuzz' && echo 1)" "$(cat without)"
if command -v lintian >/dev/null; then
	why=$(lintian --allow-root --fail-on error,warning "$deb" 2>&1)
	result "lintian has nothing to say" "$([ $? = 0 ] && [ -z "$why" ] && echo 1)" "$why"
else
	skip "lintian has nothing to say" "no lintian: apt-get install lintian"
fi
finish
