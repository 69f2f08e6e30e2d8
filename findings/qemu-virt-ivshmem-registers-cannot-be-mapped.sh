#!/bin/bash
# SPDX-License-Identifier: MIT
#
# QEMU's virt machine, arm64: the registers of ivshmem cannot be mapped through VFIO, as on a PC they can.
#
# Kind: device model with a kernel's allocation, VFIO
# Version: Linux 6.12.117 (Debian 6.12.117-1~deb12u1), arm64, vfio-pci, QEMU 7.2.22
# Guess: VFIO_REGION_INFO_FLAG_MMAP of a BAR says something about the device.
# Seen, with two of them: ivshmem-plain's BAR 0 has 256 bytes. vfio-pci offers to map a part of a page only where
#   nothing else can be in that page. On virt, without firmware, the kernel itself lays the BARs out and puts both
#   devices' into one page: no MMAP; read and write work. With pci=resource_alignment=12@pci:1af4:1110 on the kernel's
#   command line each has a page and MMAP, and the BAR is said to have 4096 bytes.
# What follows: a doorbell that is written from user space by a store needs that option there, or a write().
#
# Needs Debian 12 with its updates among apt's sources, a network and xz; takes a few minutes. Everything is unpacked
# below a temporary folder, nothing is installed, and any user may run it. Exit code: 0 it is so, 1 it is not any more, 3
# it could not be tried.
set -eu
tmp=$(mktemp -d) pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$tmp"' EXIT
trap 'exit 3' INT TERM
cd "$tmp"

die() {
	echo "${0##*/}: $*" >&2
	exit 3
}

# apt with lists and a cache of its own, which knows one suite of the archives that this machine uses.
archive=$(apt-get indextargets --format '$(REPO_URI)' | grep -m1 '/debian/*$') ||
	die "no Debian archive in apt's sources"
security=$(apt-get indextargets --format '$(REPO_URI)' | grep -m1 '/debian-security/*$') ||
	die "no Debian security archive in apt's sources"
apt() { # SUITE COMMAND...
	local at=$tmp/apt-$1
	apt-get -qq -o APT::Sandbox::User= -o Debug::NoLocking=1 -o Dir::Etc::sourceparts=- -o APT::Default-Release= \
		-o Dir::Etc::sourcelist="$at/sources.list" -o Dir::State::lists="$at/lists" -o Dir::Cache="$at/cache" \
		-o Dir::State::status="$at/status" "${@:2}" >apt.log 2>&1
}

view() { # SUITE ARCHITECTURE
	local archive=$archive
	case $1 in
	*-security) archive=$security ;;
	esac
	mkdir -p "apt-$1/lists/partial" "apt-$1/cache/archives/partial"
	: >"apt-$1/status"
	echo "deb [arch=$2 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive $1 main" \
		>"apt-$1/sources.list"
	apt "$1" -o APT::Architecture="$2" update || die "no list of $1: $(grep -m1 '^[EW]:' apt.log)"
}

# Packages alone, without what they need, below FOLDER.
unpack() { # SUITE ARCHITECTURE FOLDER PACKAGE=VERSION...
	local deb
	mkdir -p "$3"
	apt "$1" -o APT::Architecture="$2" download "${@:4}" || die "cannot fetch ${*:4}: $(grep -m1 '^E:' apt.log)"
	for deb in *.deb; do
		dpkg-deb -x "$deb" "$3"
	done
	rm -f -- *.deb
}

