#!/bin/bash
# SPDX-License-Identifier: MIT
#
# /proc/interrupts: from Linux 7.3 on the lines ERR, MIS, SPU and RTR are missing while they are 0.
#
# Kind: kernel, procfs
# Version: Linux 6.12.117 (Debian 6.12.117-1~deb12u1) and 7.3.4 (Debian 7.3.4-1~bpo13+1), x86-64
# Guess: the architecture's lines are always there, so that a program reads ERR and MIS before and after a test, and a
#   line that is missing means another architecture.
# Seen: 6.12 prints all of them; 7.3 leaves ERR, MIS, SPU and RTR out until they count something, while NMI, LOC and
#   others stay.
# What follows: a missing line is 0, not an error; and a line that appears between two readings is news.
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

modules=
cat >init.c <<'END'
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <unistd.h>

/* The names of the lines that belong to the architecture, in their order; of ERR and MIS, what they count. */
int main(void)
{
	char line[4096];
	FILE *file;

	mount("proc", "/proc", "proc", 0, NULL);
	file = fopen("/proc/interrupts", "r");
	printf("= lines:");
	while (file && fgets(line, sizeof(line), file)) {
		const char *name = line + strspn(line, " ");

		if (*name >= 'A' && *name <= 'Z' && strncmp(name, "CPU", 3))
			printf(" %.*s", (int)strcspn(name, ":"), name);
	}
	printf("\n");
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 1;
}
END
gcc -static -O2 -Wall -Wextra -D_GNU_SOURCE -o init init.c || die "gcc cannot compile a static program"
for folder in old new; do
	boot "$folder" -machine q35
	echo "$folder kernel"
	cat said
done >seen
cat >expected <<'END'
old kernel
lines: NMI LOC SPU PMI IWI RTR RES CAL TLB TRM THR DFR MCE MCP ERR MIS PIN NPI PIW
new kernel
lines: NMI LOC PMI IWI RES CAL TLB TRM THR DFR MCE MCP PIN NPI PIW VPMI
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
