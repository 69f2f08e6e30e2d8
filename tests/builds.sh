#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds the tree as others will, and runs its unit tests, cell by cell of a list:
#
#	tests/builds.sh                  every cell of Debian 12 and 13, each in a root of its own
#	tests/builds.sh --list           the cells
#	tests/builds.sh --only CELL...   these
#	tests/builds.sh --host CELL...   these, with the compilers of this machine and without a root
#
# Not the full product: each compiler, build type, option, liburing and Debian is in some cell, and so are pairs that
# have broken builds: optimisation levels with each compiler's warnings (a warning fails a cell), LTO with a
# compiler's own archiver, asserts gone at each level, FORTIFY_SOURCE with inlining.
#
# Roots are made by debootstrap, as root, below $IRQSTORM_ROOTS (default: ~/.cache/irqstorm/roots; 2 GB each), and
# used again; delete them at will. What is built is the tree as it is, without what git ignores. A row for each cell
# at the end; logs are kept below $IRQSTORM_BUILDS (default: a new folder of TMPDIR) when a cell fails.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/tests/lib.sh"

# NAME  DEBIAN  COMPILER  BUILD-TYPE  OPTIONS: ndebug, fortify, lto, dirs; plain: README's lines; package
cells=$(grep -v '^#' <<'LIST'
readme-12        12 cc        -              plain
gcc12-release    12 gcc-12    Release        -
gcc12-small-lto  12 gcc-12    MinSizeRel     lto
gcc12-fortify    12 gcc-12    RelWithDebInfo fortify
clang14-debug    12 clang-14  Debug          -
clang14-fortify  12 clang-14  Release        fortify
clang16-lto      12 clang-16  RelWithDebInfo lto
clang16-small    12 clang-16  MinSizeRel     ndebug
package-12       12 gcc-12    RelWithDebInfo package
readme-13        13 cc        -              plain
gcc14-release    13 gcc-14    Release        fortify
gcc14-lto        13 gcc-14    Release        lto
gcc14-debug      13 gcc-14    Debug          ndebug
gcc12-13         13 gcc-12    RelWithDebInfo ndebug
clang19-lto      13 clang-19  Release        lto
clang19-small    13 clang-19  MinSizeRel     fortify
clang19-dirs     13 clang-19  RelWithDebInfo dirs
package-13       13 gcc-14    RelWithDebInfo package
LIST
)
declare -A suites=([12]=bookworm [13]=trixie)
base="cmake ninja-build pkg-config gcc libc6-dev liburing-dev libjansson-dev"
declare -A packages=(
	[12]="gcc-12 clang-14 clang-16 lld-16 llvm-16"
	[13]="gcc-12 gcc-14 clang-19 lld-19 llvm-19"
)
tests="libcriterion-dev git python3 mandoc ccache dpkg-dev lintian"

die() {
	echo "builds.sh: $*" >&2
	exit 3
}

list() {
	printf '%-16s %-7s %-9s %-15s %s\n' cell Debian compiler "build type" options
	while read -r name debian cc type options; do
		printf '%-16s %-7s %-9s %-15s %s\n' "$name" "$debian" "$cc" "$type" "$options"
	done <<<"$cells"
}

only=() host=
case ${1:-} in
"") ;;
--list)
	list
	exit 0
	;;
--only) only=("${@:2}") ;;
--host) host=1 only=("${@:2}") ;;
*)
	sed -n '3,10s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac
[ $# -lt 1 ] || [ ${#only[@]} -gt 0 ] || die "$1 wants cells; see --list"
for cell in "${only[@]}"; do
	grep -q "^$cell " <<<"$cells" || die "there is no cell $cell; see --list"
done

roots=${IRQSTORM_ROOTS:-${XDG_CACHE_HOME:-$HOME/.cache}/irqstorm/roots}
logs=${IRQSTORM_BUILDS:-$(mktemp -d)}
mkdir -p "$logs" || exit 3
mounted=()

unmount() {
	local i
	for ((i = ${#mounted[@]} - 1; i >= 0; i--)); do
		umount -l "${mounted[i]}"
	done
	mounted=()
}
work=
clean() {
	unmount
	[ -z "$work" ] || rm -rf --one-file-system "$work"
	[ -n "${IRQSTORM_BUILDS:-}" ] || [ "$failed" != 0 ] || rm -rf "$logs"
}
trap clean EXIT
trap 'exit 130' INT TERM

# A root that has what cells need: made once, complete or not there.
make_root() { # DEBIAN
	local suite=${suites[$1]} root=$roots/${suites[$1]} list log=$logs/root-$1.log
	[ ! -e "$root/complete" ] || return 0
	[ "$(id -u)" = 0 ] || die "making a root needs root (debootstrap, chroot)"
	command -v debootstrap >/dev/null || die "no debootstrap: apt-get install debootstrap"
	echo "# making a root of Debian $1 in $root"
	rm -rf --one-file-system "$root"
	mkdir -p "$roots"
	debootstrap --variant=minbase "$suite" "$root" >"$log" 2>&1 || die "debootstrap failed, see $log"
	list=$root/etc/apt/sources.list
	# as this machine gets its packages; the suite's own otherwise
	apt-config dump | grep -iE '^Acquire::(https?|retries)' >"$root/etc/apt/apt.conf.d/90host"
	echo 'APT::Install-Recommends "false";' >"$root/etc/apt/apt.conf.d/99irqstorm"
	sed "s/ $suite / $suite-updates /" "$list" >"$list.d/updates.list"
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	enter "$root"
	# shellcheck disable=SC2086
	in_root "$root" "apt-get update && apt-get install -y $base $tests ${packages[$1]}" >>"$log" 2>&1 ||
		die "apt-get failed in $root, see $log"
	unmount
	touch "$root/complete"
}

enter() { # ROOT
	local m
	for m in proc sys dev; do
		mount --rbind "/$m" "$1/$m" && mount --make-rslave "$1/$m" || die "cannot mount $1/$m"
		mounted+=("$1/$m")
	done
}

in_root() { # ROOT COMMAND
	env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive \
		CCACHE_DIR=/var/cache/ccache chroot "$1" /bin/sh -c "$2"
}

# The tree as it is, without its repository: the version is then that of a tarball.
copy_tree() { # TO
	rm -rf --one-file-system "$1"
	mkdir -p "$1"
	if git -C "$top" rev-parse --git-dir >/dev/null 2>&1; then
		(cd "$top" && git ls-files -z --cached --others --exclude-standard | xargs -0 ls -d 2>/dev/null |
			tar -cT - ) | tar -xC "$1"
	else
		tar -cC "$top" --exclude ./build . | tar -xC "$1"
	fi
}

# The commands of a cell, run by sh in the source tree. Words are plain, no quotes.
script_of() { # CC TYPE OPTIONS
	local cc=$1 type=$2 options=$3 flags= cmake="-G Ninja -B build -DIRQSTORM_TESTS=ON"
	local v=${1##*-}
	if [ "$options" = plain ]; then
		# the lines of README.md, as they are
		sed -n '/^## Install/,/^## /s/^\(c\(make\|pack\) .*\)/\1/p' "$top/README.md" |
			sed 's/ *#.*//; s,--prefix /usr/local,--prefix ./installed,'
		echo "installed/bin/irqstorm run corpus/rules/intx_automask.irq"
		return
	fi
	[ "$type" = - ] || cmake+=" -DCMAKE_BUILD_TYPE=$type"
	cmake+=" -DCMAKE_C_COMPILER=$cc"
	! command -v ccache >/dev/null && [ -n "$host" ] || cmake+=" -DCMAKE_C_COMPILER_LAUNCHER=ccache"
	case ,$options, in *,ndebug,*) flags+=" -DNDEBUG" ;; esac
	case ,$options, in *,fortify,*) flags+=" -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3" ;; esac
	case ,$options, in
	*,lto,*)
		cmake+=" -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON"
		case $cc in clang*) cmake+=" -DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld-$v" ;; esac
		;;
	esac
	case $options in
	package)
		echo "cmake -G Ninja -B build -DCMAKE_BUILD_TYPE=$type -DCMAKE_C_COMPILER=$cc"
		echo "cmake --build build"
		echo "cpack --config build/CPackConfig.cmake -B build/package"
		echo "lintian --allow-root --fail-on error,warning build/package/irqstorm_*.deb"
		return
		;;
	esac
	case ,$options, in
	*,dirs,*) cmake+=" -DCMAKE_INSTALL_BINDIR=tools -DCMAKE_INSTALL_DATADIR=data -DCMAKE_INSTALL_MANDIR=pages" ;;
	esac
	echo "cmake $cmake ${flags:+'-DCMAKE_C_FLAGS=${flags# }'}"
	# before each change what the unit tests need, which is most of it; all of it every night
	[ -n "$host" ] && [ "${options/dirs/}" = "$options" ] && echo "cmake --build build --target irqstorm unit_tests" ||
		echo "cmake --build build"
	case ,$options, in
	*,dirs,*)
		echo "DESTDIR=\$PWD/dest cmake --install build --prefix /opt/storm"
		echo "[ -f dest/opt/storm/pages/man1/irqstorm-run.1.gz ]"
		echo "[ -f dest/opt/storm/data/irqstorm/corpus/rules/intx_automask.irq ]"
		echo "[ \"\$(ls dest) \$(ls dest/opt) \$(ls dest/opt/storm | tr '\\n' ' ')\" = 'opt storm data pages share tools ' ]"
		# moved as a whole, it finds its corpus
		echo "rm -rf ../away; mv dest/opt/storm ../away; (cd .. && away/tools/irqstorm gate --only rules)"
		;;
	esac
	echo "ctest --test-dir build -L unit --output-on-failure -j2"
}