# An initramfs of init and of modules, in the format that the kernel reads (newc).
ino=0
entry() { # NAME MODE [FILE|-] [MAJOR MINOR]
	local size=0
	[ "${3:--}" = - ] || size=$(stat -c %s "$3")
	printf '070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\0' $((ino += 1)) $(($2)) 0 0 1 0 "$size" 0 0 \
		"${4:-0}" "${5:-0}" $((${#1} + 1)) 0 "$1"
	head -c $(((4 - (111 + ${#1}) % 4) % 4)) /dev/zero
	[ "$size" = 0 ] || cat "$3"
	head -c $(((4 - size % 4) % 4)) /dev/zero
}

# QEMU and a cross compiler with all that they need, down to libc.
qemu_version=1:7.2+dfsg-7+deb12u18+b3
mkdir -p debs/partial root libs
: >status
apt-get -qq -y -o Dir::State::status="$tmp/status" -o Dir::Cache::archives="$tmp/debs" -o Debug::NoLocking=1 \
	-o APT::Sandbox::User= -o APT::Install-Recommends=false --download-only install "qemu-system-arm=$qemu_version" \
	gcc-12-aarch64-linux-gnu=12.2.0-14cross1 libc6-dev-arm64-cross=2.36-8cross1 >apt.log 2>&1 ||
	die "cannot fetch qemu-system-arm=$qemu_version and a compiler: $(grep -m1 '^E:' apt.log)"
for deb in debs/*.deb; do
	dpkg-deb -x "$deb" root
done
rm -r debs
lib=$tmp/root/usr/lib/x86_64-linux-gnu
cp -P "$lib"/lib{isl,mpc,mpfr,gmp,zstd,jansson,bfd,opcodes,ctf,sframe}[.-]* libs 2>/dev/null || true
compile() { # OPTION...
	local cross=$tmp/root/usr/aarch64-linux-gnu
	LD_LIBRARY_PATH=$tmp/libs "$tmp/root/usr/bin/aarch64-linux-gnu-gcc-12" -static \
		-O2 -Wall -Wextra -D_GNU_SOURCE -isystem "$cross/include" -B "$cross/lib" -L "$cross/lib" "$@" -o init init.c ||
		die "the compiler does not make a static program"
}
qemu() { # in a subshell's place
	QEMU_MODULE_DIR=$lib/qemu exec "$tmp/root/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" \
		--library-path "$tmp/root/lib/x86_64-linux-gnu:$lib:$lib/pulseaudio" "$tmp/root/usr/bin/qemu-system-aarch64" \
		-L "$tmp/root/usr/share/qemu" -nodefaults -display none "$@"
}

# Boots the kernel below FOLDER with the program init; what that says goes to the file said.
boot() { # FOLDER KERNEL-OPTION QEMU-OPTION...
	local kernel file module
	kernel=$(find "$1" -name 'vmlinuz*' | head -1)
	[ -n "$kernel" ] || die "no kernel in $1"
	rm -f -- *.ko
	for module in $modules; do
		file=$(find "$1" -name "$module.ko.xz" -o -name "$module.ko" | head -1)
		case $file in
		*.xz) xz -dc "$file" >"$module.ko" ;;
		*.ko) cp "$file" . ;;
		*) die "no module $module in $1" ;;
		esac
	done
	{
		entry dev 040755
		entry dev/console 020600 - 5 1
		entry proc 040755
		entry sys 040755
		entry init 0100755 init
		for file in *.ko; do
			[ ! -e "$file" ] || entry "$file" 0100644 "$file"
		done
		entry 'TRAILER!!!' 0
	} >initrd
	qemu -accel tcg -cpu cortex-a57 -smp 1 -m 512 -no-reboot -serial stdio -kernel "$kernel" -initrd initrd "${@:3}" \
		-append "console=ttyAMA0 quiet panic=-1 $2" </dev/null >console 2>&1 &
	pid=$!
	for _ in $(seq 600); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 1
	done
	! kill -0 "$pid" 2>/dev/null || die "the guest did not end within 600 s"
	pid=
	tr -d '\r' <console | sed -n 's/^= //p' >said
	[ -s said ] || die "the guest said nothing: $(tail -1 console)"
}

view bookworm-security arm64
unpack bookworm-security arm64 old linux-image-6.12.117+deb12-arm64=6.12.117-1~deb12u1

# vfio-pci and what it needs, in the order in which init loads it.
modules="vfio vfio_iommu_type1 vfio-pci-core vfio-pci"
cat >init.c <<'END'
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BDF "0000:00:04.0"

static void end(void)
{
	fflush(stdout);
	reboot(RB_POWER_OFF);
	exit(1);
}

static void need(int ok, const char *what)
{
	if (ok)
		return;
	printf("= cannot try: %s: %s\n", what, strerror(errno));
	end();
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	need(fd >= 0 && write(fd, text, strlen(text)) >= 0, path);
	close(fd);
}

static int open_device(void)
{
	const char *modules[] = {MODULES};
	char link[256], path[300];
	int container, group, device;
	ssize_t n;

	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		need(!syscall(SYS_finit_module, open(modules[i], O_RDONLY),
			      strstr(modules[i], "type1") ? "allow_unsafe_interrupts=1" : "", 0), modules[i]);
	put("/sys/bus/pci/devices/" BDF "/driver_override", "vfio-pci");
	put("/sys/bus/pci/drivers_probe", BDF);
	n = readlink("/sys/bus/pci/devices/" BDF "/iommu_group", link, sizeof(link) - 1);
	need(n > 0, "iommu_group");
	link[n] = 0;
	snprintf(path, sizeof(path), "/dev/vfio%s", strrchr(link, '/'));
	container = open("/dev/vfio/vfio", O_RDWR);
	group = open(path, O_RDWR);
	need(container >= 0 && group >= 0, path);
	need(!ioctl(group, VFIO_GROUP_SET_CONTAINER, &container), "VFIO_GROUP_SET_CONTAINER");
	need(!ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU), "VFIO_SET_IOMMU");
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, BDF);
	need(device >= 0, "VFIO_GROUP_GET_DEVICE_FD");
	return device;
}

int main(void)
{
	struct vfio_region_info region = {.argsz = sizeof(region), .index = VFIO_PCI_BAR0_REGION_INDEX};
	int device = open_device();
	unsigned int word = 0;

	need(!ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &region), "VFIO_DEVICE_GET_REGION_INFO");
	printf("= BAR 0: %llu bytes, MMAP %s, a read of 4 bytes gives %zd\n", (unsigned long long)region.size,
	       region.flags & VFIO_REGION_INFO_FLAG_MMAP ? "yes" : "no",
	       pread(device, &word, sizeof(word), (off_t)region.offset));
	end();
}
END
compile -DMODULES="$(printf '"%s.ko",' $modules)"
for option in "" pci=resource_alignment=12@pci:1af4:1110; do
	boot old "$option" -M virt,gic-version=3,its=on,iommu=smmuv3 -object memory-backend-ram,id=m,size=1M,share=on \
		-device ivshmem-plain,memdev=m,addr=4 -object memory-backend-ram,id=n,size=1M,share=on \
		-device ivshmem-plain,memdev=n,addr=5
	sed "s/^/${option:-without}: /" said
done >seen
cat >expected <<'END'
without: BAR 0: 256 bytes, MMAP no, a read of 4 bytes gives 4
pci=resource_alignment=12@pci:1af4:1110: BAR 0: 4096 bytes, MMAP yes, a read of 4 bytes gives 4
END

echo "version: linux-image-6.12.117+deb12-arm64 6.12.117-1~deb12u1 in qemu-system-arm $qemu_version"
cat seen
diff -u expected seen >changed || {
	echo "not so any more:"
	cat changed
	exit 1
}
echo "as stated"
