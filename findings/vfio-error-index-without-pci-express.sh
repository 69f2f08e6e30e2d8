#!/bin/bash
# SPDX-License-Identifier: MIT
#
# VFIO: from Linux 7.3 on a conventional PCI device has an error interrupt index, which nothing will ever signal.
#
# Kind: kernel, VFIO
# Version: Linux 6.12.117 (Debian 6.12.117-1~deb12u1) and 7.3.4 (Debian 7.3.4-1~bpo13+1), vfio-pci, QEMU's edu
# Guess: VFIO_PCI_ERR_IRQ_INDEX is for devices that can report errors (PCI Express, AER), GET_IRQ_INFO tells them from
#   others, and what it says of a device does not hang on the kernel's version.
# Seen: of a device without a PCI Express capability 6.12 says EINVAL, also to SET_IRQS. 7.3 says count 1 and takes an
#   eventfd; to mask it is ENOTTY. The device's other indexes are the same.
# What follows: "there is an ERR index, so the device is PCI Express" is no test (the capability is one), and who arms
#   every index that has a count arms one more.
#
# Needs Debian 12 with its updates among apt's sources, a network, gcc and xz; takes a few minutes. Everything
# is unpacked below a temporary folder, nothing is installed, and any user may run it. Exit code: 0 it is so, 1 it is
# not any more, 3 it could not be tried.
set -eu
tmp=$(mktemp -d) pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$tmp"' EXIT
trap 'exit 3' INT TERM
cd "$tmp"

die() {
	echo "${0##*/}: $*" >&2
	exit 3
}

# apt with lists and a cache of its own, which knows one suite of the archive that this machine uses.
archive=$(apt-get indextargets --format '$(REPO_URI)' | grep -m1 '/debian/*$') ||
	die "no Debian archive in apt's sources"
apt() { # SUITE COMMAND...
	local at=$tmp/apt-$1
	apt-get -qq -o APT::Sandbox::User= -o Debug::NoLocking=1 -o Dir::Etc::sourceparts=- -o APT::Default-Release= \
		-o Dir::Etc::sourcelist="$at/sources.list" -o Dir::State::lists="$at/lists" -o Dir::Cache="$at/cache" \
		-o Dir::State::status="$at/status" "${@:2}" >apt.log 2>&1
}

