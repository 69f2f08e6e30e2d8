#!/bin/bash
# SPDX-License-Identifier: MIT
# A session of a real kernel: files, what a command changes and how it is put back, and what breaks
# it. session_keeper.sh has what takes no kernel. Never skips.
#	session_cli.sh IRQSTORM GUEST_PROGRAM
set -u
. "$(dirname "$0")/../lib.sh"
. "$here/session.sh"
bin=$(realpath "$1") program=$(realpath "$2")
folder work
cd "$work" || exit 3
at_end() {
	"$bin" guest --quiet --session "$work/s" --end
}

in_session() { # WORD...: out, err, code
	"$bin" guest --session s "$@" >out 2>err </dev/null
	code=$?
}
run() { # ORDER...: of guest_program
	in_session -- "$program" "$@"
}

in_session --kernel debian:6.12 --devices xhci,ivshmem -- info --target vfio:0000:00:04.0 --json info.json
has "the first command boots and has its result" 0 'booted in' err
grep -q '"schema": "irqstorm.info/1"' info.json
result "and its file" $((1 - $?)) "$(ls)"
keeper=$(cat s/pid) qemu=$(pgrep -P "$(cat s/pid)")
in_session -- diff --ops 500 --seed 3 --target vfio:0000:00:04.0 --json diff.json
has "the second has the same guest" 0 'command 2 of its session' err
python3 -c 'import json, sys
j = json.load(open("diff.json"))
sys.exit(not (j["divergences"] == 0 and j["ops"] >= 500 and j["seed"] == 3))'
result "and a device that is as a fresh one" $((1 - $?)) "$(cat err)"
echo "an input file" >input.txt
run cat input.txt pid 0
has "files go in" 1 '^an input file$' out
has "a finding is tried in a fresh guest, which shows this one, too" 1 'it shows in a fresh guest, too' err
run segv
has "a command that dies is told" 3 'died in the guest of signal 11' err
run pid 100000
has "and the session goes on" 0 'command 5 of its session' err
first=$(sed -n 's/^process //p' out)

# What a command changes. Nothing of it is there for the next one.
was() { # FILE: what the next command sees
	run enter / cat "$1"
	cat out
}
swappiness=$(was proc/sys/vm/swappiness) limit=$(was sys/module/vfio_iommu_type1/parameters/dma_entry_limit)
affinity=$(was proc/irq/default_smp_affinity)
run enter / put proc/sys/vm/swappiness 7 put sys/module/vfio_iommu_type1/parameters/dma_entry_limit 99
has "a sysctl that was changed is told" 0 "the command left /proc/sys/vm/swappiness at '7', it was '$swappiness': put back" err
has "so is a module's parameter" 0 "dma_entry_limit at '99', it was '$limit': put back" err
[ "$(was proc/sys/vm/swappiness)" = "$swappiness" ] && ! grep -q 'put back' err
result "and it is as it was" $((1 - $?)) "$(cat out err)"
run enter / put proc/irq/default_smp_affinity 3 put proc/sys/kernel/printk 8
[ "$(was proc/irq/default_smp_affinity)" = "$affinity" ]
result "affinity too" $((1 - $?)) "$(cat out err)"
run enter / put sys/bus/pci/devices/0000:00:04.0/driver/unbind 0000:00:04.0
has "a device that was taken from its driver is told" 0 '0000:00:04.0/driver: put back' err
run enter / hold dev/vfio/1 hold dev/vfio/2 hold proc/sys/vm/swappiness
has "processes that a command leaves end with it" 0 'command [0-9]+ of its session' err
result "which had what the test is about" "$(grep -q 'No such file' err || echo 1)" "$(cat err)"
in_session -- info --target vfio:0000:00:04.0
has "and the device that they had is free, and bound" 0 'at 0000:00:04.0' out
in_session -- diff --ops 300 --seed 4 --target vfio:0000:00:05.0
has "the other one, too" 0 '^0 divergences' out

"$bin" guest --session s -- "$program" say waiting enter / hold dev/vfio/1 sleep 600 >out 2>err </dev/null &
pid=$!
for _ in $(seq 600); do
	grep -q waiting out && break
	sleep 0.1
done
kill -9 $pid
wait $pid 2>/dev/null
in_session -- info --target vfio:0000:00:04.0
has "a caller that is killed: the next call works" 0 'at 0000:00:04.0' out
"$bin" guest --session s -- "$program" sigint code 4 >out 2>err </dev/null &
pid=$!
for _ in $(seq 600); do
	grep -q waiting out && break
	sleep 0.1
done
kill -INT $pid
wait $pid
code=$?
has "Ctrl-C lets the command end" 130 'got SIGINT' out
run pid $((first + 3))
has "a finding that a fresh guest does not show depends on what ran before" 1 \
	'does not show in a fresh guest: it depends on what ran before' err
gone "and ends the session" "$keeper" "$qemu"

run record 20
has "what a command writes down of its programs" 0 'booted in' err
run say before record 2 sleep 2 panic
has "a panic is told" 1 'guest kernel panicked: Kernel panic - not syncing: sysrq' err
has "and tried in a fresh guest" 1 'it shows in a fresh guest, too' err
has "what was said before arrives" 1 '^before$' out
grep -q 'Kernel panic' irqstorm-guest-*.log
result "and the log" $((1 - $?)) "$(ls)"
files=$(cd irqstorm-guest-*.last && echo *.irq)
result "and the programs of that command, not of the one before" "$([ "$files" = "00.irq 01.irq" ] && echo 1)" "$files"
gone "the session is over" "$(cat s/pid)"
run enter / put proc/sys/kernel/modules_disabled 1
has "the next call boots" 0 'booted in' err
has "what cannot be put back is told" 0 "modules_disabled at '1', it was '0': that cannot be put back: its session ends" err
gone "and ends the session" "$(cat s/pid)"
in_session --end
has "nothing is left to end" 0 'no session runs' err
finish
