#!/bin/bash
# SPDX-License-Identifier: MIT
# irqstorm kernel build, with a make that pretends: sources of a mirror of made-up packages and trees of the user's, what
# is said when something is missing, that a stopped build goes on, and that nothing is left half-written. No network.
#	build.sh IRQSTORM
set -u
bin=$(realpath "$1")
. "$(dirname "$0")/../lib.sh"
folder work
cd "$work" || exit 3
. "$here/../guest/fake_debian.sh"
unset IRQSTORM_MIRROR MAKEFLAGS
export XDG_CACHE_HOME=$work/cache

# A tree as far as it is looked at, with a name that its image gets.
tree() { # DIR NAME
	mkdir -p "$1/scripts/kconfig" "$1/drivers/vfio"
	touch "$1/Makefile" "$1/Kconfig" "$1/scripts/kconfig/Makefile" "$1/drivers/vfio/Kconfig"
	echo "$2" >"$1/name"
}

# make -C SOURCE O=OBJECTS ... TARGET. FAKE names what goes wrong.
mkdir fake
cat >fake/make <<'MAKE'
#!/bin/bash
[ "$1" = -C ] || exit 9
source=$2 target=${!#}
for word; do case $word in O=*) o=${word#O=} ;; esac; done
echo "$target $*" >>"$LOG"
case $target in
tinyconfig) echo "CONFIG_TINY=y" >"$o/.config" ;;
olddefconfig) # the last word about an option counts; FAKE=lose:X forgets X
	grep -v "^CONFIG_${FAKE#lose:}=" "$o/.config" >"$o/.new" && mv "$o/.new" "$o/.config" ;;
bzImage)
	echo "  CC      one.o"
	case ${FAKE:-} in
	full) echo "fatal error: error writing to one.s: No space left on device" >&2; exit 2 ;;
	broken) echo "one.c:1:1: error: expected a thing" >&2; echo "make[1]: *** [Makefile:1: one.o] Error 1" >&2; exit 2 ;;
	show) sleep 12 ;;
	slow) # a compiler that outlives what started it
		(sleep 15; echo late >"$o/late") &
		: >"$o/begun"
		sleep 60 ;;
	esac
	mkdir -p "$o/arch/x86/boot"
	cat "$source/name" >"$o/arch/x86/boot/bzImage"
	for f in System.map vmlinux; do echo $f >"$o/$f"; done ;;
esac
MAKE
chmod +x fake/make
export PATH=$work/fake:$PATH LOG=$work/log

check() { # NAME CODE PATTERN COMMAND...
	local name=$1 code=$2 pattern=$3 got
	shift 3
	timeout 300 "$@" >out 2>err </dev/null
	got=$?
	[ $got = "$code" ] && grep -Eq -- "$pattern" out err
	result "$name" $((!$?)) "exit $got, not $code, or no '$pattern': $(tail -n 3 out err)"
	[ "$code" = 0 ] || one_line "$name: in one line"
}

one_line() {
	[ "$(grep -c '^irqstorm: ' err)" = 1 ]
	result "$1" $((!$?)) "$(cat err)"
}

made() { # how often make was asked for an image
	grep -c '^bzImage' "$LOG" 2>/dev/null || true
}

nothing() { # NAME DIR: neither the result nor a part of it
	[ ! -e "$2" ] && [ ! -e "$2.new" ] && [ ! -e "$2.old" ]
	result "$1: leaves nothing half-written" $((!$?)) "$(ls -d "$2"*)"
}

tree mine first
check "no such recipe" 2 "must be one of plain, debug, kcov" "$bin" kernel build --config nice
check "a folder that is no source" 2 "no source of a kernel: it has no Makefile" "$bin" kernel build --source /tmp
check "a folder that is not there" 2 "No such file" "$bin" kernel build --source "$work/nowhere"
check "a word too much" 2 "unexpected word" "$bin" kernel build plain
mkdir "with blank" && tree "with blank/x" y
check "a folder that make cannot use" 2 "blanks or colons" "$bin" kernel build --source "with blank/x"
mkdir -p full && touch full/file
check "a folder of the user's is not replaced" 2 "no kernel that irqstorm has built" "$bin" kernel build --source mine -o full
[ -f full/file ]
result "and is as it was" $((!$?)) "$(ls full)"

check "an option that gets lost is named" 3 "does not take CONFIG_VFIO_DEVICE_CDEV=y" \
	env FAKE=lose:VFIO_DEVICE_CDEV "$bin" kernel build --source mine -o own
nothing "a configuration that does not do" own
check "a compiler's error" 3 "make bzImage failed.*one.c:1:1: error: expected a thing" \
	env FAKE=broken "$bin" kernel build --source mine -o own
nothing "a build that failed" own
check "a full disk" 3 "the disk is full: .*free some space" env FAKE=full "$bin" kernel build --source mine -o own
nothing "a full disk" own

# Killed in the middle, by a signal that it sees and by one that it does not.
for signal in TERM KILL; do
	rm -f "$XDG_CACHE_HOME"/irqstorm/objects/*/begun
	FAKE=slow "$bin" kernel build --source mine -o own >out 2>err </dev/null &
	pid=$!
	for _ in $(seq 600); do
		ls "$XDG_CACHE_HOME"/irqstorm/objects/*/begun >/dev/null 2>&1 && break
		sleep 0.1
	done
	kill -$signal $pid
	wait $pid 2>/dev/null
	if [ $signal = TERM ]; then
		one_line "stopped by SIG$signal"
		[ ! -e "$(echo "$XDG_CACHE_HOME"/irqstorm/objects/*-plain-*/late)" ]
		result "at once" $((!$?)) "$(cat err)"
	fi
	nothing "stopped by SIG$signal" own
