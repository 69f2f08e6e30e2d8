#!/bin/bash
# SPDX-License-Identifier: MIT
# Kernels of Debian by name, from a mirror of made-up ones: what is to be had, what comes, what is kept, and what is
# said when something is wrong. No network, no guest.
#	kernels.sh IRQSTORM
set -u
bin=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
. "$here/../lib.sh"
work=$(mktemp -d) lost=$(mktemp -d)
trap 'rm -rf "$work" "$lost"' EXIT
cd "$work" || exit 3
. "$here/fake_debian.sh"
unset IRQSTORM_MIRROR IRQSTORM_GUEST
export TMPDIR=$lost XDG_CACHE_HOME=$work/cache
cache=$work/cache/irqstorm/kernels

# check NAME CODE PATTERN COMMAND...: the exit code, and an extended regular expression of both streams
check() {
	local name=$1 code=$2 pattern=$3 got
	shift 3
	timeout 600 "$@" >out 2>err </dev/null
	got=$?
	[ $got = "$code" ] && grep -Eq -- "$pattern" out err
	result "$name" $((!$?)) "exit $got, not $code, or no '$pattern': $(tail -n 3 out err)"
}

# one line of error, beside notes
one_line() {
	[ "$(grep -c '^irqstorm: ' err)" = 1 ] && ! grep -Evq '^(irqstorm|guest): ' err
	result "$1" $((!$?)) "$(cat err)"
}

nothing_of() { # NAME PATTERN: no entry, and nothing half made
	ls -A "$cache" 2>/dev/null | grep -v '^\.lock' | grep -q -- "$2"
	result "$1" $? "$(ls -A "$cache")"
}

has_entry() { # NAME ENTRY
	local e=$cache/$2
	[ -s "$e/vmlinuz" ] && [ "$(head -c 4 "$e/modules/vfio_pci.ko")" = $'\177ELF' ] &&
		(cd "$e" && sha256sum -c --quiet SHA256SUMS)
	result "$1" $((!$?)) "$(ls -lR "$e" 2>&1)"
}

kernel() { # the image's own name where the package lies: for a planted wrong one
	local says=${4:-$1}
	mkdir -p deb/boot
	bzimage "$says" >"deb/boot/vmlinuz-$1"
	modules "deb/lib/modules/$1" "${3:-}"
	package "linux-image-$1" "$2"
}

kernel 6.99.1+deb0-amd64 6.99.1-1
kernel 6.99.9+deb0-amd64 6.99.9-1
kernel 6.99.9+deb0-rt-amd64 6.99.9-1 .gz
kernel 6.99.9+deb0-cloud-amd64 6.99.9-1
kernel 6.98.0-3-amd64 6.98.17-1 .zst
split_kernel 7.9.2+deb0-amd64 7.9.2-1~bpo0+1
package linux-image-6.99-amd64 6.99.9-1 amd64 "linux-image-6.99.9+deb0-amd64 (= 6.99.9-1)"
package linux-image-amd64 7.9.2-1 amd64 "linux-base-amd64"
kernel 6.97.4+deb0-amd64 6.97.4-1 .xz 6.12.117+deb0-amd64
# of another architecture than its package
mkdir -p deb/boot
arm64_image >deb/boot/vmlinuz-6.96.1-amd64
modules deb/lib/modules/6.96.1-amd64
package linux-image-6.96.1-amd64 6.96.1-1
# no image; no vfio-pci; half of a kernel
mkdir -p deb/lib/modules/6.95.1-amd64
package linux-image-6.95.1-amd64 6.95.1-1
mkdir -p deb/boot
bzimage 6.94.1-amd64 >deb/boot/vmlinuz-6.94.1-amd64
package linux-image-6.94.1-amd64 6.94.1-1
package linux-image-6.93.1-amd64 6.93.1-1 amd64 "linux-modules-6.93.1-amd64 (= 6.93.1-1)"
mkdir -p deb/boot
arm64_image >deb/boot/vmlinuz-6.99.9+deb0-arm64
modules deb/lib/modules/6.99.9+deb0-arm64
package linux-image-6.99.9+deb0-arm64 6.99.9-1 arm64
publish
use_mirror

