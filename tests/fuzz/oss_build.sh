#!/bin/bash
# SPDX-License-Identifier: MIT
# The OSS-Fuzz build with nothing given, and one of its targets for a moment.
#   oss_build.sh BUILD-FOLDER
set -u
. "$(dirname "$0")/../lib.sh"
out=$1/oss-out

# Without clang this fails, as it should: a check that skips itself checks nothing.
env -u CC -u CXX -u CFLAGS -u CXXFLAGS -u LIB_FUZZING_ENGINE -u SANITIZER OUT="$out" WORK="$1/oss-work" \
	"$root/fuzz/oss-fuzz-build.sh" >"$1/oss.log" 2>&1
result "builds with nothing given" $(($? == 0)) "$(tail -5 "$1/oss.log")"
for t in fuzz_irq_program fuzz_irq_faults fuzz_irq_interleave fuzz_set_irqs_raw fuzz_program_text fuzz_msix_guest fuzz_storm; do
	result "$t: program, seeds, options" \
		$([ -x "$out/$t" ] && [ -s "$out/${t}_seed_corpus.zip" ] && [ -s "$out/$t.options" ] && echo 1 || echo 0) \
		"missing in $out"
done
log=$("$out/fuzz_irq_program" -error_exitcode=1 -runs=1000 -seed=1 2>&1)
result "fuzz_irq_program: 1000 runs" $(($? == 0)) "$(tail -5 <<<"$log")"
finish
