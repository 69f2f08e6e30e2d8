#!/bin/bash
# SPDX-License-Identifier: MIT
# Bugs that only two callers at once can show, planted one at a time: the seed made for each is a
# finding of the right kind, and fine without the bug, as all seeds are.
#   interleave.sh TARGET-WITH-BUGS
set -u
. "$(dirname "$0")/../lib.sh"
target=$1 corpus=$root/corpus/fuzz_irq_interleave
# A finding leaves the device in the middle of a call.
export ASAN_OPTIONS=detect_leaks=0
ulimit -c 0

bugs="B05 disintx_beside_disable order-masked:R10:end
B10 err_replaced_twice use-after-put:R66:set_irqs/err/trigger/eventfd
B13 err_beside_reset lock-order:R75:pci_bus_sem/igate
B14 err_set_beside_reset lock-order:R75:igate/device_lock
B20 unmask_fd_closed_beside_detach use-after-put:R66:set_irqs/intx/unmask/eventfd
B21 unmask_fd_written_beside_disable use-after-put:R66:write
Z31 fire_beside_set order-counter:R10:end
Z32 fire_beside_remove order-counter:R10:end
Z33 fire_beside_replace use-after-put:R66:fire/msix
Z34 unmask_fd_written_beside_detach deadlock:R75:flush
Z35 line_beside_unmask order-counter:R10:end
Z36 fire_beside_remove lock-held:R75:host_irq.lock"

while read -r bug seed key; do
	out=$(IRQSTORM_BUG=$bug "$target" "$corpus/$seed.irq" 2>&1)
	code=$?
	got=$(sed -n 's/^key: *//p' <<<"$out")
	result "$bug by $seed: $key" $([ $code -gt 128 ] && [ "$got" = "$key" ] && echo 1 || echo 0) \
		"exit $code, key '$got'"
	out=$("$target" "$corpus/$seed.irq" 2>&1)
	code=$?
	result "$seed without $bug" $((code == 0)) "exit $code: $(grep -m2 -E 'finding|key' <<<"$out")"
done <<<"$bugs"

# Each bug that is said to be found here has its line above.
missing=$(sed -n 's/^ZOO_BUG(\([A-Z0-9]*\), "interleave".*/\1/p' "$root/harness/emulator/zoo.def" |
	while read -r id; do grep -q "^$id " <<<"$bugs" || echo "$id"; done)
result "each bug has a seed" $([ -z "$missing" ] && echo 1 || echo 0) "none: $missing"

# A finding tells who did what, and where who came in between.
out=$(IRQSTORM_BUG=Z34 "$target" "$corpus/unmask_fd_written_beside_detach.irq" 2>&1)
for line in "A waits for work to be done in flush holding igate" "B waits for igate in virqfd_work" \
	"^  B      write e1 1" "^  A          takes igate in emu_set_irqs" "^  A          waits in flush"; do
	result "a deadlock is told: $line" $(grep -q "$line" <<<"$out" && echo 1 || echo 0) \
		"$(head -3 <<<"$out")"
done
finish
