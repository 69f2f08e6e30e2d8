#!/bin/bash
# SPDX-License-Identifier: MIT
#
# QEMU's e1000e answers, and takes writes, while it is in D3hot, and keeps all of it on the way back to D0.
#
# Kind: device model
# Version: qemu-system-x86 1:7.2+dfsg-7+deb12u18+b3
# Guess: in D3hot a function answers config space alone (PCI PM 5.4.1): reads of a BAR give all ones, and with
#   No_Soft_Reset clear in PMCSR, as here, D0 begins as after a reset.
# Seen: registers are read and written in D3hot; BAR and registers are as left when it is in D0 again.
# What follows: a driver that touches a sleeping device, or does not restore it, passes in QEMU and fails on hardware.
#
# Needs Debian 12 with its updates among apt's sources, a network; takes a minute or two. Everything is
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

version=1:7.2+dfsg-7+deb12u18+b3
fetch "qemu-system-x86=$version"

# Monitor of a machine that never starts: reads and writes as its CPU would make them.
coproc Q { qemu -machine q35 -accel tcg -S -device e1000e,addr=4,romfile= -qtest stdio 2>err; }
pid=$Q_PID
exec 7>&"${Q[1]}" 8<&"${Q[0]}"

tell() { # COMMAND: its answer
	local a
	echo "$*" >&7
	while read -r -t 60 a <&8; do
		case $a in
		OK*)
			a=${a#OK}
			echo "${a# }"
			return
			;;
		FAIL* | ERR*) break ;;
		esac
	done
	die "no answer to '$*': $(tail -1 err)"
}
config() { # OFFSET [VALUE]
	tell outl 0xcf8 $((0x80000000 | 4 << 11 | $1)) >/dev/null
	if [ $# = 2 ]; then
		tell outl 0xcfc "$2" >/dev/null
	else
		printf '0x%08x' $(($(tell inl 0xcfc)))
	fi
}
FCTTV=0xfe000170 # flow control, transmit timer: a register of 16 bits without a side effect
register() { printf '0x%x' $(($(tell readl $FCTTV))); }

config 0x10 0xfe000000
config 0x04 0x6
tell writel $FCTTV 0x1234 >/dev/null
pm=0xc8
{
	echo "device $(config 0), capability at $pm: $(($(config $pm) & 0xff)) (1: power management)"
	echo "D0: PMCSR $(config $((pm + 4))), register $(register)"
	config $((pm + 4)) 3
	echo "D3hot: PMCSR $(config $((pm + 4))), register $(register)"
	tell writel $FCTTV 0x4321 >/dev/null
	config $((pm + 4)) 0
	echo "D0: PMCSR $(config $((pm + 4))), register $(register), BAR 0 $(config 0x10)"
} >said
exec 7>&- 8<&-
cat >expected <<'EOF'
device 0x10d38086, capability at 0xc8: 1 (1: power management)
D0: PMCSR 0x00000000, register 0x1234
D3hot: PMCSR 0x00000003, register 0x1234
D0: PMCSR 0x00000000, register 0x4321, BAR 0 0xfe000000
EOF

echo "version: qemu-system-x86 $version"
cat said
diff -u expected said >changed || {
	echo "not so any more:"
	cat changed
	exit 1
}
echo "as stated"
