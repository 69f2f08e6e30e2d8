# SPDX-License-Identifier: MIT
# Of what `llvm-cov show` prints: a line for each file and a sum. What is done only where a hook of
# plant.h says so is left out: no build but that of the zoo can reach it. -v missed=1: the lines,
# too, that nothing reached.
function depth(s) { match(s, /^\t*/); return RLENGTH }

/^\/.*:$/ {
	file = substr($0, 1, length($0) - 1)
	sub(/.*\/harness\//, "", file)
	order[++files] = file
	skip = -1
	next
}
!/^ *[0-9]+\|/ { next }
{
	bar = index($0, "|")
	rest = substr($0, bar + 1)
	count = substr(rest, 1, index(rest, "|") - 1)
	source = substr(rest, index(rest, "|") + 1)
	gsub(/ /, "", count)
	number = substr($0, 1, bar - 1) + 0
	if (file ~ /\/(zoo|plant[a-z_]*)\.[ch]$/)
		next
	if (skip >= 0 && source !~ /^$/) {
		if (depth(source) > skip) {
			planted += count != ""
			next
		}
		if (closes && source ~ /^\t*}/) {
			planted += count != ""
			skip = -1
			next
		}
		skip = -1
	}
	# The body of a condition that only a planted bug makes true.
	if (source ~ /if \(PLANT\([^()]*\)\)/) {
		skip = depth(source)
		closes = source ~ /{$/
	}
	if (count == "")
		next
	lines[file]++
	if (count == "0") {
		none[file]++
		if (missed)
			printf "%s:%d:%s\n", file, number, source
	}
}
END {
	for (i = 1; i <= files; i++) {
		f = order[i]
		if (!lines[f])
			continue
		printf "%-28s %5d lines %5d missed %7.2f %%\n", f, lines[f], none[f],
			100 * (1 - none[f] / lines[f])
		all += lines[f]
		left += none[f]
	}
	printf "%-28s %5d lines %5d missed %7.2f %%\n", "together", all, left, 100 * (1 - left / all)
	printf "(%d lines of planted bugs left out)\n", planted
	exit 100 * (1 - left / all) < min
}
