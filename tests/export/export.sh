#!/bin/bash
# SPDX-License-Identifier: MIT
# minimize, export, run --repeat and --save on the command line, and exported C through compilers.
# Usage: export.sh IRQSTORM MAKE_PROGRAM CORPUS [compile]
# Without `compile` fewer programs become C, and hardly any is compiled: a sanitizer looks at the
# writing, and what is written is the same whichever build wrote it.
set -u
. "$(dirname "$0")/../lib.sh"
bin=$1 make_program=$2 corpus=$3 compile=${4:-}
folder tmp
. "$here/../cli/check.sh"

"$make_program" 2 500 emu -22 0 >"$tmp/long.irq"
printf 'irq_info msix\nread e0\nset_irqs msix trigger eventfd fds=e0,e1\n' >"$tmp/good.irq"
cp "$tmp/good.irq" "$tmp/fire.irq"
echo 'fire msix 1' >>"$tmp/fire.irq"

for sub in minimize export; do
	check "$sub --help" 0 "usage: irqstorm $sub" $sub --help
	long=$("$bin" $sub --help | awk 'length($0) > 80' | head -1)
	[ -z "$long" ]
	result "$sub --help fits 80 columns" $((1 - $?)) "$long"
	one_line "$sub: unknown option" 2 "unknown option '--frob'" $sub --frob
	one_line "$sub: unknown option after the program" 2 "unknown option '--frob'" \
		$sub "$tmp/good.irq" --frob
	one_line "$sub: no program" 2 'wants one program' $sub -o "$tmp/x"
done
one_line "minimize: no -o" 2 'wants one program and -o' minimize "$tmp/long.irq"
one_line "minimize: an unknown target" 2 'must be emu' \
	minimize --target qemu "$tmp/long.irq" -o "$tmp/x"

# minimize
before=$("$bin" run "$tmp/long.irq" | sed -n 's/^  key //p')
start=$(date +%s)
check "500 operations are minimized" 0 'after +[1-6] operations, shown by 20 of 20' \
	minimize --quiet "$tmp/long.irq" -o "$tmp/small.irq"
[ $(($(date +%s) - start)) -lt 30 ]
result "in less than 30 s" $((1 - $?)) "it took longer"
after=$("$bin" run "$tmp/small.irq" | sed -n 's/^  key //p')
[ -n "$before" ] && [ "$before" = "$after" ]
result "the key stays" $((1 - $?)) "$before is not $after"
grep -qF "# $before" "$tmp/small.irq"
result "the file says what it shows" $((1 - $?)) "$(head -3 "$tmp/small.irq")"
"$bin" minimize --quiet -o "$tmp/again.irq" "$tmp/long.irq" >/dev/null
cmp -s "$tmp/small.irq" "$tmp/again.irq"
result "the same every time" $((1 - $?)) "differs"
"$bin" minimize --quiet "$tmp/long.irq" -o "$tmp/small.bin" >/dev/null
[ "$(head -c 4 "$tmp/small.bin")" = IRQP ] &&
	[ "$("$bin" export --as text "$tmp/small.bin")" = "$(grep -v '^#' "$tmp/small.irq")" ]
result "-o FILE.bin is binary" $((1 - $?)) "$(head -c 40 "$tmp/small.bin" | tr -d '\0')"
"$bin" minimize --quiet "$tmp/long.irq" -o - 2>/dev/null | cmp -s - "$tmp/small.irq"
result "-o - is stdout, the program alone" $((1 - $?)) "differs"
one_line "a program without a finding is refused" 4 'nothing to minimize' \
	minimize --quiet "$tmp/good.irq" -o "$tmp/none.irq"
[ ! -e "$tmp/none.irq" ]
result "and leaves no file" $((1 - $?)) "there is one"
check "a planted fault" 0 'after +2 operations' \
	minimize --quiet --target emu:fault=drop:1 "$tmp/fire.irq" -o "$tmp/fault.irq"
check "a budget that is too short" 0 'it may get smaller' \
	minimize --quiet --budget 1us "$tmp/long.irq" -o "$tmp/short.irq"
[ "$("$bin" run "$tmp/short.irq" | sed -n 's/^  key //p')" = "$before" ]
result "gives what there is" $((1 - $?)) "$(head -2 "$tmp/short.irq")"
one_line "minimize: an unwritable folder" 3 'cannot write /nonexistent/x.irq' \
	minimize --quiet "$tmp/long.irq" -o /nonexistent/x.irq
check "minimize: a full disk" 3 'cannot write /dev/full: No space left' \
	minimize --quiet "$tmp/long.irq" -o /dev/full
