#!/bin/bash
# SPDX-License-Identifier: MIT
# A number of vectors that changes (P13, docs/vector-count.md): what info --check says, and what
# programs see on the legal and on the illegal path. Usage: vectors.sh IRQSTORM
set -u
. "$(dirname "$0")/../lib.sh"
bin=$1
folder tmp
. "$here/check.sh"

# look NAME EXIT REGEX TARGET
look() {
	check "$1" "$2" "$3" info --check --target "$4"
}

grew='^check    FINDING  the device changed its MSI-X table size behind the kernel \(was 64, now 128\): '
grew+='rebind the driver, or use sriov_set_msix_vec_count$'
look "an unchanged table" 0 '^check    ok  .* vector 63 of 64 could be added$' emu
look "an unchanged table without NORESIZE cleared" 0 \
	'^check    ok  .* vector 63 of 64 could be enabled with all before it$' emu:dyn=0
look "an unchanged table on 6.1" 0 '^check    ok  .* vector 63 of 64 could be' emu:profile=6.1
look "a grown table" 1 "$grew" emu:vectors=64,grown=128
look "a grown table where none can be added in place" 1 "$grew" emu:vectors=64,grown=128,dyn=0
look "6.1 takes the table as it is" 0 '^check    ok  .* vector 127 of 128' \
	emu:profile=6.1,vectors=64,grown=128
for dyn in 0 1; do
	look "a host out of vectors is no finding, dyn=$dyn" 0 \
		'^check    ok  .* vector 63 of 64 is not refused for its number, but the host has no vector' \
		emu:hostvecs=1,dyn=$dyn
	look "nor does it hide one, dyn=$dyn" 1 "$grew" emu:hostvecs=1,grown=128,dyn=$dyn
done
look "no MSI-X" 4 '^check    SKIPPED  cannot check: the device has no MSI-X$' emu:vectors=0
check "info alone checks nothing" 0 'NORESIZE' info --target emu:grown=128
[ -z "$("$bin" info --target emu:grown=128 | grep '^check')" ]
result "and says nothing of it" $((1 - $?)) "$("$bin" info --target emu:grown=128 | tail -1)"

# json_check NAME TARGET EXIT CONDITION: Python over check c and the whole j
json_check() {
	local code why
	"$bin" info --check --target "$2" --json - >"$tmp/j" 2>"$tmp/err"
	code=$?
	why=$(python3 -c '
import json, sys
j = json.load(open(sys.argv[1]))
c = j["check"]
print(c)
sys.exit(not eval(sys.argv[2]))' "$tmp/j" "$4" 2>&1)
	[ $? = 0 ] && [ $code = "$3" ]
	result "$1" $((1 - $?)) "exit $code: $why $(cat "$tmp/err")"
}
json_check "JSON of a finding" emu:grown=128 1 "c['verdict'] == 'grew' and c['vectors'] == 128 and \
c['kernel_vectors'] == 64 and c['table_entries'] == 128 and c['in_place'] and \
'was 64, now 128' in c['text'] and j['schema'] == 'irqstorm.info/1' and 'grown=128' in j['target']"
json_check "JSON of none" emu:dyn=0 0 "c['verdict'] == 'same' and c['kernel_vectors'] == 64 and \
not c['in_place'] and not c['host_short'] and c['calls'] == 2"
json_check "JSON of what cannot be checked" emu:vectors=0 4 \
	"c['verdict'] == 'unknown' and c['kernel_vectors'] is None and c['table_entries'] is None"
[ "$("$bin" info --json - | python3 -c 'import json, sys; print(json.load(sys.stdin)["check"])')" = None ]
result "JSON without --check" $((1 - $?)) "check is not null"

one_line "grown below vectors" 2 'grown=32: must be more than vectors=64' \
	info --target emu:grown=32
one_line "grown without a table" 2 'vectors=0, which must not be 0' \
	info --target emu:vectors=0,grown=32
one_line "grown beyond all tables" 2 'grown=4096: must be 0 to 2048' info --target emu:grown=4096
one_line "a program grows the table itself" 2 'the operation table_size grows the table' \
	diff --ops 10 --target emu:grown=128
check "the target repeats itself" 0 '^target   emu:profile=6.12,vectors=4,grown=8$' \
	info --target emu:vectors=4,grown=8
check "stress is told what the kernel answers" 3 'Numerical result out of range' \
	stress --target emu:vectors=4,grown=8 --vectors 8 --resize none --duration 200ms --quiet

corpus=$(dirname "$0")/../../corpus/rules
for program in sriov_count_needs_no_driver domain_remembers_the_table_size; do
	check "$program" 0 'irq: ok, ' run --target emu:profile=6.12 "$corpus/$program.irq"
done
for program in sriov_count_needs_no_driver domain_of_6_1_is_made_at_each_enable; do
	check "$program on 6.1" 0 'irq: ok, ' run --target emu:profile=6.1 "$corpus/$program.irq"
done

finish
