#!/bin/bash
# SPDX-License-Identifier: MIT
#
# VFIO: a SET_IRQS that fails for one bad descriptor takes away the triggers that the vectors had before.
#
# Kind: kernel, VFIO
# Version: Linux 6.12.117 (Debian 6.12.117-1~deb12u1), vfio-pci, QEMU's xhci
# Guess: a call that fails changes nothing, or sets the vectors before the bad one and says how far it came.
# Seen: -EINVAL, and none of the vectors up to the bad one has a trigger any more, old or new; those behind it keep
#   theirs. Linux 6.1 does the same.
# What follows: after a failed SET_IRQS every vector of the request is to be set again: until then interrupts are lost.
#
# Needs Debian 12 with its updates among apt's sources, a network, gcc and xz; takes a minute or two. Everything is
# unpacked below a temporary folder, nothing is installed, and any user may run it. Exit code: 0 it is so, 1 it is not
# any more, 3 it could not be tried.
set -eu
tmp=$(mktemp -d) pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$tmp"' EXIT
trap 'exit 3' INT TERM
cd "$tmp"

die() {
	echo "${0##*/}: $*" >&2
	exit 3
}

# The packages and all that they need, down to libc, below root/.
fetch() { # PACKAGE=VERSION...
	mkdir -p debs/partial root
	: >status
	apt-get -qq -y -o Dir::State::status="$tmp/status" -o Dir::Cache::archives="$tmp/debs" -o Debug::NoLocking=1 \
		-o APT::Sandbox::User= -o APT::Install-Recommends=false --download-only install "$@" >apt.log 2>&1 ||
		die "cannot fetch $*: $(grep '^E:' apt.log | head -1)"
	for deb in debs/*.deb; do
		dpkg-deb -x "$deb" root
	done
}

qemu() { # in a subshell's place
	local lib=$tmp/root/usr/lib/x86_64-linux-gnu
	QEMU_MODULE_DIR=$lib/qemu exec "$tmp/root/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" \
		--library-path "$tmp/root/lib/x86_64-linux-gnu:$lib:$lib/pulseaudio" "$tmp/root/usr/bin/qemu-system-x86_64" \
		-L "$tmp/root/usr/share/qemu" -L "$tmp/root/usr/share/seabios" -nodefaults -display none "$@"
}

kernel() { # PACKAGE=VERSION: unpacked below root/, without what it needs
	apt-get -qq -o APT::Sandbox::User= download "$1" >apt.log 2>&1 ||
		die "cannot fetch $1: $(grep '^E:' apt.log | head -1)"
	dpkg-deb -x linux-image-*.deb root
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

# Boots root's kernel with init.c as its only program; what that says goes to the file said.
boot() { # QEMU-OPTION...
	local file _
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
	qemu -accel tcg -smp 1 -m 512 -no-reboot -serial stdio -kernel root/boot/vmlinuz-* -initrd initrd "$@" \
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

qemu_version=1:7.2+dfsg-7+deb12u18+b3
kernel_version=6.12.117-1~deb12u1
fetch "qemu-system-x86=$qemu_version"
kernel "linux-image-6.12.117+deb12-amd64=$kernel_version"

# vfio-pci and what it needs, in the order in which init loads it.
modules="irqbypass vfio vfio_iommu_type1 vfio-pci-core vfio-pci"
for module in $modules; do
	file=$(find root/lib/modules -name "$module.ko*")
	case $file in
	*.xz) xz -dc "$file" >"$module.ko" ;;
	*.ko) cp "$file" . ;;
	*) die "no module $module in the kernel's package" ;;
	esac
done
cat >init.c <<'EOF'
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <poll.h>
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

static int device;

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

/* The device as a user of VFIO has it: in a container, bound to vfio-pci. */
static void open_device(void)
{
	const char *modules[] = {MODULES};
	char link[256], path[300];
	int container, group;
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
}

/* "0", or the errno's name. @n descriptors in @fds. */
static const char *set_irqs(unsigned int index, unsigned int flags, unsigned int start,
			    unsigned int count, const int *fds, unsigned int n)
{
	union {
		struct vfio_irq_set set;
		char room[sizeof(struct vfio_irq_set) + 16 * sizeof(int)];
	} u = {.set = {.index = index, .flags = flags, .start = start, .count = count}};

	u.set.argsz = (unsigned int)(sizeof(u.set) + n * sizeof(int));
	if (n)
		memcpy(u.set.data, fds, n * sizeof(int));
	return ioctl(device, VFIO_DEVICE_SET_IRQS, &u.set) ? strerrorname_np(errno) : "0";
}

#define EVENTFD (VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_EVENTFD)
#define NONE    (VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_NONE)

int main(void)
{
	int old[4], new[4];
	eventfd_t n;

	open_device();
	for (int i = 0; i < 4; i++) {
		old[i] = eventfd(0, EFD_NONBLOCK);
		new[i] = eventfd(0, EFD_NONBLOCK);
	}
	printf("= 4 vectors with eventfds: %s\n",
	       set_irqs(VFIO_PCI_MSIX_IRQ_INDEX, EVENTFD, 0, 4, old, 4));
	new[2] = open("/dev/null", O_RDWR);
	printf("= 4 other descriptors, of which the third is no eventfd: %s\n",
	       set_irqs(VFIO_PCI_MSIX_IRQ_INDEX, EVENTFD, 0, 4, new, 4));
	for (unsigned int i = 0; i < 4; i++) {
		const char *ret = set_irqs(VFIO_PCI_MSIX_IRQ_INDEX, NONE, i, 1, NULL, 0);
		const char *who = "nobody";

		if (!eventfd_read(old[i], &n))
			who = "its old eventfd";
		else if (i != 2 && !eventfd_read(new[i], &n))
			who = "its new eventfd";
		printf("= vector %u is triggered: %s, it reaches %s\n", i, ret, who);
	}
	end();
}
EOF
gcc -static -O2 -Wall -Wextra -D_GNU_SOURCE -DMODULES="$(printf '"%s.ko",' $modules)" -o init init.c ||
	die "gcc cannot compile a static program"
boot -machine q35,kernel-irqchip=split -device intel-iommu,intremap=on -device qemu-xhci,addr=4
cat >expected <<'EOF'
4 vectors with eventfds: 0
4 other descriptors, of which the third is no eventfd: EINVAL
vector 0 is triggered: 0, it reaches nobody
vector 1 is triggered: 0, it reaches nobody
vector 2 is triggered: 0, it reaches nobody
vector 3 is triggered: 0, it reaches its old eventfd
EOF

echo "version: linux-image-6.12.117+deb12-amd64 $kernel_version, in qemu-system-x86 $qemu_version"
cat said
diff -u expected said >changed || {
	echo "not so any more:"
	cat changed
	exit 1
}
echo "as stated"
