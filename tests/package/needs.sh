#!/bin/bash
# SPDX-License-Identifier: MIT
# What is missing when the tree is configured is a line that names the package. Usage: needs.sh CMAKE
set -u
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
CMAKE=$1
folder TMP
cd "$TMP" || exit 3

# pkg-config knows these alone, and needs nothing of them.
knows() { # MODULE...
	rm -rf pc
	mkdir pc
	for module in "$@"; do
		printf 'Name: x\nDescription: x\nVersion: 99\n' >"pc/$module.pc"
	done
}
configure() { # CMAKE-OPTION...
	rm -rf build
	PKG_CONFIG_LIBDIR=$TMP/pc PKG_CONFIG_PATH='' "$CMAKE" -G Ninja -S "$root" -B build "$@" >out 2>&1
}
wants() { # PACKAGE LINE CMAKE-OPTION...
	local package=$1 line=$2
	shift 2
	configure "$@"
	result "without $package" "$([ $? != 0 ] && grep -qF "$line" out && echo 1)" "$(grep -A3 'CMake Error' out)"
}

knows
wants liburing-dev 'liburing is missing: apt-get install liburing-dev'
knows liburing
wants libjansson-dev 'jansson is missing: apt-get install libjansson-dev'
knows liburing jansson
configure
result "a user needs no Criterion" "$([ $? = 0 ] && echo 1)" "$(tail -3 out)"
result "and gets warnings, none of them an error" "$(grep -q -e -Wconversion build/build.ninja &&
	! grep -q -e -Werror build/build.ninja && echo 1)" "$(grep -m1 -o -e '-W.*' build/build.ninja)"
# of a clone, by the preset that README names
preset() { PKG_CONFIG_LIBDIR=$TMP/pc PKG_CONFIG_PATH='' "$CMAKE" -S "$root" -B preset --preset release >out 2>&1; }
preset
result "nor does the preset release want it" "$([ $? = 0 ] && echo 1)" "$(grep -A3 'CMake Error' out)"
wants libcriterion-dev 'criterion is missing: apt-get install libcriterion-dev' -DIRQSTORM_TESTS=ON
wants pkg-config 'pkg-config is missing: apt-get install pkg-config' -DPKG_CONFIG_EXECUTABLE=/none/pkg-config
finish