#
# What there is, and what comes
#
check "nothing is in an empty cache" 0 "no kernel in " "$bin" kernel list
check "what there is" 0 "^debian:6.99 +linux-image-6.99.9\+deb0-amd64 6.99.9-1$" "$bin" kernel list --available
[ "$(cut -d' ' -f1 out | tr '\n' ' ')" = "debian:6.93 debian:6.94 debian:6.95 debian:6.96 debian:6.97 debian:6.98 debian:6.99 debian:7.9 debian:6.99-rt " ]
result "each series once, in order, and nothing else" $((!$?)) "$(cat out)"
check "of another architecture, too" 0 "^debian:6.99/arm64 +linux-image-6.99.9\+deb0-arm64" \
	"$bin" kernel list --available --arch arm64
check "the newest of a series" 0 "/linux-image-6.99.9\+deb0-amd64_6.99.9-1$" "$bin" kernel fetch debian:6.99
has_entry "image and module are kept, whole" linux-image-6.99.9+deb0-amd64_6.99.9-1
check "several at once, one with modules by zstd" 0 "/linux-image-6.98.0-3-amd64_6.98.17-1$" \
	"$bin" kernel fetch debian:6.99 debian:6.98
has_entry "they are kept" linux-image-6.98.0-3-amd64_6.98.17-1
! grep -q 'fetching.*6\.99' err
result "the one that was there is not fetched again" $((!$?)) "$(cat err)"
check "a kernel in several packages" 0 "/linux-image-7.9.2\+deb0-amd64_7.9.2-1~bpo0\+1$" "$bin" kernel fetch debian:7.9
has_entry "it is put together" linux-image-7.9.2+deb0-amd64_7.9.2-1~bpo0+1
check "newest is that" 0 "/linux-image-7.9.2\+deb0-amd64_7.9.2-1~bpo0\+1$" "$bin" kernel fetch debian:newest
check "real-time, with modules by gzip" 0 "/linux-image-6.99.9\+deb0-rt-amd64_6.99.9-1$" \
	"$bin" kernel fetch debian:6.99-rt
check "arm64's" 0 "/linux-image-6.99.9\+deb0-arm64_6.99.9-1$" "$bin" kernel fetch debian:6.99/arm64
has_entry "it is kept" linux-image-6.99.9+deb0-arm64_6.99.9-1
check "the cache says what it has" 0 "^debian:6.99-rt +linux-image-6.99.9\+deb0-rt-amd64_6.99.9-1 +[0-9]+ MB +ok$" \
	"$bin" kernel list
[ "$(grep -c 'MB  ok$' out)" = 5 ]
result "all of it" $((!$?)) "$(cat out)"
APT_CONFIG=$(echo cache/irqstorm/apt/amd64*/apt.conf) apt-config dump >conf
! grep -Eq '^(DPkg|APT::Update)::.*Invoke|^Dir::(State|Cache|Etc::(sourcelist|sourceparts|parts|main))[^"]*"/(var|etc)' conf
result "nothing of the host's apt is read or cleaned" $((!$?)) "$(grep -E 'Invoke|"/(var|etc)' conf)"

#
# What is not what was asked for
#
check "a series that is not to be had" 3 \
	"debian:6.9 is not to be had; there is 6.93, 6.94, 6.95, 6.96, 6.97, 6.98, 6.99, 7.9$" "$bin" kernel fetch debian:6.9
one_line "one line says so"
check "nor as a guest" 3 "debian:6.1 is not to be had" env IRQSTORM_QEMU=/bin/true "$bin" guest --kernel debian:6.1 -- info
check "a real-time kernel that is not to be had" 3 "debian:7.9-rt is not to be had; there is 6.99 with -rt$" \
	"$bin" kernel fetch debian:7.9-rt
check "another kernel in the package of a series" 3 \
	"linux-image-6.97.4\+deb0-amd64 holds Linux 6.12.117\+deb0-amd64, not 6.97" "$bin" kernel fetch debian:6.97
one_line "one line says so"
nothing_of "it is not kept" 6.97
check "a kernel of another architecture in it" 3 "6.96.1-amd64 holds a kernel for arm64, not for amd64" \
	"$bin" kernel fetch debian:6.96
