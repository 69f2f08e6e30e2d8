#!/bin/bash
# SPDX-License-Identifier: MIT
# That readme.py sees what is wrong in a README: one with a fault each.
#   readme_plants.sh IRQSTORM
set -u
here=$(cd "$(dirname "$0")" && pwd)
bin=$(realpath "$1")
. "$here/../lib.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# sees NAME WANT REGEX README: readme.py's exit code, and a line of what it says
sees() {
	local out code
	printf '%b' "$4" >"$work/README.md"
	out=$("$here/readme.py" "$bin" "$work/README.md" 2>&1)
	code=$?
	[ $code = "$2" ] && grep -Eq -- "$3" <<<"$out"
	result "$1" $((1 - $?)) "exit $code, no '$3' in: $out"
}
table='target            strategy              fired        lost\nemulator 6.12     dynamic              86,858           0\nemulator 6.12     %s             86,858           0\n'
bench='```sh\nirqstorm bench --strategy dynamic,upfront --duration 200ms --warm-up 0 --repeats 1 --quiet --no-resize-cost\n```\n```text\n'
run='```sh\nirqstorm run p.irq\n```\n'
sees "a command that works" 0 '^ok irqstorm --version' '```sh\nirqstorm --version   # comment\n```\n'
sees "one over two lines" 0 '^1 passed' '```sh\nirqstorm diff --ops 1k \\\n  --quiet\n```\n'
sees "a subcommand that there is none of" 1 '^not ok irqstorm frob: exit 2' '```sh\nirqstorm frob\n```\n'
sees "an option that there is none of" 1 '^not ok irqstorm run .*: exit 2' '```sh\nirqstorm run --frob x\n```\n'
sees "a program that no rule is for" 1 '^not ok make all: no rule' '```sh\nmake all\n```\n'
sees "a finding that is not said" 1 '^not ok irqstorm stress .*exit 4|^not ok irqstorm stress .*exit 0' \
	'```sh\nirqstorm stress --duration 200ms --target emu:fault=drop:1G --no-control\n```\n'
sees "a fence without a word" 1 '^not ok line 2: a fence says what it is' '```\nirqstorm --version\n```\n'
sees "what is shown and comes" 0 '^ok what line 5 shows' '```sh\nirqstorm diff --ops 1k --quiet\n```\n```text\n7 divergences\n```\n'
sees "what is shown and does not come" 1 'not printed: irqstorm, version' \
	'```sh\nirqstorm --version\n```\n```text\nirqstorm, version 9\n```\n'
# shellcheck disable=SC2059
sees "a table with other numbers" 0 '^2 passed' "$bench$(printf "$table" upfront)\n\`\`\`\n"
# shellcheck disable=SC2059
sees "a row that does not come" 1 'no row emulator 6.12 teardown' "$bench$(printf "$table" teardown)\n\`\`\`\n"
# shellcheck disable=SC2059
sees "a column that does not come" 1 'no table with the columns' "$bench$(printf "${table/lost/gone}" upfront)\n\`\`\`\n"
sees "a program that is none" 1 '^not ok the program in line 2' '```irq\nset_irqs nonsense\n```\n'
finish
