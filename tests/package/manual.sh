#!/bin/bash
# SPDX-License-Identifier: MIT
# The man pages and the bash completion: clean, complete, and the completion does complete.
# Usage: manual.sh IRQSTORM
set -u
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
IRQSTORM=$1
folder TMP
cd "$TMP" || exit 3

why=$("$IRQSTORM" manual --out "$TMP" 2>&1)
result "the manual is written" "$([ $? = 0 ] && echo 1)" "$why"
[ -f bash-completion/irqstorm ] || finish
why=$(mandoc -T lint -W warning man1/*.1 2>&1)
result "no page has a warning" "$([ $? = 0 ] && [ -z "$why" ] && echo 1)" "$why"
subcommands=$("$IRQSTORM" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')

# A fault in a page is told: without this the check above could be of an empty folder.
sed 's/^\.SH OPTIONS/.SHH OPTIONS/' man1/irqstorm-stress.1 >fault.1
mandoc -T lint -W warning fault.1 >/dev/null 2>&1
result "a macro that there is not would be told" "$([ $? != 0 ] && echo 1)" "mandoc is content"

# What of --help the page and the completion lack.
missing() { # SUBCOMMAND PAGE COMPLETION
	local text option section
	text=$(mandoc -T utf8 -O width=200 "$2" | sed 's/.\x08//g')
	while read -r option; do
		grep -qE -- "^ +$option( |\$)" <<<"$text" || echo "$option"
		grep -qE -- "^	$1\) echo .*$option " "$3" || echo "$option(completion)"
	done < <("$IRQSTORM" "$1" --help | sed -n 's/^  \(--[a-z-]*\).*/\1/p')
	for section in NAME SYNOPSIS DESCRIPTION OPTIONS EXAMPLES "EXIT STATUS" "SEE ALSO"; do
		grep -qx "$section" <<<"$text" || echo "$section"
	done
}

for sub in $subcommands; do
	why=$(missing "$sub" "man1/irqstorm-$sub.1" bash-completion/irqstorm)
	result "irqstorm-$sub(1) has every option and section" "$([ -z "$why" ] && echo 1)" "$why"
done
sed '/^.fB.-.-duration/d; /^.SH SEE ALSO/d' man1/irqstorm-stress.1 >fault.1
sed '/^	stress) echo/s/--seed //' bash-completion/irqstorm >fault.bash
why=$(missing stress fault.1 fault.bash | tr '\n' ' ')
result "what is missing would be told" "$([ "$why" = "--duration --seed(completion) SEE ALSO " ] && echo 1)" "$why"
why=$(for sub in $subcommands; do grep -q "^\.BR irqstorm..$sub (1)" man1/irqstorm.1 || echo "$sub"; done)
result "irqstorm(1) names every other page" "$([ -z "$why" ] && [ -n "$subcommands" ] && echo 1)" "$why"
for sub in "" $subcommands; do
	"$IRQSTORM" manual $sub | cmp -s - "man1/irqstorm${sub:+-$sub}.1" || why+="$sub "
done
result "manual SUBCOMMAND is that page" "$([ -z "$why" ] && echo 1)" "$why"
"$IRQSTORM" manual nonsense >/dev/null 2>&1
result "a page of nothing is refused" "$([ $? = 2 ] && echo 1)" "exit $?"
"$IRQSTORM" manual --out /proc/none >/dev/null 2>err
result "a folder that cannot be made is an error" "$([ $? = 3 ] && grep -q /proc/none err && echo 1)" "$(cat err)"

# shellcheck source=/dev/null
. bash-completion/irqstorm
mkdir there
touch there/prog.irq

# What bash would put after the last word break of the line, in one line.
completes() { # LINE EXPECTED
	local COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS COMP_CWORD COMPREPLY=()
	read -ra COMP_WORDS <<<"$1"
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_irqstorm
	result "completes '$1'" "$([ "${COMPREPLY[*]}" = "$2" ] && echo 1)" "to '${COMPREPLY[*]}', not '$2'"
}

completes "irqstorm st" "stress"
completes "irqstorm --ver" "--version"
completes "irqstorm help ex" "explore export"
completes "irqstorm stress --du" "--duration"
completes "irqstorm stress --mode " "closed open"
completes "irqstorm stress --mode=o" "open"
completes "irqstorm stress --quiet --mode o" "open"
completes "irqstorm stress --resize swap-f" "swap-fenced"
names=$("$IRQSTORM" stress --resize nonsense 2>&1 | sed 's/.*must be one of //; s/FILE//; s/,//g')
completes "irqstorm stress --resize " "$names"
completes "irqstorm stress --resize au" "auto"
completes "irqstorm stress --resize pro" "program:"
completes "irqstorm stress --resize program:there/p" "there/prog.irq"
completes "irqstorm stress --target e" "emu emu:profile=6.1 emu:profile=6.12"
completes "irqstorm stress --target emu:pro" "profile=6.1 profile=6.12"
completes "irqstorm run --target=emu:profile=6.12" "6.12"
completes "irqstorm stress --duration " ""
completes "irqstorm stress --json the" "there"
completes "irqstorm campaign --out the" "there"
completes "irqstorm run there/p" "there/prog.irq"
completes "irqstorm minimize there/prog.irq -o there/p" "there/prog.irq"
completes "irqstorm guest --kernel debian:6.12" "6.12"
completes "irqstorm guest --kernel the" "there/"
completes "irqstorm guest --devices ivshmem,e" "ivshmem,edu ivshmem,e1000e"
completes "irqstorm guest --smp 2 -- be" "bench"
completes "irqstorm guest -- stress --mode " "closed open"
completes "irqstorm manual gu" "guest"
completes "irqstorm bench --strategy none,swap-f" "none,swap-fenced"
completes "irqstorm gate --against the" "there"

for sub in $subcommands; do
	! "$IRQSTORM" "$sub" --help | grep -q '^  --target T ' || completes "irqstorm $sub --target vfio:a" "auto"
done

# What is offered is also taken.
why=$(for word in ivshmem edu xhci nvme e1000e; do
	"$IRQSTORM" guest --devices "$word" --kernel /none -- info 2>&1 | grep -- --devices
done)
result "every device that is offered is one" "$([ -z "$why" ] && echo 1)" "$why"
why=$(for word in emu emu:profile=6.1 emu:profile=6.12; do "$IRQSTORM" info --target $word 2>&1 >/dev/null; done)
result "every target that is offered is one" "$([ -z "$why" ] && echo 1)" "$why"

python3 "$here/typed.py" "$TMP/bash-completion/irqstorm" >typed 2>&1
result "a bash in which the keys are typed completes" "$([ $? = 0 ] && echo 1)" "$(tail -3 typed)"
finish
