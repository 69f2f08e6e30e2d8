#!/bin/bash
# SPDX-License-Identifier: MIT
# The scripts that hold irqstorm against independent measurements come to a verdict, and see a
# difference that is planted. How long anything takes is not asserted: that is for people to run.
# Usage: independent.sh IRQSTORM EVENTFD_LATENCY
. "$(dirname "$0")/../lib.sh"
irqstorm=$1 independent=$2
folder tmp
cpus=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)

run() { # COMMAND...: sets out and code
	out=$("$@" 2>&1)
	code=$?
}

is() { # NAME CODES PATTERN: the last run ended with one of CODES, and PATTERN is in what it said
	result "$1" "$([[ " $2 " == *" $code "* ]] && grep -qE -- "$3" <<<"$out" && echo 1)" \
		"exit $code, not one of $2 with '$3': $out"
}

# An irqstorm that lies: the JSON at the end of its options is changed by sed.
liar() { # SED-SCRIPT
	printf '#!/bin/bash\n%q "$@"\ncode=$?\nsed -i -E %q "${@: -1}"\nexit $code\n' "$irqstorm" \
		"$1" >"$tmp/liar"
	chmod +x "$tmp/liar"
}

run "$independent" 2000 400 4 "${cpus%%[,-]*}" "${cpus##*[,-]}" 2
is "the independent program receives what it fires" 0 '^fired 400 received 400 '

run "$here/compare.sh" -n 5 "$irqstorm" "$independent"
is "five pairs are too few for an interval" 2 '^compare.sh: -n 5: must be a number from 6 on$'
run "$here/compare.sh" -n 6 -m 100 "$irqstorm" "$independent"
if [ $code = 4 ]; then
	skip "latencies are compared" "$out"
else
	is "a comparison ends with a verdict" "0 1 5" '^(they (agree|differ)|too noisy)'
	is "a comparison shows ratio and interval" "0 1 5" \
		'^response p50 +[0-9.]+ us +[0-9.]+ us +[0-9.]+ +[0-9.]+ to [0-9.]+ '
	# 5 ms where some 50 us are usual; on a machine that stands still now and then 5 is right, too
	for ((try = 1; try <= 3; try++)); do
		run "$here/compare.sh" -n 6 -r 100 -m 200 -t emu:fault=delay:1:5ms "$irqstorm" \
			"$independent"
		[ $code = 5 ] || break
	done
	is "a planted delay is told as a difference" 1 '^they differ by more than 10 %$'
	liar 's/"p50": ([0-9]+)[0-9]{3}/"p50": \1/'
	run "$here/compare.sh" -n 6 -m 100 "$tmp/liar" # compiles the program, as people have it
	is "figures that are too good are told as a difference" 1 '^they differ by more than 10 %$'
fi

liar 's/"(fired|delivered)": ([0-9]+)/"\1": 1\2/'
run "$here/counts.sh" "$irqstorm"
if [ $code = 4 ]; then
	skip "strace counts the same" "$out"
else
	is "strace counts the same, planted losses too" 0 '^every count is the same$'
	run "$here/counts.sh" "$tmp/liar"
	is "a fire too many is told" 1 '^plain: writes: seen [0-9]+, irqstorm says 1[0-9]+$'
fi

run "$here/traced.sh" -n 1 -m 200 "$irqstorm" "$independent"
if [ $code = 4 ] || [ $code = 5 ]; then
	skip "the kernel's tracepoints count the same" "$out"
else
	is "the kernel's tracepoints count the same" "0 1" '^every count is the same$'
	run "$here/traced.sh" -n 1 -m 200 "$tmp/liar" "$independent"
	is "a fire too many is told by tracepoints" "1 5" '^counts differ$|lost events'
fi
finish