check "a package without a kernel" 3 "holds no kernel: neither boot/vmlinuz-6.95.1-amd64 nor usr/lib/modules/" \
	"$bin" kernel fetch debian:6.95
check "a kernel without VFIO" 3 "holds no vfio-pci module" "$bin" kernel fetch debian:6.94
check "half of a kernel" 3 "have linux-image-6.93.1-amd64, but no linux-modules-6.93.1-amd64" \
	"$bin" kernel fetch debian:6.93
nothing_of "none of them is kept" '6\.9[3-7]'
check "an architecture without guests" 2 "no guests of riscv64, but of amd64 and arm64" "$bin" kernel fetch debian:6.99/riscv64
check "no series" 2 "debian:sid: want a series like" "$bin" kernel fetch debian:sid
check "a path is nothing to fetch" 2 "only debian:SERIES can be fetched" "$bin" kernel fetch debian:6.99 /boot/vmlinuz
check "an action that there is not" 2 "want build, list, fetch or clear" "$bin" kernel frobnicate

#
# Damage
#
entry=$cache/linux-image-6.99.9+deb0-amd64_6.99.9-1
printf x | dd of="$entry/modules/vfio_pci.ko" bs=1 seek=500 conv=notrunc status=none
check "a damaged kernel in the cache is found" 0 "6.99.9\+deb0-amd64_6.99.9-1.* damaged: will be fetched again" \
	"$bin" kernel list
check "it is fetched again" 0 \
	"damaged \(modules/vfio_pci.ko: FAILED\) and is fetched again" "$bin" kernel fetch debian:6.99
has_entry "and whole" linux-image-6.99.9+deb0-amd64_6.99.9-1
rm "$entry/vmlinuz"
check "one that lost its image, too" 0 "damaged .* is fetched again" "$bin" kernel fetch debian:6.99
rm "$entry/SHA256SUMS"
check "and one without sums" 0 "fetching linux-image-6.99.9" "$bin" kernel fetch debian:6.99

kernel 6.92.1-amd64 6.92.1-1
kernel 6.91.1-amd64 6.91.1-1
broken=mirror/pool/linux-image-6.91.1-amd64_6.91.1-1_amd64.deb
head -c 400 "$broken" >part
head -c 5000 /dev/urandom >>part
mv part "$broken"
publish
truncate -s 5000 mirror/pool/linux-image-6.92.1-amd64_6.92.1-1_amd64.deb
age() { find "$work/cache/irqstorm/apt" -name 'index*' -exec touch -d "$1" {} +; }
age '2 hours ago'
check "a truncated package" 3 "cannot download linux-image-6.92.1-amd64: .*(mismatch|unexpected size|Sum)" \
	"$bin" kernel fetch debian:6.92
one_line "one line says so"
check "a package that is no package" 3 "download of linux-image-6.91.1-amd64 is broken: .*try again" \
	"$bin" kernel fetch debian:6.91
one_line "one line says so"
nothing_of "neither is kept" '6\.9[12]'
"$bin" kernel fetch debian:6.92 >out 2>err
[ "$(grep -c 'fetching linux-image-6.92' err)" = 1 ]
result "nothing is tried twice that fresh lists say" $((!$?)) "$(cat err)"

mkdir fake
cat >fake/dpkg-deb <<'SH'
#!/bin/sh
echo "dpkg-deb: error: failed to write: No space left on device" >&2
exit 2
SH
chmod +x fake/dpkg-deb
"$bin" kernel clear debian:6.98 >/dev/null
check "a full disk" 3 "no space left to unpack linux-image-6.98.0-3-amd64 in .*set XDG_CACHE_HOME" \
	env PATH="$work/fake:$PATH" "$bin" kernel fetch debian:6.98
one_line "one line says so"
nothing_of "nothing is kept" 6.98
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	check "a disk that is really full" 3 "No space left|no space left" unshare -m sh -c \
		'mkdir -p small && mount -t tmpfs -o size=24k none small &&
		XDG_CACHE_HOME=$PWD/small exec "$0" kernel fetch debian:6.98' "$bin"
	one_line "one line says so"
else
	skip "a disk that is really full" "not root"