done
# What the killed one has left running is waited for.
configured=$(grep -c '^tinyconfig' "$LOG")
check "goes on after that" 0 "^own/bzImage$" "$bin" kernel build --source mine -o own
late=$(ls "$XDG_CACHE_HOME"/irqstorm/objects/*/late 2>&1)
result "when the compilers of the killed one are done" $((!$?)) "$late"
[ "$(grep -c '^tinyconfig' "$LOG")" = "$configured" ]
result "with the configuration that it had" $((!$?)) "$(cut -d' ' -f1 "$LOG" | tail -n 5)"
[ "$(cat own/bzImage)" = first ] && [ -s own/config ] && [ -s own/System.map ] && grep -q "^config plain" own/made-of &&
	(cd own && sha256sum -c --quiet SHA256SUMS)
result "all of it is there, with sums" $((!$?)) "$(ls own)"
grep -q '^CONFIG_VFIO_DEVICE_CDEV=y$' own/config
result "what is only asked for goes into the configuration without its mark" \
	"$(grep -c '^CONFIG_SYSCTL=y$' own/config)" "$(grep SYSCTL own/config)"

check "what is done is told" 0 "^kernel: 1 objects$" env FAKE=show "$bin" kernel build --source mine --config debug -o dbg
rm -rf dbg/made-of "$XDG_CACHE_HOME"/irqstorm/objects/*-debug-*/
check "and of how many, once that is known" 0 "^kernel: 1 of about 1 objects$" \
	env FAKE=show "$bin" kernel build --source mine --config debug -o dbg2

# A tree of the user's may have changed, whatever it is called.
echo second >mine/name
check "a tree that has changed" 0 "^own/bzImage$" "$bin" kernel build --source mine -o own
result "is made again" "$([ "$(cat own/bzImage)" = second ] && echo 1 || echo 0)" "$(cat own/bzImage)"
find mine -newer own/bzImage -o -name '*.o' | grep -q .
result "and nothing was written into it" $? "$(find mine -newer own/bzImage)"

check "a recipe with folders of its own" 0 bzImage "$bin" kernel build --source mine --config kcov -o cov
tail -n 1 "$LOG" | grep -q 'KCOV_INSTRUMENT=$(if $(filter drivers/vfio drivers/vfio/pci drivers/pci/msi virt/lib,$(obj)),y)'
result "tells make which" $((!$?)) "$(tail -n 1 "$LOG")"
[ -s cov/vmlinux ]
result "and keeps the symbols" $((!$?)) "$(ls cov)"

# Tools that are missing are told by Debian's names of packages, all in one line.
mkdir few && for p in sh env gcc ld make awk tar xz sed cut uname; do ln -s "$(command -v $p)" few/; done
ln -sf "$work/fake/make" few/make
check "programs that are missing" 3 "flex, bison, bc; apt-get install flex bison bc$" \
	env PATH="$work/few" "$bin" kernel build --source mine -o third
nothing "programs that are missing" third
cat >few/gcc2 <<'GCC'
#!/bin/sh
case "$*" in *gelf.h*) exit 1 ;; esac
exit 0
GCC
chmod +x few/gcc2 && rm few/gcc && mv few/gcc2 few/gcc
for p in flex bison bc; do ln -s /bin/true few/$p; done
check "a header that is missing" 3 "gelf.h; apt-get install libelf-dev$" \
	env PATH="$work/few" "$bin" kernel build --source mine -o third

# From Debian: fetched, unpacked and built once.
mkdir -p deb/usr/src
tree linux-source-6.99 debian
tar -cJf deb/usr/src/linux-source-6.99.tar.xz linux-source-6.99
package linux-source-6.99 6.99.9-1
mkdir -p deb/usr/src
echo broken >deb/usr/src/linux-source-6.98.tar.xz
package linux-source-6.98 6.98.1-1
mkdir -p deb/usr/share
package linux-source-6.97 6.97.1-1
publish
use_mirror
sources=$XDG_CACHE_HOME/irqstorm/sources
check "a series that is not to be had" 3 "no source of it .linux-source-6.1.; there is 6.97, 6.98, 6.99" \
	"$bin" kernel build --source debian:6.1
check "not a series" 2 "want a series" "$bin" kernel build --source debian:6.99-rt
check "a source that is damaged" 3 "cannot unpack" "$bin" kernel build --source debian:6.98
check "a package without a source" 3 "holds no usr/src/linux-source-6.97.tar.xz" "$bin" kernel build --source debian:6.97
ls -A "$sources" | grep -qv '^\.lock'
result "neither is kept" $? "$(ls -A "$sources")"
check "Debian's source" 0 "own/linux-source-6.99_6.99.9-1-plain/bzImage$" "$bin" kernel build --source debian:6.99
before=$(made)
check "once is enough" 0 "nothing to do" "$bin" kernel build --source debian:newest
result "and make is not asked" "$([ "$(made)" = "$before" ] && echo 1 || echo 0)" "$(tail -n 3 "$LOG")"
echo x >>"$XDG_CACHE_HOME/irqstorm/own/linux-source-6.99_6.99.9-1-plain/bzImage"
check "a damaged one is seen" 0 "damaged: will be built again" "$bin" kernel list
check "and made again" 0 "own/linux-source-6.99_6.99.9-1-plain/bzImage$" "$bin" kernel build --source debian:6.99
check "the list has it" 0 "^built .*plain/bzImage  ok$" "$bin" kernel list
check "clear removes all" 0 "all that was built" "$bin" kernel clear
[ ! -e "$sources" ] && [ ! -e "$XDG_CACHE_HOME/irqstorm/own" ] && [ ! -e "$XDG_CACHE_HOME/irqstorm/objects" ]
result "and nothing is left" $((!$?)) "$(ls -A "$XDG_CACHE_HOME/irqstorm")"
finish