one_cell() { # NAME DEBIAN CC TYPE OPTIONS
	local name=$1 root=$roots/${suites[$2]} log=$logs/$1.log start=$SECONDS code warnings units what ok
	if [ -n "$host" ] && ! command -v "$3" >/dev/null; then
		skip "$name" "no $3 on this machine"
		return
	fi
	script_of "$3" "$4" "$5" >"$logs/$name.sh"
	if [ -n "$host" ]; then
		work=$(mktemp -d)
		copy_tree "$work/src"
		(cd "$work/src" && nice sh -ex "$logs/$name.sh") >"$log" 2>&1 </dev/null
		code=$?
		rm -rf --one-file-system "$work"
		work=
	else
		# one at a time in a root
		mkdir -p "$roots" && exec 9>"$roots/${suites[$2]}.lock" && flock 9 || die "cannot lock $root"
		make_root "$2"
		enter "$root"
		copy_tree "$root/src"
		cp "$logs/$name.sh" "$root/cell.sh"
		in_root "$root" "cd /src && nice sh -ex /cell.sh" >"$log" 2>&1 </dev/null
		code=$?
		unmount
		rm -rf --one-file-system "$root/src" "$root/away"
		exec 9>&-
	fi
	warnings=$(grep -c 'warning: ' "$log")
	units=$(sed -n 's/^100% tests passed, .* out of //p' "$log")
	what="exit $code, $warnings warnings: $(grep -E 'error|warning: |FAILED|^[EW]: |\*\*\*' "$log" | head -3)"
	[ "$code" = 0 ] && [ "$warnings" = 0 ] && ok=1 || ok=0
	case $5 in plain | package) ;; *) [ -n "$units" ] || ok=0 ;; esac
	result "$name" $ok "$what; see $log"
	table+=$(printf -- '%-16s %-7s %-9s %-15s %-12s %-5s %-8s %4s s  %s' "$@" "${units:--}" "$warnings" \
		$((SECONDS - start)) "$([ $ok = 1 ] && echo ok || echo FAILED)")$'\n'
}

table=
while read -r name debian cc type options <&3; do
	[ ${#only[@]} = 0 ] || [[ " ${only[*]} " = *" $name "* ]] || continue
	one_cell "$name" "$debian" "$cc" "$type" "$options"
done 3<<<"$cells"
echo
printf '%-16s %-7s %-9s %-15s %-12s %-5s %-8s\n' cell Debian compiler "build type" options tests warnings
printf '%s' "$table"
finish