fi
touch file
check "a cache that cannot be written" 3 "cannot write to the kernel cache .*set XDG_CACHE_HOME" \
	env XDG_CACHE_HOME="$work/file" "$bin" kernel fetch debian:6.98
check "no home" 3 "set HOME or XDG_CACHE_HOME" env -u HOME -u XDG_CACHE_HOME "$bin" kernel list

#
# Killed, and two at once
#
cat >fake/dpkg-deb <<'SH'
#!/bin/sh
touch "$FAKE/unpacking"
while [ -e "$FAKE/hold" ]; do sleep 0.1; done
exec /usr/bin/dpkg-deb "$@"
SH
export FAKE=$work
await() { # COMMAND...: until it is true, ten minutes at most
	local i
	for i in $(seq 6000); do "$@" && return || sleep 0.1; done
	return 1
}
held() { # SERIES: is unpacked until hold is removed; sets $pid
	rm -f unpacking
	touch hold
	PATH=$work/fake:$PATH "$bin" kernel fetch "debian:$1" >"out.$1" 2>"err.$1" &
	pid=$!
	await test -e unpacking
}
held 6.98
check "the others can be cleared meanwhile" 0 "[0-9] MB of kernels removed.* and " "$bin" kernel clear
[ -d "$cache/.fetch-linux-image-6.98.0-3-amd64_6.98.17-1" ]
result "what another fetches is left alone" $((!$?)) "$(ls -A "$cache")"
kill -INT $pid
wait $pid
[ $? = 130 ]
result "Ctrl-C while fetching" $((!$?)) "$(cat err.6.98)"
nothing_of "nothing half fetched is left" 6.98
held 6.98
kill -KILL $pid
wait $pid 2>/dev/null
[ -d "$cache/.fetch-linux-image-6.98.0-3-amd64_6.98.17-1" ]
result "a killed run leaves a mess" $((!$?)) "$(ls -A "$cache")"
check "which the next one clears away" 0 "/linux-image-6.99.9" "$bin" kernel fetch debian:6.99
nothing_of "whatever it fetches" '^\.fetch'
held 6.98
other=$pid
"$bin" kernel fetch debian:6.98 >out 2>err &
await grep -q "waiting for another irqstorm that is fetching this kernel" err
result "of two at once one waits" $((!$?)) "$(cat err)"
rm hold
wait $!
result "and has the kernel, too" $((!$?)) "$(cat err)"
wait $other
[ $? = 0 ] && [ "$(cat err err.6.98 | grep -c 'fetching linux-image')" = 1 ]
result "fetch once" $((!$?)) "$(cat err err.6.98)"

