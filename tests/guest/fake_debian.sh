# SPDX-License-Identifier: MIT
# For shell tests: a mirror of Debian with made-up kernels, in the folder mirror/ of the current one, for apt to read
# without a network. Sourced.
#
#	module >FILE; and the images of images.sh
#	package NAME VERSION [ARCH [DEPENDS]]   packs the tree deb/ (and empties it) into mirror/pool/
#	kernel RELEASE VERSION [SUFFIX]         a whole kernel in one package, modules packed as SUFFIX says (.xz)
#	split_kernel RELEASE VERSION            one in three packages
#	publish                                 writes the lists of all that is in the pool
#	use_mirror                              has irqstorm take kernels from it, and from nowhere else

. "$(dirname "${BASH_SOURCE[0]}")/images.sh"

module() {
	printf '\177ELF'
	head -c 1000 /dev/urandom
}

package() { # NAME VERSION [ARCH [DEPENDS]]
	local arch=${3:-amd64}
	mkdir -p deb/DEBIAN mirror/pool
	{
		printf 'Package: %s\nVersion: %s\nArchitecture: %s\n' "$1" "$2" "$arch"
		[ -z "${4:-}" ] || printf 'Depends: %s\n' "$4"
		printf 'Maintainer: Nobody <nobody@example.org>\nDescription: not a kernel\n'
	} >deb/DEBIAN/control
	dpkg-deb -b deb "mirror/pool/${1}_${2}_$arch.deb" >/dev/null || exit 3
	# beside it, as what a test breaks has to be listed all the same
	mv deb/DEBIAN/control "mirror/pool/${1}_${2}_$arch.control"
	rm -rf deb
}

modules() { # FOLDER [SUFFIX]
	local path=$1/kernel/vfio-pci.ko
	mkdir -p "$1/kernel"
	module >"$path"
	case ${2:-.xz} in
	.xz) xz "$path" ;;
	.zst) zstd -q --rm "$path" ;;
	.gz) gzip "$path" ;;
	esac
}

kernel() { # RELEASE VERSION [SUFFIX]
	mkdir -p deb/boot
	bzimage "$1" >"deb/boot/vmlinuz-$1"
	modules "deb/lib/modules/$1" "${3:-}"
	package "linux-image-$1" "$2"
}

split_kernel() { # RELEASE VERSION
	local dir=deb/usr/lib/modules/$1
	mkdir -p "$dir"
	bzimage "$1" >"$dir/vmlinuz"
	package "linux-binary-$1" "$2"
	modules "$dir" .zst
	package "linux-modules-$1" "$2"
	package "linux-image-$1" "$2" amd64 "dracut | linux-initramfs-tool, linux-base-${1%%+*}-x (= $2), \
linux-binary-$1 (= $2), linux-modules-$1 (= $2)"
}

publish() {
	local arch dir deb
	for arch in amd64 arm64; do
		dir=mirror/dists/test/main/binary-$arch
		mkdir -p "$dir"
		for deb in mirror/pool/*_"$arch.deb"; do
			[ -f "$deb" ] || continue
			cat "${deb%.deb}.control"
			printf 'Filename: %s\nSize: %s\nSHA256: %s\n\n' "${deb#mirror/}" "$(stat -c %s "$deb")" \
				"$(sha256sum <"$deb" | cut -d' ' -f1)"
		done >"$dir/Packages"
	done
	{
		printf 'Origin: Test\nSuite: test\nCodename: test\nArchitectures: amd64 arm64\nComponents: main\n'
		printf 'Date: %s\nSHA256:\n' "$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S UTC')"
		for arch in amd64 arm64; do
			dir=main/binary-$arch/Packages
			printf ' %s %s %s\n' "$(sha256sum <"mirror/dists/test/$dir" | cut -d' ' -f1)" \
				"$(stat -c %s "mirror/dists/test/$dir")" "$dir"
		done
	} >mirror/dists/test/Release
}

use_mirror() {
	echo "deb [trusted=yes] file:$PWD/mirror test main" >sources.list
	export IRQSTORM_APT_SOURCES=$PWD/sources.list
}
