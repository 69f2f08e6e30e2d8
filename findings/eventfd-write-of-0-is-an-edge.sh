#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A write of 0 to an eventfd changes nothing in it, and is an edge all the same: whoever waits is woken.
#
# Kind: kernel
# Version: Linux 6.12.117 (Debian 6.12.117-1~deb12u1)
# Guess: adding 0 is no event: an edge-triggered epoll reports that the counter went up, or became non-zero.
# Seen: with something unread in it, each write of 0 is reported by EPOLLET as each write of 1 is; at 0 it is not.
#   Reading 1 of several from an EFD_SEMAPHORE eventfd, which leaves it readable, is no edge.
# What follows: whatever the kernel hangs on an eventfd (an irqfd, a virqfd) acts on a write of 0; and who reads a
#   semaphore once an edge loses what is left.
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
fetch "qemu-system-x86=$qemu_version"
kernel "linux-image-6.12.117+deb12-cloud-amd64=$kernel_version"
cat >init.c <<'EOF'
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/reboot.h>

static int edges(int epoll)
{
	struct epoll_event e;
	int n = 0;

	while (epoll_wait(epoll, &e, 1, 0) == 1)
		n++;
	return n;
}

static int watch(int fd)
{
	struct epoll_event e = {.events = EPOLLIN | EPOLLET};
	int epoll = epoll_create1(0);

	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
	return epoll;
}

int main(void)
{
	int fd = eventfd(0, EFD_NONBLOCK), sem = eventfd(0, EFD_NONBLOCK | EFD_SEMAPHORE);
	int epoll = watch(fd), epoll_sem = watch(sem);
	eventfd_t count = 0;

	eventfd_write(fd, 0);
	printf("= at 0, write of 0: %d edges\n", edges(epoll));
	eventfd_write(fd, 1);
	printf("= at 0, write of 1: %d edges\n", edges(epoll));
	printf("= nothing written: %d edges\n", edges(epoll));
	eventfd_write(fd, 0);
	printf("= at 1, write of 0: %d edges\n", edges(epoll));
	eventfd_read(fd, &count);
	printf("= read() gives %d\n", (int)count);
	eventfd_write(sem, 3);
	printf("= semaphore, write of 3: %d edges\n", edges(epoll_sem));
	eventfd_read(sem, &count);
	printf("= semaphore, read() gives %d, 2 are left: %d edges\n", (int)count, edges(epoll_sem));
	fflush(stdout);
	return reboot(RB_POWER_OFF);
}
EOF
gcc -static -O2 -Wall -Wextra -o init init.c || die "gcc cannot compile a static program"
boot -machine q35
cat >expected <<'EOF'
at 0, write of 0: 0 edges
at 0, write of 1: 1 edges
nothing written: 0 edges
at 1, write of 0: 1 edges
read() gives 1
semaphore, write of 3: 1 edges
semaphore, read() gives 1, 2 are left: 0 edges
EOF

echo "version: linux-image-6.12.117+deb12-cloud-amd64 $kernel_version, in qemu-system-x86 $qemu_version"
cat said
diff -u expected said >changed || {
	echo "not so any more:"
	cat changed
	exit 1
}
echo "as stated"