#
# Lists that age, a mirror that goes on and goes away
#
split_kernel 8.0.1-amd64 8.0.1-1
publish
check "lists of this hour are believed" 3 "debian:8.0 is not to be had" "$bin" kernel fetch debian:8.0
age '2 hours ago'
check "older ones are fetched again" 0 "/linux-image-8.0.1-amd64_8.0.1-1$" "$bin" kernel fetch debian:8.0
"$bin" kernel fetch debian:6.99 >/dev/null 2>&1
rm mirror/pool/*-6.99.9+deb0-amd64_*
kernel 6.99.10+deb0-amd64 6.99.10-1
publish
"$bin" kernel clear debian:6.99 >/dev/null
check "lists of the last minutes are believed, and the package is gone" 3 "cannot download linux-image-6.99.9" \
	"$bin" kernel fetch debian:6.99
age '30 minutes ago'
check "a package that a newer one has followed" 0 "/linux-image-6.99.10\+deb0-amd64_6.99.10-1$" "$bin" kernel fetch debian:6.99
mv mirror gone
check "without the mirror what is there is there" 0 "/linux-image-6.99.10" "$bin" kernel fetch debian:6.99
[ ! -s err ]
result "without a word" $((!$?)) "$(cat err)"
age '8 days ago'
check "with old lists it is there, too, with a note" 0 "could not get all lists|going on with what was known" \
	"$bin" kernel fetch debian:6.99
check "what is not there cannot be fetched" 3 "cannot download linux-image-6.98|cannot download" \
	sh -c "'$bin' kernel clear debian:6.98 >/dev/null; exec '$bin' kernel fetch debian:6.98"
nothing_of "and leaves nothing" 6.98
rm -rf cache/irqstorm/apt
check "without any lists the cache serves" 0 "using linux-image-6.99.10\+deb0-amd64_6.99.10-1 from the cache" \
	"$bin" kernel fetch debian:6.99
check "without any lists and without a kernel" 3 "apt cannot get the lists of Debian's packages: .*is there a network" \
	env XDG_CACHE_HOME="$work/cache2" "$bin" kernel fetch debian:6.99
one_line "one line says so"
[ -z "$(find cache2 -name 'index*')" ]
result "no lists are kept that are none" $((!$?)) "$(find cache2)"
mv gone mirror

#
# Whom apt believes
#
echo "deb file:$work/mirror test main" >unsigned.list
check "a mirror without a signature" 3 "cannot get the lists .*not signed" \
	env IRQSTORM_APT_SOURCES="$work/unsigned.list" "$bin" kernel list --available
one_line "one line says so"
# gpg alone does not sign: without gpg-agent it makes no key.
mkdir -m 700 gnupg
if gpg --homedir gnupg --batch --quiet --passphrase '' --quick-gen-key nobody@example.org 2>gpg.log; then
	gpg --homedir gnupg --batch --quiet --export >key.gpg
	gpg --homedir gnupg --batch --quiet --clearsign -o mirror/dists/test/InRelease mirror/dists/test/Release 2>>gpg.log
	gpgconf --homedir gnupg --kill all
	echo "deb [signed-by=$work/key.gpg] file:$work/mirror test main" >signed.list
	check "one with a signature" 0 "^debian:7.9 " env IRQSTORM_APT_SOURCES="$work/signed.list" "$bin" kernel list --available
	sed -i 's/^Origin: Test/Origin: Best/' mirror/dists/test/InRelease
	check "one with a forged one" 3 "cannot get the lists" \
		env XDG_CACHE_HOME="$work/cache3" IRQSTORM_APT_SOURCES="$work/signed.list" "$bin" kernel list --available
	one_line "one line says so"
	rm mirror/dists/test/InRelease
else
	skip "one with a signature" "gpg makes no key: $(tail -1 gpg.log)"
fi
printf 'Types: deb\nURIs: file:%s/mirror\nSuites: test\nComponents: main\nTrusted: yes\n' "$work" >list.sources
check "sources in the new form" 0 "^debian:7.9 " env IRQSTORM_APT_SOURCES="$work/list.sources" "$bin" kernel list --available
check "sources that are not there" 3 "IRQSTORM_APT_SOURCES=/nonexistent: cannot read it" \
	env IRQSTORM_APT_SOURCES=/nonexistent "$bin" kernel list --available
check "a mirror that is none" 3 "cannot get the lists of Debian's packages" \
	env -u IRQSTORM_APT_SOURCES IRQSTORM_MIRROR="file:$work/fake" XDG_CACHE_HOME="$work/cache4" "$bin" kernel list --available
one_line "one line says so"
mkdir empty
check "no apt" 3 "apt-get not found: apt-get install apt|apt-config not found" env -u IRQSTORM_APT_SOURCES PATH="$work/empty" \
	XDG_CACHE_HOME="$work/cache5" "$bin" kernel fetch debian:6.99

#
# Clearing
#
check "what is not there cannot be cleared" 2 "debian:6.1: not in the cache" "$bin" kernel clear debian:6.1
check "one series" 0 "MB of kernels removed$" "$bin" kernel clear debian:8.0
nothing_of "it is gone" '8\.0'
"$bin" kernel fetch debian:7.9 >/dev/null 2>&1
check "one entry" 0 "removed$" "$bin" kernel clear linux-image-7.9.2+deb0-amd64_7.9.2-1~bpo0+1
nothing_of "it is gone, too" '7\.9'
check "everything" 0 "the lists of Debian's packages.*all that was built" "$bin" kernel clear
nothing_of "nothing is left" .
[ ! -e cache/irqstorm/apt ]
result "nor lists" $((!$?)) "$(ls cache/irqstorm)"
[ -z "$(ls -A "$lost")" ]
result "no temporary file is left" $((!$?)) "$(ls -A "$lost")"
finish
