# SPDX-License-Identifier: MIT
# For tests that run irqstorm several times in one guest: a boot takes longer than most runs.
#	later NAME CODE CONDITION SUBCOMMAND...    a run, its exit code, and what has to hold of its
#	                                           JSON: Python over j; "": it prints none
#	boot MACHINE KERNEL                        all of them in one guest: a result each
# Wants $bin, $program (guest_program), $here, $tmp, lib.sh and in_guest.sh.
# $orders: orders of guest_program that come before them.
names=() codes=() conditions=() lines=() orders=()

later() {
	names+=("$1") codes+=("$2") conditions+=("$3")
	shift 3
	lines+=("$1 --json - ${*:2}")
}

boot() {
	local machine=$1 label=$2 code i line why words=("${orders[@]}")
	for line in "${lines[@]}"; do
		words+=(irqstorm "$line")
	done
	in_guest "$machine" "$label" --timeout 14m -- "$program" "${words[@]}" >"$tmp/several" 2>"$tmp/several.err" </dev/null
	code=$?
	for i in "${!lines[@]}"; do
		why=$(python3 "$here/several.py" "$tmp/several" "$i" "${codes[i]}" "${conditions[i]}" 2>&1)
		result "$label: ${names[i]}" $((1 - $?)) "$why $(tail -5 "$tmp/several.err")"
		echo "# $why"
	done
	result "$label: the kernel says nothing to it" $((code == 0)) "exit $code: $(tail -5 "$tmp/several.err")"
	names=() codes=() conditions=() lines=()
}
