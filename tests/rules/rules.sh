#!/bin/bash
# SPDX-License-Identifier: MIT
# Every program of corpus/rules on the emulator, as each kernel that it names: rules.sh IRQSTORM CORPUS
set -u
. "$(dirname "$0")/../lib.sh"
irqstorm=$1 corpus=$2

# A program says with `on FEATURE` what holds where: all are right on every kernel.
for kernel in $("$irqstorm" info --features | awk '/^profile /{print $2}'); do
	out=$("$irqstorm" run --target "emu:profile=$kernel" "$corpus"/*.irq 2>&1)
	code=$?
	for program in "$corpus"/*.irq; do
		line=$(grep -A1 -F "$program: " <<<"$out")
		case $line in
		*": ok, "*) result "$kernel emu $(basename "$program" .irq)" 1 ;;
		*) result "$kernel emu $(basename "$program" .irq)" 0 "exit $code: $line" ;;
		esac
	done
done
# Each is for the emulator, a header line is not misspelt, and what it says is long enough to help.
for program in "$corpus"/*.irq; do
	ok=1
	head -1 "$program" | grep -qE '^# .{20,}' || ok=0
	grep -qE '^# rules:( [RP][0-9]+)+$' "$program" || ok=0
	grep -qE '^# devices:( (any|emu|xhci|ivshmem|edu|e1000e|xhci:intremap=off|edu:nointxmask))+$' \
		"$program" || ok=0
	grep -qE '^# kernels:( 6\.1)?( 6\.12)?$' "$program" || ok=0
	grep -q '^expect ' "$program" || ok=0
	result "header $(basename "$program" .irq)" $ok "what it shows, rules, devices, kernels, expect"
done
finish
