#!/bin/bash
# SPDX-License-Identifier: MIT
# Guests of another architecture, without booting one: which irqstorm and which QEMU they get, and what is said when one
# is missing or does not suit. QEMU is a script; the irqstorm of arm64 is this one with another machine in its header.
# What boots is in guest_arm64.sh.
#	arches.sh IRQSTORM
set -u
bin=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
. "$here/../lib.sh"
folder work
cd "$work" || exit 3
. "$here/fake_debian.sh"
unset IRQSTORM_GUEST
export XDG_CACHE_HOME=$work/cache

# check NAME CODE PATTERN COMMAND...: the exit code, and an extended regular expression in the one line of error
check() {
	local name=$1 code=$2 pattern=$3 got
	shift 3
	timeout 600 "$@" >out 2>err </dev/null
	got=$?
	[ $got = "$code" ] && grep -Eq -- "$pattern" err && [ "$(grep -c '^irqstorm: ' err)" = 1 ]
	result "$name" $((!$?)) "exit $got, not $code, or no '$pattern' in one line: $(tail -n 3 err)"
}

mkdir -p b/release/harness/cli b/arm64/harness/cli
irqstorm=$work/b/release/harness/cli/irqstorm
other=$work/b/arm64/harness/cli/irqstorm
cp "$bin" "$irqstorm"
for_arm64() { # FROM TO: e_machine is EM_AARCH64
	cp "$1" "$2"
	printf '\267\0' | dd of="$2" bs=1 seek=18 conv=notrunc 2>/dev/null
}
arm64_image >Image
bzimage 6.99.9-amd64 >bzImage
cat >qemu <<'END'
#!/bin/sh
printf '%s\n' "$@" >"$ARGS"
sleep 0.2
END
chmod +x qemu
export IRQSTORM_QEMU_ARM64=$work/qemu IRQSTORM_QEMU=$work/qemu ARGS=$work/args
guest=("$irqstorm" guest --accel tcg)

check "without an irqstorm for arm64 one command is named" 3 "no irqstorm for arm64 guests: ./bootstrap arm64 builds it" \
	"${guest[@]}" --kernel Image -- info
for_arm64 "$irqstorm" "$other"
check "with one a guest is started" 3 "guest" "${guest[@]}" --kernel Image -- info
has_words() { # NAME WORD...
	local name=$1 word missing=
	shift
	for word in "$@"; do
		grep -qxF -- "$word" args || missing+=" $word"
	done
	result "$name" "$([ -z "$missing" ] && echo 1)" "not there:$missing"
}
has_words "on a machine with an ITS" virt,gic-version=3,its=on,iommu=smmuv3 cortex-a57 Image
rm -f args
check "or with a GICv2m" 3 "guest" "${guest[@]}" --kernel Image --intremap off -- info
has_words "on its machine" virt,gic-version=2,iommu=smmuv3
rm -f args
check "a bzImage has the other machine" 3 "guest" "${guest[@]}" --kernel bzImage -- info
has_words "with Intel's IOMMU" q35,kernel-irqchip=split intel-iommu,intremap=on

# the version is in it as it is in this one
version=$("$irqstorm" --version)
version=${version#irqstorm }
for_arm64 "$irqstorm" "$other"
LC_ALL=C sed -i "s/${version//./\\.}\x00/${version//[0-9]/x}\x00/g" "$other"
check "an irqstorm of another version is refused" 3 "not of this irqstorm's version.*: ./bootstrap arm64 builds it anew" \
	"${guest[@]}" --kernel Image -- info
cp "$irqstorm" "$other"
check "one that is not for arm64 is, too" 3 "$other is not an arm64 program" "${guest[@]}" --kernel Image -- info
for_arm64 "$irqstorm" "$other"

check "a program of one's own has to be for it" 3 "/true is not an arm64 program" "${guest[@]}" --kernel Image -- "/bin/true"
check "KVM is not for another architecture" 3 "--accel kvm: this machine virtualizes no arm64 guests" \
	"$irqstorm" guest --accel kvm --kernel Image -- info
check "a GICv2 has eight CPUs" 2 "--smp 9: an arm64 guest has 8 at most" "${guest[@]}" --kernel Image --intremap off --smp 9 -- info
check "a QEMU that is not there" 3 "IRQSTORM_QEMU_ARM64 names no-such.*apt-get install qemu-system-arm" \
	env IRQSTORM_QEMU_ARM64=no-such "${guest[@]}" --kernel Image -- info
check "none at all" 3 "qemu-system-aarch64 not found: apt-get install qemu-system-arm" \
	env -u IRQSTORM_QEMU_ARM64 PATH=/none "${guest[@]}" --kernel Image -- info
gzip -c Image >Image.gz
check "a packed Image is told from one" 3 "Image.gz: not a bzImage .*nor an arm64 Image .*not compressed" \
	"${guest[@]}" --kernel Image.gz -- info
check "a fuzz target has to be built for it" 3 "cmake --preset arm64-fuzz-bare" "${guest[@]}" --kernel Image -- fuzz_irq_device
finish
