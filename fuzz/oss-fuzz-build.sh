#!/bin/bash -eu
# SPDX-License-Identifier: MIT
# Builds the fuzz targets as OSS-Fuzz and ClusterFuzzLite want them: into $OUT, with seed corpora,
# dictionaries and options beside them. There everything is given; on a laptop nothing needs to be:
#   OUT=/somewhere fuzz/oss-fuzz-build.sh
root=$(cd "$(dirname "$0")/.." && pwd)
export CC=${CC:-clang} CXX=${CXX:-clang++}
SANITIZER=${SANITIZER:-address}
if [ -z "${CFLAGS+set}" ]; then
	case $SANITIZER in
	address) CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=address,fuzzer-no-link" ;;
	undefined) CFLAGS="-O1 -g -fsanitize=undefined,fuzzer-no-link" ;;
	none) CFLAGS="-O2 -g -fsanitize=fuzzer-no-link" ;;
	*) CFLAGS="-O1 -g -fsanitize=$SANITIZER,fuzzer-no-link" ;;
	esac
fi
export CFLAGS CXXFLAGS=${CXXFLAGS:-$CFLAGS}
LIB_FUZZING_ENGINE=${LIB_FUZZING_ENGINE:--fsanitize=fuzzer}
OUT=${OUT:-$root/build/oss-fuzz/out} WORK=${WORK:-$root/build/oss-fuzz/work}
mkdir -p "$OUT" "$WORK"

# What turns seeds into inputs runs here: without the engine and its flags.
(
	unset CFLAGS CXXFLAGS
	cmake -S "$root" -B "$WORK/seeds" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS=-O0 -DIRQSTORM_TESTS=OFF
	ninja -C "$WORK/seeds" fuzz/all
) >"$WORK/seeds.log" 2>&1 || {
	tail -20 "$WORK/seeds.log"
	exit 3
}
# The flags, the engine and its library are the environment's. Linked as C++, which engines are.
cmake -S "$root" -B "$WORK/fuzz" -G Ninja -DCMAKE_BUILD_TYPE=None -DIRQSTORM_TESTS=OFF \
	-DIRQSTORM_WERROR=OFF -DIRQSTORM_FUZZ=libfuzzer -DIRQSTORM_FUZZ_LIBRARY="$LIB_FUZZING_ENGINE" \
	>"$WORK/fuzz.log" 2>&1 && ninja -C "$WORK/fuzz" fuzz/all >>"$WORK/fuzz.log" 2>&1 || {
	tail -20 "$WORK/fuzz.log"
	exit 3
}

for source in "$root"/fuzz/fuzz_*.c; do
	t=$(basename "$source" .c)
	case $t in
	fuzz_empty | fuzz_irq_device) continue ;; # nothing to find, and no device there
	esac
	cp "$WORK/fuzz/fuzz/$t" "$OUT/"
	rm -rf "$WORK/$t"
	IRQSTORM_BUILD=$WORK/none IRQSTORM_REPLAY=$WORK/seeds/fuzz "$root/fuzz/corpus.sh" seeds "$t" "$WORK/$t"
	rm -f "$OUT/${t}_seed_corpus.zip"
	(cd "$WORK/$t" && python3 -m zipfile -c "$OUT/${t}_seed_corpus.zip" ./*)
	for extra in "$root/fuzz/dict/$t.dict" "$root/fuzz/$t.options"; do
		[ ! -f "$extra" ] || cp "$extra" "$OUT/"
	done
done
ls "$OUT"
