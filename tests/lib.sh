# SPDX-License-Identifier: MIT
# For shell tests: result NAME OK WHY, and finish, which prints the closing line and ends the script.
passed=0 failed=0

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

finish() {
	echo "$passed passed, $failed failed, 0 skipped"
	[ "$failed" = 0 ]
	exit
}
