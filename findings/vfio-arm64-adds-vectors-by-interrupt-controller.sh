#!/bin/bash
# SPDX-License-Identifier: MIT
#
# VFIO on arm64: whether MSI-X vectors can be added in place hangs on the interrupt controller and the kernel, not on the
# device or on VFIO's version: only 7.3 with a GICv3 ITS can.
#
# Kind: kernel, VFIO with arm64's interrupt controllers
# Version: Linux 6.12.117 (Debian 6.12.117-1~deb12u1) and 7.3.4 (Debian 7.3.4-1~bpo13+1), arm64, vfio-pci, QEMU's xhci
# Guess: vfio-pci has had dynamic MSI-X since 6.5, so that VFIO_IRQ_INFO_NORESIZE is clear for MSI-X from then on; and
#   one machine's answer holds for another with the same kernel and device.
# Seen: 6.12 has NORESIZE with an ITS and with GICv2m, where the same kernel on x86-64 has not; 7.3 with an ITS has it no
#   more, and a vector is added in place; 7.3 with GICv2m has it still.
# What follows: ask GET_IRQ_INFO on each machine, and keep the way without in-place changes: a VM that is moved from one
#   arm64 host to another may need it there.
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
#include <sys/eventfd.h>
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

static const char *set_irqs(int device, unsigned int index, unsigned int flags,
			    unsigned int start, int fd)
{
	union {
		struct vfio_irq_set set;
		char room[sizeof(struct vfio_irq_set) + sizeof(int)];
	} u = {.set = {.argsz = sizeof(u), .index = index, .flags = flags, .start = start, .count = 1}};

	memcpy(u.set.data, &fd, sizeof(fd));
	return ioctl(device, VFIO_DEVICE_SET_IRQS, &u.set) ? strerrorname_np(errno) : "0";
}

int main(void)
{
	unsigned int flags = VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_EVENTFD;
	struct vfio_irq_info info = {.argsz = sizeof(info), .index = VFIO_PCI_MSIX_IRQ_INDEX};
	int device = open_device(), fd = eventfd(0, 0);
	const char *first, *second;

	need(!ioctl(device, VFIO_DEVICE_GET_IRQ_INFO, &info), "VFIO_DEVICE_GET_IRQ_INFO");
	first = set_irqs(device, info.index, flags, 0, fd);
	second = set_irqs(device, info.index, flags, 1, fd);
	printf("= MSI-X: count %u, NORESIZE %s; vector 0: %s, vector 1 added: %s\n", info.count,
	       info.flags & VFIO_IRQ_INFO_NORESIZE ? "set" : "clear", first, second);
	end();
}
END
compile -DMODULES="$(printf '"%s.ko",' $modules)"
view trixie-backports arm64
unpack trixie-backports arm64 new {linux-binary,linux-modules}-7.3.4+deb13-arm64=7.3.4-1~bpo13+1
while read -r folder name machine; do
	boot "$folder" "" -M "virt,iommu=smmuv3,$machine" -device qemu-xhci,addr=4
	sed "s/^/$name: /" said
done >seen <<'END'
old 6.12,ITS gic-version=3,its=on
old 6.12,GICv2m gic-version=2
new 7.3,ITS gic-version=3,its=on
new 7.3,GICv2m gic-version=2
END
cat >expected <<'END'
6.12,ITS: MSI-X: count 16, NORESIZE set; vector 0: 0, vector 1 added: EINVAL
6.12,GICv2m: MSI-X: count 16, NORESIZE set; vector 0: 0, vector 1 added: EINVAL
7.3,ITS: MSI-X: count 16, NORESIZE clear; vector 0: 0, vector 1 added: 0
7.3,GICv2m: MSI-X: count 16, NORESIZE set; vector 0: 0, vector 1 added: EINVAL
END

echo "version: linux-image-6.12.117+deb12-arm64 6.12.117-1~deb12u1, linux-binary-7.3.4+deb13-arm64" \
	"7.3.4-1~bpo13+1; in qemu-system-arm $qemu_version"
cat seen
diff -u expected seen >changed || {
	echo "not so any more:"
	cat changed
	exit 1
}
echo "as stated"