echo keep >"$tmp/kept.irq"
"$bin" minimize --quiet "$tmp/good.irq" -o "$tmp/kept.irq" 2>/dev/null
[ "$(cat "$tmp/kept.irq")" = keep ]
result "a file that was there is kept" $((1 - $?)) "$(head -2 "$tmp/kept.irq")"

# files that are no programs
"$bin" export --as binary "$tmp/small.irq" -o "$tmp/whole.bin"
head -c 20 "$tmp/whole.bin" >"$tmp/cut.bin"
head -c 7 "$tmp/whole.bin" >"$tmp/header.bin"
{
	head -c 4 "$tmp/whole.bin"
	printf '\011\0\0\0'
	tail -c +9 "$tmp/whole.bin"
} >"$tmp/future.bin"
head -c 5000000 /dev/zero | tr '\0' '#' >"$tmp/huge.irq"
printf 'read e0\nset_irqs msix trigger sometimes\n' >"$tmp/broken.irq"
for sub in "run" "minimize -o $tmp/x" "export --as c -o $tmp/x"; do
	one_line "${sub%% *}: cut short" 2 'cut.bin: its header announces' $sub "$tmp/cut.bin"
	one_line "${sub%% *}: cut in the header" 2 'cut short within' $sub "$tmp/header.bin"
	one_line "${sub%% *}: from the future" 2 'format version 9' $sub "$tmp/future.bin"
	one_line "${sub%% *}: huge" 2 'too long for a program' $sub "$tmp/huge.irq"
	one_line "${sub%% *}: not a program" 2 'broken.irq:2: ' $sub "$tmp/broken.irq"
	one_line "${sub%% *}: not there" 3 'No such file' $sub "$tmp/nowhere.irq"
	one_line "${sub%% *}: a folder" 3 'Is a directory' $sub "$tmp"
done
[ ! -e "$tmp/x" ]
result "and nothing is written" $((1 - $?)) "$(ls -l "$tmp/x" 2>&1)"

# run --repeat, --save
# each of them has the fault where the first had it
check "run --repeat says how often" 1 "shown by 12 of 12 runs" \
	run --repeat 12 --target emu:fault=drop:3+2 "$tmp/fire.irq"
check "run --repeat of what never differs" 0 ': ok' run --repeat 5 "$tmp/good.irq"
"$bin" run --json "$tmp/r.json" --repeat 12 --target emu:fault=drop:3+2 "$tmp/fire.irq" >/dev/null
[ "$(json "$tmp/r.json" programs 0 differ)" = 12 ] &&
	[ "$(json "$tmp/r.json" programs 0 runs)" = 12 ] &&
	[ "$(json "$tmp/r.json" programs 0 difference key)" = counter:R50:fire/msix ]
result "and so does its JSON" $((1 - $?)) "$(head -c 300 "$tmp/r.json")"
check "diff prints a key" 1 '^key (counter|value|masked):' \
	diff --ops 50k --seed 1 --quiet --target emu:fault=drop:1 --save "$tmp/saved.irq"
"$bin" run --target emu:fault=drop:1 "$tmp/saved.irq" | grep -q '  key counter:'
result "diff --save can be run" $((1 - $?)) "$(head -3 "$tmp/saved.irq")"
"$bin" diff --ops 2k --seed 1 --quiet --save "$tmp/no.irq" >/dev/null 2>&1
[ ! -e "$tmp/no.irq" ]
result "diff --save writes nothing when there is nothing" $((1 - $?)) "there is a file"
check "explore --save" 1 '^key counter:' \
	explore --depth 3 --quiet --target emu:fault=drop:1 --save "$tmp/e.irq"
check "and it can be run" 1 '  key counter:' run --target emu:fault=drop:1 "$tmp/e.irq"

# export
one_line "export: unknown form" 2 "as" export --as pascal "$tmp/good.irq"
one_line "export: unwritable" 3 'cannot write /nonexistent/x' \
	export --as syz "$tmp/good.irq" -o /nonexistent/x
check "export: a full disk" 3 'No space left' export --as c "$tmp/good.irq" -o /dev/full
one_line "export: an address that is none" 2 'is no address' \
	export --as syz --bdf "a';" "$tmp/good.irq"
check "export --as text" 0 '^irq_info msix' export "$tmp/good.irq"
check "export --as syz" 0 'ioctl.VFIO_DEVICE_SET_IRQS\(r2, ' export --as syz "$tmp/good.irq"
check "export --as syz-desc" 0 '^irqstorm_irq_set \{' export --as syz-desc
check "export --as criterion" 0 'Test\(regression, good\)' export --as criterion "$tmp/good.irq"
check "what is left out is said" 0 '1 of 4 operations cannot be done' export --as c "$tmp/fire.irq"

