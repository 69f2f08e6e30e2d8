#!/bin/bash
# SPDX-License-Identifier: MIT
# suite.py, which runs the tests of all presets and counts: runners that fail, hang, die, are not there
# or count nothing are failures by name, whatever the others do. Usage: suite.sh
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib.sh"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 3

# toy FOLDER: a build folder without a build; its tests follow on the standard input: NAME SHELL-COMMAND
toy() {
	local name command
	mkdir -p "$1"
	echo "IRQSTORM_SANITIZE:STRING=${sanitize:-}" >"$1/CMakeCache.txt"
	while read -r name command; do
		echo "add_test([=[$name]=] \"/bin/sh\" \"-c\" [==[$command]==])"
		[ "$name" != hangs ] || echo "set_tests_properties(hangs PROPERTIES TIMEOUT 2)"
	done >"$1/CTestTestfile.cmake"
}

suite() { # OPTION... FOLDER...: sets code and last, fills out
	"$here/suite.py" --out suite "$@" >out 2>&1
	code=$?
	last=$(tail -n 1 out)
}

is() { # NAME CODE LAST-LINE PATTERN...: of the last run
	local name=$1 want=$2 line=$3 pattern ok=1
	shift 3
	[ "$code" = "$want" ] && [ "$last" = "$line" ] || ok=0
	for pattern; do
		grep -Eq -- "$pattern" out || ok=0
	done
	result "$name" $ok "exit $code, not $want, or not all of '$line' $*: $(cat out)"
}

# Criterion's closing line, in colours
synthesis='printf "[\033[0;34m====\033[0m] \033[0;1mSynthesis: Tested: \033[0;34m9\033[0m | Passing: \033[0;32m%d\033[0m | Failing: \033[0;31m%d\033[0m | Crashing: \033[0;31m%d\033[0m\n"'

toy good <<-EOT
	plain echo "ok a"; echo "3 passed, 0 failed, 1 skipped"
	criterion $synthesis 7 0 0
	twice echo "1 passed, 0 failed, 0 skipped"; echo "2 passed, 0 failed, 0 skipped"
EOT
suite good
is "passes of plain runners and of Criterion are summed" 0 "13 passed, 0 failed, 1 skipped" \
	'^suite: good: 13 passed, 0 failed, 1 skipped in 3 tests'
result "nothing is told of what passes" $(($(wc -l <out) == 2)) "$(cat out)"

bad() { # NAME COMMAND LAST PATTERN...: beside the three good ones
	local name=$1 command=$2 want=$3
	shift 3
	rm -rf bad suite
	toy bad <<<"$command"
	suite good bad
	is "$name" 1 "$want" "^suite: FAILED bad/${command%% *}: " "$@"
}

bad "a runner that counts its failures" \
	'fails echo "not ok this: that"; echo "5 passed, 2 failed, 0 skipped"; exit 1' \
	"18 passed, 2 failed, 1 skipped" '^    not ok this: that$' 'again: ctest --test-dir bad -R .\^fails\$. '
bad "and one that counts them, and ends with 0 all the same" \
	'fails echo "not ok this: that"; echo "5 passed, 2 failed, 0 skipped"' "18 passed, 2 failed, 1 skipped" \
	'^    not ok this: that$'
bad "a test of Criterion that crashes" "crashes $synthesis 3 1 2; exit 1" "16 passed, 3 failed, 1 skipped"
bad "a runner that fails after it has counted no failure" \
	'late echo "5 passed, 0 failed, 0 skipped"; echo the reason; exit 1' "18 passed, 1 failed, 1 skipped" \
	'^    the reason$'
bad "one that fails and counts nothing" 'mute echo "cannot go on"; exit 3' "13 passed, 1 failed, 1 skipped" \
	'^    cannot go on$'
bad "one that is killed" 'killed echo here; kill -SEGV $$' "13 passed, 1 failed, 1 skipped" 'killed: Exception' '^    here$'
bad "one that hangs" 'hangs echo "5 passed, 0 failed, 0 skipped"; exec sleep 600' "18 passed, 1 failed, 1 skipped" \
	'hangs: Timeout'
bad "one that passes and counts nothing" 'uncounted echo well' "13 passed, 1 failed, 1 skipped" 'counted nothing'
result "what it printed is in a file" $([ "$(cat suite/bad.uncounted.log)" = well ] && echo 1 || echo 0) "$(ls suite)"

rm -rf bad suite
toy bad </dev/null
echo 'add_test([=[gone]=] "/nonexistent/program")' >bad/CTestTestfile.cmake
suite good bad
is "a program that is not there" 1 "13 passed, 1 failed, 1 skipped" '^suite: FAILED bad/gone: Not Run'

toy empty </dev/null
suite good empty
is "a folder without a test" 1 "13 passed, 1 failed, 1 skipped" '^suite: empty has no test$'

# A ctest that dies in the middle: what it never came to has failed.
mkdir path
printf '#!/bin/sh\n[ $1 != -V ] || exit 9\nexec %q "$@"\n' "$(command -v ctest)" >path/ctest
chmod +x path/ctest
PATH=$tmp/path:$PATH suite good
is "a ctest that dies" 1 "0 passed, 3 failed, 0 skipped" '^suite: FAILED good/twice: ctest \(exit 9\) never came'

# Words in between, without a terminal: what is left, and what is running.
toy slow <<-EOT
	slow sleep 4; echo "1 passed, 0 failed, 0 skipped"
EOT
suite --every 1 --since $(($(date +%s) - 120)) good slow
is "it says how far it is, and what is running" 0 "14 passed, 0 failed, 1 skipped" \
	'^suite: 2 min: 3 of 4 tests \(good 3 of 3, slow 0 of 1\), running slow/slow$'

# The same name in two folders is two tests, each with its own.
toy other <<-EOT
	plain echo "5 passed, 0 failed, 0 skipped"
EOT
suite good other
is "tests of one name in two folders" 0 "18 passed, 0 failed, 1 skipped" '^suite: other: 5 passed'

# A lock holds across folders, and so does a fixture within its own.
toy one <<-'EOT'
	lock mkdir "$OLDPWD/held" && sleep 1 && rmdir "$OLDPWD/held" && echo "1 passed, 0 failed, 0 skipped"
EOT
sed -i "s,\$OLDPWD,$tmp,g" one/CTestTestfile.cmake
echo 'set_tests_properties(lock PROPERTIES RESOURCE_LOCK toy)' >>one/CTestTestfile.cmake
cp -r one two
suite --jobs 4 one two
is "a lock holds across folders" 0 "2 passed, 0 failed, 0 skipped"

sanitize=thread toy threads <<-'EOT'
	plain case $(cat /proc/$$/personality) in *04*) echo "1 passed, 0 failed, 0 skipped" ;; esac
EOT
suite threads
is "programs with ThreadSanitizer run at fixed addresses" 0 "1 passed, 0 failed, 0 skipped"

suite() {
	"$here/suite.py" --out suite "$@" >out 2>&1 &
}
toy long <<-EOT
	long touch $tmp/began; sleep 600; echo "1 passed, 0 failed, 0 skipped"
EOT
suite long
pid=$!
while kill -0 $pid && [ ! -e began ]; do
	sleep 0.1
done
kill -TERM $pid
wait $pid
code=$?
result "a signal ends it" $((code == 143)) "exit $code: $(cat out)"
finish
