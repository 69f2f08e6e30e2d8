#!/bin/bash
# SPDX-License-Identifier: MIT
# A guest of arm64, whatever this machine is: one boot, in which everything is tried for a moment. What there is no
# kernel, QEMU or cross-built irqstorm for is skipped, and says why.
#	guest_arm64.sh IRQSTORM CORPUS [KERNEL]
set -u
bin=$(realpath "$1") corpus=$(realpath "$2") kernel=${3:-debian:7.3/arm64}
. "$(dirname "$0")/../lib.sh"
folder work
cd "$work" || exit 3
unset IRQSTORM_GUEST
xhci=vfio:0000:00:04.0 ivshmem=vfio:0000:00:05.0

at_end() { "$bin" guest --session s --end >/dev/null 2>&1; }

guest() {
	"$bin" guest --session s --kernel "$kernel" --devices xhci,ivshmem --smp 2 --idle 20m "$@" >out 2>err </dev/null
}
# check NAME CODE PATTERN SUBCOMMAND...: its exit code, and an extended regular expression of what it prints
check() {
	local name=$1 code=$2 pattern=$3 got
	shift 3
	guest -- "$@"
	got=$?
	[ $got = "$code" ] && grep -Eq -- "$pattern" out
	result "$name" $((!$?)) "exit $got, not $code, or no '$pattern': $(tail -n 3 out err)"
}

# What the rest stands on. Anything but a machine that cannot do it is a failure.
guest -- info --target $xhci
code=$?
if [ $code = 3 ] && grep -Eq 'no irqstorm for arm64 guests|qemu-system-aarch64 not found|^irqstorm: debian:.* is not to be had|cannot fetch|is the network up' err; then
	skip "a guest of $kernel" "$(grep -m1 '^irqstorm: ' err)"
	finish
fi
[ $code = 0 ] && grep -Eq '^kernel +7\.3\..*arm64' out
result "info tells an arm64 kernel" $((!$?)) "exit $code: $(tail -n 3 out err)"
[ $code = 0 ] || finish
grep -Eq '^MSIX +16 +yes' out
result "MSI-X can grow in place there since 7.3" $((!$?)) "$(grep MSIX out)"
grep -q "GIC's ITS keeps.*its-msi" out
result "and says what its ITS keeps" $((!$?)) "$(cat out)"

programs=("$corpus"/{msi_vectors_by_hardware,msi_cannot_grow,msix_set_again_uses_the_same_irq}.irq)
for program in "${programs[@]}"; do
	[ -f "$program" ] || result "the corpus has $program" 0 "no such file"
done
check "programs run, those that an ITS would not forget in part" 4 \
	'msi_vectors_by_hardware.irq: (skipped in part|SKIPPED).*its-msi' run --target $xhci "${programs[@]}"
grep -q 'msi_cannot_grow.irq: ok' out
result "the others whole" $((!$?)) "$(cat out)"
check "random programs agree with the model" 0 '^0 divergences$' diff --target $xhci --ops 500
check "so do those with real interrupts" 0 '^0 divergences$' diff --target $ivshmem --ops 500
check "all small ones do" 0 '^0 divergences$' explore --target $ivshmem --depth 1
check "nothing is lost while it grows and shrinks" 0 '^PASS +0 lost of' stress --target $ivshmem --resize dynamic --duration 2s --no-control
check "a loss that was planted is found" 1 'lost' stress --target emu:fault=drop:50 --resize none --duration 1s --no-control
guest --end
result "and it ends" $((!$?)) "$(cat err)"
finish