# What is withheld (docs/rules.md, R39) is in no form, and is told; the rest is what ran before.
# Seed 1 makes some.
"$make_program" 1 1500 emu >"$tmp/some.irq"
ran=$("$bin" run "$tmp/some.irq" 2>/dev/null | head -1)
has() { case $1 in *"$2"*) return 0 ;; esac; return 1; }
has "$ran" "the others are withheld, see docs/rules.md R39)"
result "run says that operations are withheld" $((1 - $?)) "$ran"
check "export leaves them out and says so" 0 'some.irq: [1-9][0-9]* operations are withheld, see ' \
	export "$tmp/some.irq" -o "$tmp/rest.irq"
again=$("$bin" run "$tmp/rest.irq" 2>/dev/null | head -1)
[ -n "$again" ] && ! has "$again" withheld && [ "${ran##* digest }" = "${again##* digest }" ]
result "the rest does the same" $((1 - $?)) "$ran; $again"
for form in binary c syz criterion; do
	said=$("$bin" export --as $form "$tmp/some.irq" -o "$tmp/some.$form" 2>&1)
	"$bin" export --as $form "$tmp/rest.irq" -o "$tmp/rest.$form" 2>/dev/null
	sed -i 's/some/rest/' "$tmp/some.$form"
	has "$said" "operations are withheld" && cmp -s "$tmp/some.$form" "$tmp/rest.$form"
	result "$form has the rest alone" $((1 - $?)) "$said"
done

# Every name of a call in the programs is in the description, or in syzkaller's own.
"$bin" export --as syz-desc >"$tmp/desc.txt"
own='^(openat\$vfio|ioctl\$VFIO_SET_IOMMU|eventfd2|read\$eventfd|write\$eventfd|close|dup|dup2)$'
for seed in 1 2 3 4 5 6; do
	"$make_program" $seed 300 real | "$bin" export --as syz - 2>/dev/null
done | grep -v '^#' | sed -E 's/^r[0-9]+ = //; s/\(.*//' | sort -u | grep -vE "$own" >"$tmp/calls"
unknown=$(while read -r call; do grep -qF "$call(" "$tmp/desc.txt" || echo "$call"; done <"$tmp/calls")
[ -z "$unknown" ] && [ -s "$tmp/calls" ]
result "syz programs use described calls only" $((1 - $?)) "$unknown"

mkdir "$tmp/c"
export_c() { # NAME PROGRAM
	"$bin" export --as c "$2" -o "$tmp/c/$1.c" 2>"$tmp/c/$1.export"
	result "$1 is exported as C" $((1 - $?)) "$(head -3 "$tmp/c/$1.export")"
}
for seed in $(seq 1 $([ -n "$compile" ] && echo 30 || echo 10)); do
	"$make_program" "$seed" 120 $([ $((seed % 2)) = 0 ] && echo real || echo emu) >"$tmp/p.irq"
	export_c "random-$seed" "$tmp/p.irq"
done
for program in "$corpus"/*.irq; do
	[ -z "$compile" ] || export_c "corpus-$(basename "$program" .irq)" "$program"
done
: | export_c nothing -

# compile GLOB COMPILER...: each with warnings as errors, as many at a time as there are CPUs.
compile() {
	local glob=$1 file name
	shift
	rm -f "$tmp"/c/*.log
	find "$tmp/c" -name "$glob.c" -print0 | xargs -0 -P "$(nproc)" -I{} sh -c '
		f=$1 log=${1%.c}.log
		shift
		"$@" -Wall -Wextra -Werror -o "${f%.c}" "$f" >"$log" 2>&1 || echo failed >>"$log"' sh {} "$@"
	for file in "$tmp"/c/$glob.c; do
		name=$(basename "$file" .c)
		[ -e "${file%.c}.log" ] && [ ! -s "${file%.c}.log" ]
		result "C of $name: $*" $((1 - $?)) "$(head -5 "${file%.c}.log")"
	done
}
compile nothing cc
if [ -n "$compile" ]; then
	for cc in "cc" "cc -O2 -std=c99 -pedantic" "clang -std=c17"; do
		# shellcheck disable=SC2086
		compile 'random-*' $cc
	done
	# All of the corpus with one compiler, and without code: there are many.
	compile 'corpus-*' cc -fsyntax-only
	compile nothing clang -std=c17
fi
"$tmp/c/nothing" 0000:7f:1f.7 >/dev/null 2>"$tmp/err"
[ $? = 3 ] && grep -q 'is there such a device' "$tmp/err"
result "a reproducer without its device exits with 3" $((1 - $?)) "$(cat "$tmp/err")"

finish
