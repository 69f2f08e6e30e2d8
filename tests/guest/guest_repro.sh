#!/bin/bash
# SPDX-License-Identifier: MIT
# Exported C, compiled as a user would, on real kernels: what agrees with the rules exits with 0 on
# both, what does not, with 1. Usage: guest_repro.sh IRQSTORM RUNNER CORPUS
set -u
. "$(dirname "$0")/../lib.sh"
bin=$1 runner=$2 corpus=$3
folder tmp
. "$here/in_guest.sh"
# As xhci is: n of MSI-X and MSI
device=emu:vectors=16,msi=16

compile() { # NAME PROGRAM
	"$bin" export --as c --target $device "$2" -o "$tmp/$1.c" 2>"$tmp/log" &&
		cc -Wall -Wextra -Werror -static -o "$tmp/$1" "$tmp/$1.c" 2>>"$tmp/log"
	result "$1 compiles" $((1 - $?)) "$(head -3 "$tmp/log")"
}

# Everything that xhci shows and that takes no more than calls.
programs=()
for program in "$corpus"/*.irq; do
	grep -qE '^# devices:.*(xhci( |$)|any)' "$program" || continue
	grep -qE '^(line|fire|fail|at|entry|power|reset|flr)( |$)' "$program" && continue
	name=$(basename "$program" .irq)
	compile "$name" "$program" >/dev/null && programs+=("$tmp/$name")
done
[ ${#programs[@]} -ge 60 ]
result "most of the corpus is exported" $((1 - $?)) "${#programs[@]} programs"

# One whose recorded answer is wrong must be seen to differ.
printf 'set_irqs msix trigger eventfd fds=e0\nread e0\n' >"$tmp/wrong.irq"
compile wrong "$tmp/wrong.irq"
sed -i 's/returns(ALL(-EAGAIN))/returns(ALL(-EBADF))/' "$tmp/wrong.c"
cc -static -o "$tmp/wrong" "$tmp/wrong.c"

boot() { # KERNEL
	in_guest all "$1" --quiet --timeout 3m -- \
		"$runner" "$(device_at all xhci)" "${programs[@]}" "$tmp/wrong" >"$tmp/log-$1" 2>&1
}

boot 6.1 &
boot 6.12
wait
for kernel in 6.1 6.12; do
	for program in "${programs[@]}"; do
		name=$(basename "$program")
		grep -qE "^exit 0 [0-9]+\.$name\s*$" "$tmp/log-$kernel"
		result "$kernel $name" $((1 - $?)) \
			"$(grep -B 3 -m1 -E "^exit [0-9]+ [0-9]+\.$name\s*$" "$tmp/log-$kernel")"
	done
	grep -qE '^exit 1 [0-9]+\.wrong' "$tmp/log-$kernel" &&
		grep -q 'DIFFERENCE: it returned -EAGAIN, expected -EBADF' "$tmp/log-$kernel"
	result "$kernel a difference is reported" $((1 - $?)) "$(tail -5 "$tmp/log-$kernel")"
done
finish
