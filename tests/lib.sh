# SPDX-License-Identifier: MIT
# For shell tests: result NAME OK WHY, skip NAME WHY for what this machine cannot do, and finish,
# which prints the closing line and ends the script.
passed=0 failed=0 skipped=0

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

finish() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
	exit
}
