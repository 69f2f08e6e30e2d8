#!/bin/bash
# SPDX-License-Identifier: MIT
# irqstorm report: its text and its page, for one run and for two, and the page in a browser where
# there is one. Usage: report.sh IRQSTORM
set -u
bin=$1
here=$(dirname "$0")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
. "$here/../lib.sh"
. "$here/../cli/check.sh"

# page NAME FILE JSON...: the checks of page.py, counted
page() {
	local name=$1 line
	shift
	while read -r line; do
		case $line in
		"not ok "*) result "$name: ${line#not ok }" 0 "${line#*: }" ;;
		"ok "*) result "$name: ${line#ok }" 1 "" ;;
		*) result "$name: page.py" 0 "$line" ;;
		esac
	done < <(python3 "$here/page.py" "$@" 2>&1)
}

bench="bench --quick --duration 60ms --warm-up 0 --vectors 8 --quiet --repeats 2"
targets="emu:profile=6.1,vectors=8 emu:profile=6.12,vectors=8"
"$bin" $bench --strategy none,teardown,dynamic,swap --target "$targets" --out "$tmp/a" >"$tmp/a.txt" 2>&1
"$bin" $bench --strategy none,teardown --target "$targets" --no-resize-cost --out "$tmp/b" \
	>"$tmp/b.txt" 2>&1
"$bin" stress --duration 300ms --vectors 8 --resize teardown --target emu:fault=drop:50 --quiet \
	--json "$tmp/run.json" --html "$tmp/run.html" >/dev/null 2>&1