view() { # SUITE ARCHITECTURE
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

# The host's apt, too, for what its own release has.
own() { # FOLDER PACKAGE=VERSION
	mkdir -p "$1"
	apt-get -qq -o APT::Sandbox::User= download "$2" >apt.log 2>&1 || die "cannot fetch $2: $(grep -m1 '^E:' apt.log)"
	dpkg-deb -x ./*.deb "$1"
	rm -f -- *.deb
}

qemu_version=1:7.2+dfsg-7+deb12u18+b3
mkdir -p debs/partial root
: >status
apt-get -qq -y -o Dir::State::status="$tmp/status" -o Dir::Cache::archives="$tmp/debs" -o Debug::NoLocking=1 \
	-o APT::Sandbox::User= -o APT::Install-Recommends=false --download-only install "qemu-system-x86=$qemu_version" \
	>apt.log 2>&1 || die "cannot fetch qemu-system-x86=$qemu_version: $(grep -m1 '^E:' apt.log)"
for deb in debs/*.deb; do
	dpkg-deb -x "$deb" root
done
rm -r debs
qemu() { # in a subshell's place
	local lib=$tmp/root/usr/lib/x86_64-linux-gnu
	QEMU_MODULE_DIR=$lib/qemu exec "$tmp/root/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" \
		--library-path "$tmp/root/lib/x86_64-linux-gnu:$lib:$lib/pulseaudio" "$tmp/root/usr/bin/qemu-system-x86_64" \
		-L "$tmp/root/usr/share/qemu" -L "$tmp/root/usr/share/seabios" -nodefaults -display none "$@"
}

# Boots the kernel below FOLDER with the program init; what that says goes to the file said.
boot() { # FOLDER QEMU-OPTION...
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
	qemu -accel tcg -smp 1 -m 512 -no-reboot -serial stdio -kernel "$kernel" -initrd initrd "${@:2}" \
		-append "console=ttyS0 quiet panic=-1 no_timer_check intel_iommu=on" </dev/null >console 2>&1 &
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

own old "linux-image-6.12.117+deb12-amd64=6.12.117-1~deb12u1"
view trixie-backports amd64
unpack trixie-backports amd64 new {linux-binary,linux-modules}-7.3.4+deb13-amd64=7.3.4-1~bpo13+1

# vfio-pci and what it needs, in the order in which init loads it.
modules="irqbypass vfio vfio_iommu_type1 vfio-pci-core vfio-pci"
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
		need(!syscall(SYS_finit_module, open(modules[i], O_RDONLY), "", 0), modules[i]);
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

/* Is there a PCI Express capability (10h) in the list of configuration space? */
static int express(int device)
{
	struct vfio_region_info region = {.argsz = sizeof(region), .index = VFIO_PCI_CONFIG_REGION_INDEX};
	unsigned char config[256];

	need(!ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &region), "VFIO_DEVICE_GET_REGION_INFO");
	need(pread(device, config, sizeof(config), (off_t)region.offset) == sizeof(config), "configuration space");
	for (unsigned int at = config[0x34] & 0xfcU; at; at = config[at + 1] & 0xfcU)
		if (config[at] == 0x10)
			return 1;
	return 0;
}

static const char *set_irqs(int device, unsigned int index, unsigned int flags, int fd)
{
	union {
		struct vfio_irq_set set;
		char room[sizeof(struct vfio_irq_set) + sizeof(int)];
	} u = {.set = {.index = index, .flags = flags, .count = 1}};

	u.set.argsz = sizeof(u.set);
	if (flags & VFIO_IRQ_SET_DATA_EVENTFD) {
		memcpy(u.set.data, &fd, sizeof(fd));
		u.set.argsz = sizeof(u);
	}
	return ioctl(device, VFIO_DEVICE_SET_IRQS, &u.set) ? strerrorname_np(errno) : "0";
}

int main(void)
{
	const char *names[] = {"INTX", "MSI", "MSIX", "ERR", "REQ"};
	int device = open_device(), fd = eventfd(0, 0);

	printf("= PCI Express capability: %s\n", express(device) ? "yes" : "no");
	for (unsigned int i = 0; i < 5; i++) {
		struct vfio_irq_info info = {.argsz = sizeof(info), .index = i};

		if (ioctl(device, VFIO_DEVICE_GET_IRQ_INFO, &info))
			printf("= %s: %s\n", names[i], strerrorname_np(errno));
		else
			printf("= %s: count %u, flags %#x\n", names[i], info.count, info.flags);
	}
	printf("= ERR, trigger: %s, mask: %s\n",
	       set_irqs(device, VFIO_PCI_ERR_IRQ_INDEX,
			VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_EVENTFD, fd),
	       set_irqs(device, VFIO_PCI_ERR_IRQ_INDEX,
			VFIO_IRQ_SET_ACTION_MASK | VFIO_IRQ_SET_DATA_NONE, -1));
	end();
}
END
gcc -static -O2 -Wall -Wextra -D_GNU_SOURCE -DMODULES="$(printf '"%s.ko",' $modules)" -o init init.c ||
	die "gcc cannot compile a static program"
for folder in old new; do
	boot "$folder" -machine q35,kernel-irqchip=split -device intel-iommu,intremap=on -device edu,addr=4
	echo "$folder kernel"
	cat said
done >seen
cat >expected <<'END'
old kernel
PCI Express capability: no
INTX: count 1, flags 0x7
MSI: count 1, flags 0x9
MSIX: count 0, flags 0x9
ERR: EINVAL
REQ: count 1, flags 0x9
ERR, trigger: EINVAL, mask: EINVAL
new kernel
PCI Express capability: no
INTX: count 1, flags 0x7
MSI: count 1, flags 0x9
MSIX: count 0, flags 0x9
ERR: count 1, flags 0x9
REQ: count 1, flags 0x9
ERR, trigger: 0, mask: ENOTTY
END

echo "version: old: linux-image-6.12.117+deb12-amd64 6.12.117-1~deb12u1; new: linux-binary-7.3.4+deb13-amd64" \
	"7.3.4-1~bpo13+1; in qemu-system-x86 $qemu_version"
cat seen
diff -u expected seen >changed || {
	echo "not so any more:"
	cat changed
	exit 1
}
echo "as stated"
