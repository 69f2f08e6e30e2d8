#!/bin/bash
# SPDX-License-Identifier: MIT
# The table of section 1.10 of docs/rules.md is what features.def says:
# docs.sh FEATURES_TABLE ROOT [--write]
set -u
. "$(dirname "$0")/../lib.sh"
table=$1 rules=$2/docs/rules.md

between() { # FILE
	sed -n '/^<!-- features -->$/,/^<!-- end -->$/p' "$1" | sed '1d;$d'
}

if [ "${3:-}" = --write ]; then
	folder work
	{
		sed '/^<!-- features -->$/q' "$rules"
		"$table" markdown
		sed -n '/^<!-- end -->$/,$p' "$rules"
	} >"$work/rules.md" && cp "$work/rules.md" "$rules"
fi
ok=0
[ "$(between "$rules")" = "$("$table" markdown)" ] && ok=1
result "section 1.10 is the table of features" $ok \
	"it is not what features.def says: run $0 $table $2 --write"
# Named in the text, a feature is one of the table.
ok=1
for name in $(grep -ohE '`[+!-]?[a-z0-9]+(-[a-z0-9]+)+`' "$2"/docs/features.md | tr -d '`+!' | sed 's/^-//' | sort -u); do
	grep -q "\`$name\`" <("$table" markdown) && continue
	case $name in
	*-arm64) ;;
	*) ok=0 missing=$name ;;
	esac
done
result "docs/features.md names none that is not there" $ok "${missing:-}"
finish