"$bin" report "$tmp/a" >"$tmp/text" 2>"$tmp/err"
result "a folder is told as text" $([ $? = 0 ] && echo 1 || echo 0) "$(cat "$tmp/err")"
diff <(grep -v '^seed\|going on\|shows it' "$tmp/a.txt") "$tmp/text" >"$tmp/diff"
result "the same text as the bench's own" $((1 - $?)) "$(head -3 "$tmp/diff")"
diff <("$bin" report "$tmp/a/summary.json") "$tmp/text" >"$tmp/diff"
result "its summary.json alone says the same" $((1 - $?)) "$(head -3 "$tmp/diff")"
check "the JSON of a stress run is taken" 0 '^FINDING .*lost with no rule' report "$tmp/run.json"
check "and one run of a bench" 0 '^PASS' report "$tmp"/a/cells/*none*.r1.json
check "two are compared" 0 'teardown +response p50 .*no claim: fewer than 4 repeats' \
	report "$tmp/a" "$tmp/b"

"$bin" report "$tmp/a" --html "$tmp/a.html" >/dev/null 2>&1
page "a bench" "$tmp/a.html" "$tmp/a/summary.json"
page "the page in the folder" "$tmp/a/report.html" "$tmp/a/summary.json"
"$bin" report --html "$tmp/two.html" "$tmp/a" "$tmp/b" >/dev/null 2>&1
page "two benches" "$tmp/two.html" "$tmp/a/summary.json" "$tmp/b/summary.json"
grep -q '<h2>Side by side</h2>' "$tmp/two.html" && grep -q 'class="compare"' "$tmp/two.html"
result "two benches stand side by side" $((1 - $?)) "no comparison"
grep -q 'class="verdict finding"' "$tmp/run.html" && grep -q 'class="mark full sbad"' "$tmp/run.html"
result "stress --html marks losses that nothing explains" $((1 - $?)) "no mark"
diff "$tmp/run.html" <("$bin" report "$tmp/run.json" --html - | sed "s#$tmp/run.json#$(json "$tmp/run.json" target)#") >"$tmp/diff"
result "stress --html is the page of its JSON" $((1 - $?)) "$(head -3 "$tmp/diff")"

# the checks see what they are for
python3 - "$tmp" <<'EOF'
import re, sys
tmp = sys.argv[1]
good = open(tmp + '/a.html').read()
def plant(name, bad):
    assert bad != good, name
    open('%s/bad-%s.html' % (tmp, name), 'w').write(bad)
plant('number', re.sub(r'(data-path="cells.0.counts.fired" data-value=")(\d)', r'\g<1>9\2', good, 1))
plant('shown', re.sub(r'(data-path="cells.0.counts.fired"[^>]*>)', r'\g<1>9', good, 1))
plant('svg', good.replace('viewBox="0 0 460 270"', 'viewBox="0 0 460 270" viewBox=""', 1))
plant('untitled', re.sub(r'<title id=.*?</title>', '', good, 1, re.S))
plant('network', good.replace('<style>', '<link rel="stylesheet" href="https://a.invalid/x.css"><style>', 1))
plant('unbalanced', good.replace('</dl>', '', 1))
plant('mark', good.replace('<title id=', '<desc>lost here</desc><title id=', 1))
EOF
# fault BAD CHECK: the page with BAD planted fails CHECK and no other
fault() {
	local told
	told=$(python3 "$here/page.py" "$tmp/bad-$1.html" "$tmp/a/summary.json" 2>&1 | grep -v '^ok ')
	[[ $told == "not ok $2"* && $told != *$'\n'* ]]
	result "a planted fault is told: $1" $((1 - $?)) "${told:-it passes}"
}
fault number 'every number of the table'
fault shown 'every number of the table'
fault svg 'each picture is well-formed'
fault untitled 'each picture has title'
fault network 'it needs no network'
fault unbalanced 'tags are balanced'
fault mark 'each slice with a loss'

# text from outside is text in the page
python3 - "$tmp" <<'EOF'
import json, sys
s = json.load(open(sys.argv[1] + '/a/summary.json'))
s['command'] = '<script>alert(1)</script> & "quotes"'
for c in s['cells']:
    c['strategy'] = '<b>' + c['strategy']
json.dump(s, open(sys.argv[1] + '/evil.json', 'w'))
EOF
"$bin" report "$tmp/evil.json" --html "$tmp/evil.html"
page "a hostile summary" "$tmp/evil.html" "$tmp/evil.json"

# the median of two repeats ends on a half: 114.0 us, were it rounded to nanoseconds on the way
python3 - "$tmp" <<'EOF'
import json, sys
s = json.load(open(sys.argv[1] + '/a/summary.json'))
for c in s['cells']:
    if 'metrics' in c:
        c['metrics']['resize_p999_ns'] = {'median': 113949.5}
json.dump(s, open(sys.argv[1] + '/half.json', 'w'))
EOF
"$bin" report "$tmp/half.json" --html "$tmp/half.html"
page "half a nanosecond" "$tmp/half.html" "$tmp/half.json"
grep -q '>113.9 us' "$tmp/half.html"
result "half a nanosecond is rounded once" $((1 - $?)) 'no 113.9 us'

one_line "nothing to report" 2 'nothing to report' report
one_line "a file that is not there" 3 'nowhere.json: No such file' report "$tmp/nowhere.json"
one_line "a folder that is none of a bench" 2 'is no folder of irqstorm bench' report "$tmp"
echo '{"schema": "something/1"}' >"$tmp/other.json"
one_line "a file of something else" 2 'schema "something/1"' report "$tmp/other.json"
head -c 1000 "$tmp/a/summary.json" >"$tmp/cut.json"
one_line "a file that is cut off" 2 'is not JSON' report "$tmp/cut.json"
one_line "a page that cannot be written" 3 'cannot write /nonexistent' \
	report "$tmp/a" --html /nonexistent/x.html
one_line "a full disk" 3 'No space left' report "$tmp/a" --html /dev/full
"$bin" report "$tmp/a" >/dev/full 2>"$tmp/full.err"
[ $? = 3 ] && grep -q 'cannot write to stdout' "$tmp/full.err"
result "a full stdout" $((1 - $?)) "$(cat "$tmp/full.err")"

# in a browser: it renders, and nothing is wider than the window but what scrolls by itself
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || browser=
skipped=0
if [ -z "$browser" ]; then
	skipped=4
	echo "SKIPPED 4 checks in a browser: there is no chromium (apt-get install chromium)"
else
	cat >"$tmp/probe.js" <<'EOF'
<script>
addEventListener('load', () => {
	const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
	const sizes = [...document.querySelectorAll('svg[role=img]')].map(s => s.getBoundingClientRect());
	const flat = sizes.filter(r => r.height > 0 && (r.width < 200 || r.height < 100)).length;
	document.title = 'wide=' + wide + ' flat=' + flat + ' ink=' +
		getComputedStyle(document.body).color + ' paper=' + getComputedStyle(document.body).backgroundColor;
});
</script>
EOF
	cat "$tmp/a.html" "$tmp/probe.js" >"$tmp/probe.html"
	for view in "1280 1 27,31,36" "1280 0 228,232,236" "390 1 27,31,36" "390 0 228,232,236"; do
		read -r width scheme ink <<<"$view"
		# the window of headless chromium is 500 wide at least: a frame is as wide as it is told
		printf '<iframe id="f" src="probe.html" style="width:%spx;height:800px;border:0"></iframe>
<script>addEventListener("load", () => setTimeout(() => { document.body.append(f.contentDocument.title) }, 300))</script>' \
			"$width" >"$tmp/frame.html"
		timeout 60 "$browser" --headless --no-sandbox --disable-gpu --allow-file-access-from-files \
			--user-data-dir="$tmp/profile" --virtual-time-budget=3000 \
			--blink-settings=preferredColorScheme="$scheme" --dump-dom "file://$tmp/frame.html" \
			>"$tmp/dom" 2>/dev/null
		told=$(grep -o 'wide=.*' "$tmp/dom" | tail -1)
		[[ ${told// /} == wide=0flat=0ink=rgb\($ink\)* ]]
		result "it fits a browser $width wide, theme $scheme" $((1 - $?)) "${told:-nothing rendered}"
	done
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
