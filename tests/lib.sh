# SPDX-License-Identifier: MIT
# For shell tests: result NAME OK WHY, skip NAME WHY for what this machine cannot do, and finish,
# which prints the closing line and ends the script. folder NAME: a new folder, in the variable
# NAME, that goes when the script ends; what else is to be done then does at_end, if there is one.
# here: the folder of the script, root: of the sources.
passed=0 failed=0 skipped=0
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
folders=()

folder() { # NAME
	printf -v "$1" %s "$(mktemp -d)"
	[ -n "${!1}" ] || exit 3
	folders+=("${!1}")
	trap leave EXIT
}

leave() {
	! declare -F at_end >/dev/null || at_end
	rm -rf "${folders[@]}"
}

result() { # NAME OK WHY
	if [ "$2" = 1 ]; then
		passed=$((passed + 1))
		echo "ok $1"
	else
		failed=$((failed + 1))
		# one line: what collects failures elsewhere may keep no more
		echo "not ok $1: ${3//$'\n'/ | }"
	fi
}

skip() { # NAME WHY
	skipped=$((skipped + 1))
	echo "ok $1 # SKIP ${2//$'\n'/ | }"
}

# The words after --only, into the array only. Of a script whose usage is its lines 3 to LAST.
only_of() { # LAST WORD...
	only=()
	case ${2:-} in
	"") ;;
	--only) only=("${@:3}") ;;
	*)
		sed -n "3,$1s/^# \\{0,1\\}//p" "$0" >&2
		exit 2
		;;
	esac
}

finish() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
	exit
}
