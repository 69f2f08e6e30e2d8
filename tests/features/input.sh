#!/bin/bash
# SPDX-License-Identifier: MIT
# What is wrong with features on a command line and in a program is one line, exit 2, and says what
# there is: input.sh IRQSTORM
set -u
. "$(dirname "$0")/../lib.sh"
irqstorm=$1
folder work

refuses() { # NAME WHAT ARGUMENTS...
	local name=$1 want=$2
	shift 2
	out=$("$irqstorm" "$@" 2>&1 >/dev/null)
	code=$?
	ok=0
	[ $code = 2 ] && [ "$(wc -l <<<"$out")" = 1 ] && grep -qF -- "$want" <<<"$out" && ok=1
	result "$name" $ok "exit $code: $out"
}

program() { # LINE
	printf '%s\n' "$@" >"$work/p.irq"
}

refuses "an unknown feature" "no such feature; there are dyn-msix, " info --target emu:+dyn-msi
refuses "no feature at all" "+: no such feature" info --target emu:+
refuses "the same feature with and without" "+dyn-msix and -dyn-msix contradict each other" \
	diff --target emu:+dyn-msix,vectors=8,-dyn-msix
refuses "an unknown profile" "must be one of 6.1, 6.12, 6.6, " info --target emu:profile=6.5
refuses "features of a real device" "a real device has what it has; rules=" \
	info --target vfio:0000:00:00.0,+dyn-msix
refuses "unknown rules" "; or +FEATURE or -FEATURE" diff --target emu:rules=5.10
refuses "rules of an unknown feature" "no such feature" diff --target emu:rules=+x
refuses "rules that contradict each other" "contradict" diff --target emu:rules=+its-msi,rules=-its-msi
program 'device +nothing'
refuses "an unknown feature in a program" "device: +nothing: no such feature; there are" \
	run "$work/p.irq"
program 'device profile=6.12,+dyn-msix,-dyn-msix'
refuses "contradictory ones in a program" "contradict each other" run "$work/p.irq"
program 'device profile=6.5'
refuses "an unknown profile in a program" '`6.5` is not any, 6.1, ' run "$work/p.irq"
program reset 'expect 0 on dynmsix'
refuses "an expect on no feature" '`dynmsix` is not a feature: dyn-msix, ' run "$work/p.irq"
program reset 'expect 0 on dyn-msix,!dyn-msix'
refuses "an expect that nothing can be" "no target is that" run "$work/p.irq"

# Programs from before there were features load, and mean what they meant.
program 'device profile=6.1,vectors=4' 'set_irqs msix trigger eventfd fds=e0' 'expect 0 on 6.1' \
	'set_irqs msix trigger none start=2' 'expect -EINVAL on 6.1' 'expect 0 on 6.12' \
	'irq_info msix' 'expect flags=0x9 count=4 on 6.1,6.12'
out=$("$irqstorm" run "$work/p.irq" 2>&1)
result "an old program is right as 6.1" $((1 - ($? != 0))) "$out"
out=$("$irqstorm" run --target emu:profile=6.12,dyn=0 "$work/p.irq" 2>&1)
result "and as 6.12" $((1 - ($? != 0))) "$out"
sed -i 's/-EINVAL on 6.1/0 on 6.1/' "$work/p.irq"
out=$("$irqstorm" run "$work/p.irq" 2>&1)
result "its lines are looked at" $(($? == 1)) "$out"
program 'device vectors=4,pcie=0' 'irq_info err' 'expect 0 on err-any-function' \
	'expect -EINVAL on !err-any-function'
for target in emu:profile=7.3 emu:profile=7.2 emu:profile=6.12,+err-any-function; do
	out=$("$irqstorm" run --target $target "$work/p.irq" 2>&1)
	result "the right line for $target" $((1 - ($? != 0))) "$out"
done

# info: by what it is known, and what the version would not have.
out=$("$irqstorm" info --target emu:profile=6.12,-dyn-msix,+err-any-function,pcie=0)
result "a probe that contradicts the version is a line" \
	"$(grep -cx 'unusual  dyn-msix is not there: 6.12 has it (by probe)' <<<"$out")" "$out"
result "and one for what is there" \
	"$(grep -cx 'unusual  err-any-function is there: 6.12 has it not (by probe)' <<<"$out")" "$out"
out=$("$irqstorm" info --target emu:profile=7.3,pcie=0)
result "none where they agree" $((1 - $(grep -c '^unusual' <<<"$out"))) "$out"
out=$("$irqstorm" info --json - --target emu:profile=6.12-arm64,pcie=0 | tr -d ' \n')
ok=0
grep -q '"arch":"arm64","features":\["empty-enable",' <<<"$out" &&
	grep -q '"probed":{"dyn-msix":"probe","contexts-within-nvec":"version",' <<<"$out" &&
	grep -q '"err-any-function":"probe"' <<<"$out" && grep -q '"its-msi":"arch"' <<<"$out" && ok=1
result "info --json has features, arch and probed" $ok "$out"
finish
