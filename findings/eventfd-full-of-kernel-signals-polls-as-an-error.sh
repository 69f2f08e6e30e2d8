#!/bin/bash
# SPDX-License-Identifier: MIT
#
# An eventfd that the kernel itself signals goes one beyond what any write() can reach, and poll() then reports POLLERR.
#
# Kind: kernel
# Version: Linux 6.12.117 (Debian 6.12.117-1~deb12u1), liburing 2.3
# Guess: at its maximum an eventfd refuses or blocks whoever signals it, and poll() says that it is readable.
# Seen: write() stops at 2^64-2 (EAGAIN). A signal of the kernel (here: a completion of io_uring, as an interrupt of VFIO
#   or KVM is one) makes it 2^64-1, further ones are lost, and poll() says POLLIN|POLLERR until it is read.
# What follows: who takes POLLERR of an eventfd for a broken descriptor gives up one that only wants to be read.
#
# Needs Debian 12 with its updates among apt's sources, a network and gcc; takes a minute or two. Everything is
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
fetch "qemu-system-x86=$qemu_version" liburing-dev=2.3-3
kernel "linux-image-6.12.117+deb12-cloud-amd64=$kernel_version"
cat >init.c <<'EOF'
#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/reboot.h>

static const char *polled(int fd)
{
	static char text[32];
	struct pollfd p = {.fd = fd, .events = POLLIN};

	poll(&p, 1, 0);
	snprintf(text, sizeof(text), "%s%s", p.revents & POLLIN ? "POLLIN" : "nothing",
		 p.revents & POLLERR ? "|POLLERR" : "");
	return text;
}

int main(void)
{
	int fd = eventfd(0, EFD_NONBLOCK), err;
	struct io_uring ring;
	struct io_uring_cqe *cqe;
	eventfd_t count = 0;

	err = io_uring_queue_init(8, &ring, 0);
	if (!err)
		err = io_uring_register_eventfd(&ring, fd);
	if (err)
		printf("= io_uring: %d\n", err);
	eventfd_write(fd, UINT64_MAX - 1);
	printf("= write of 2^64-2: poll() says %s\n", polled(fd));
	err = eventfd_write(fd, 1);
	printf("= write of 1 more: %s\n", err ? strerrorname_np(errno) : "accepted");
	for (int i = 1; i <= 3; i++) {
		io_uring_prep_nop(io_uring_get_sqe(&ring));
		io_uring_submit(&ring);
		io_uring_wait_cqe(&ring, &cqe);
		io_uring_cqe_seen(&ring, cqe);
		printf("= signal %d of the kernel: poll() says %s\n", i, polled(fd));
	}
	eventfd_read(fd, &count);
	printf("= read() gives 0x%llx\n", (unsigned long long)count);
	printf("= after it poll() says %s\n", polled(fd));
	fflush(stdout);
	return reboot(RB_POWER_OFF);
}
EOF
gcc -static -O2 -Wall -Wextra -D_GNU_SOURCE -isystem root/usr/include -o init init.c \
	-Lroot/usr/lib/x86_64-linux-gnu -luring ||
	die "gcc cannot compile a static program"
boot -machine q35
cat >expected <<'EOF'
write of 2^64-2: poll() says POLLIN
write of 1 more: EAGAIN
signal 1 of the kernel: poll() says POLLIN|POLLERR
signal 2 of the kernel: poll() says POLLIN|POLLERR
signal 3 of the kernel: poll() says POLLIN|POLLERR
read() gives 0xffffffffffffffff
after it poll() says nothing
EOF

echo "version: linux-image-6.12.117+deb12-cloud-amd64 $kernel_version, in qemu-system-x86 $qemu_version"
cat said
diff -u expected said >changed || {
	echo "not so any more:"
	cat changed
	exit 1
}
echo "as stated"
