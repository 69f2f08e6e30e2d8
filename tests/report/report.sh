#!/bin/bash
# SPDX-License-Identifier: MIT
# irqstorm report: its text and its page, for one run and for two, and the page in a browser where
# there is one. Usage: report.sh IRQSTORM
set -u
. "$(dirname "$0")/../lib.sh"
bin=$1
folder tmp
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
"$bin" stress --duration 500ms --vectors 8 --resize teardown --target emu:fault=drop:2 --quiet \
	--json "$tmp/run.json" --html "$tmp/run.html" >/dev/null 2>&1

"$bin" report "$tmp/a" >"$tmp/text" 2>"$tmp/err"
result "a folder is told as text" $([ $? = 0 ] && echo 1 || echo 0) "$(cat "$tmp/err")"
diff <(grep -v '^seed\|going on\|shows it' "$tmp/a.txt") "$tmp/text" >"$tmp/diff"
result "the same text as the bench's own" $((1 - $?)) "$(head -3 "$tmp/diff")"
diff <("$bin" report "$tmp/a/summary.json") "$tmp/text" >"$tmp/diff"
result "its summary.json alone says the same" $((1 - $?)) "$(head -3 "$tmp/diff")"
check "the JSON of a stress run is taken" 0 '^FINDING .*lost with no rule' report "$tmp/run.json"
check "and one run of a bench" 0 '^PASS' report "$tmp"/a/cells/*none*.r1.json
check "two are compared" 0 '^  response p50 .*no claim: fewer than 4 repeats' report "$tmp/a" "$tmp/b"
check "and their cells say on which target" 0 '^none on emulator 6.1$' report "$tmp/a" "$tmp/b"
check "what has no counterpart is counted" 0 '^4 cells of .*/a and 0 of .*/b have nothing' \
	report "$tmp/a" "$tmp/b"

# two runs of stress always compare, whatever each was asked for
"$bin" stress --duration 200ms --vectors 4 --resize none --target emu:profile=6.1 --quiet \
	--json "$tmp/other.json" >/dev/null 2>&1
check "two runs of stress are compared" 0 '^teardown on emulator 6.12 to none on emulator 6.1$' \
	report "$tmp/run.json" "$tmp/other.json"
check "with what differs in their settings" 0 '^  differs: vectors_used: 8 to 4$' \
	report "$tmp/run.json" "$tmp/other.json"
check "and intervals" 0 '^  lost per million +[0-9,.]+ \([0-9,.]+ - [0-9,.]+\) +0 \(< [0-9,.]+\) +0 lower' \
	report "$tmp/run.json" "$tmp/other.json"
sed 's/"strategy": "[a-z-]*"/"strategy": "another"/' "$tmp/b/summary.json" >"$tmp/apart.json"
check "with nothing in common that is said" 0 '^nothing in common: no cell of one is a cell of the other' \
	report "$tmp/apart.json" "$tmp/b"
"$bin" report "$tmp/apart.json" "$tmp/b" --html "$tmp/apart.html" 2>/dev/null
grep -q 'Nothing in common' "$tmp/apart.html" && ! grep -q 'class="compare' "$tmp/apart.html"
result "on the page, too, in place of an empty table" $((1 - $?)) "no word"

# one that was stopped: what it lacks is told once, and is no difference
python3 - "$tmp" <<'END'
import json, sys
s = json.load(open(sys.argv[1] + '/a/summary.json'))
known = ('name', 'target', 'strategy', 'consumer', 'vectors', 'mode', 'rate', 'cell')
s['complete'], s['resize_cost'] = False, []
s['cells'][1] = dict({k: v for k, v in s['cells'][1].items() if k in known}, state='missing', why='', repeats=0)
s['cells'][3]['repeats'] = 1
json.dump(s, open(sys.argv[1] + '/part.json', 'w'))
END
for pair in "$tmp/part.json $tmp/a" "$tmp/a $tmp/part.json"; do
	"$bin" report $pair --html "$tmp/part.html" >/dev/null 2>&1
	"$bin" report $pair >"$tmp/part.txt" 2>&1
	[ "$(grep -c '^  .*part.json is incomplete: 1 of 8 cells were not run yet, 1 of 8 have fewer than 2 repeats, the cost of' "$tmp/part.txt")" = 1 ] &&
		[ "$(grep -o 'is incomplete: 1 of 8 cells' "$tmp/part.html" | wc -l)" = 1 ]
	result "an incomplete bench is told once" $((1 - $?)) "$(grep -n incomplete "$tmp/part.txt")"
	! grep -h 'differs: ' "$tmp/part.txt" "$tmp/part.html" >"$tmp/why"
	result "and what it lacks is no difference" $((1 - $?)) "$(cat "$tmp/why")"
done

# growth is of figures that are shown
check "the cost of a resize has a column of the most in use" 0 '^emulator 6.12 +dynamic .* \(7\) +-$' \
	bench --resize-cost --quick --quiet --strategy dynamic --target emu:profile=6.12,vectors=8
check "which growth is of" 0 '^emulator 6.12 +dynamic .* us +- +- +[0-9.]+ us \(39\) +[0-9.]+$' \
	bench --resize-cost --quick --quiet --strategy dynamic --target emu:profile=6.12,vectors=40

# results that are no storms
python3 - "$tmp" <<'END'
import json, sys
def gate(name, verdict, lost, n, against):
    checks = [{'name': 'stress:swap', 'kind': 'stress', 'verdict': verdict, 'n': n, 'seed': '0x1',
               'lost_unexplained': lost, 'lost_explained': 0, 'repeat': 'irqstorm ' + name},
              {'name': 'x:response_p50', 'verdict': 'pass', 'baseline_ns': 100, 'candidate_ns': 150.5}]
    json.dump({'schema': 'irqstorm.gate/1', 'verdict': verdict, 'exit_code': lost > 0, 'against': against,
               'checks': checks}, open('%s/%s.json' % (sys.argv[1], name), 'w'))
gate('g1', 'pass', 0, 1000000, './before')
gate('g2', 'fail', 20, 2000000, None)
END
g="$tmp/g1.json $tmp/g2.json"
check "two results of gate are compared" 0 '^  checks.stress:swap.n +1,000,000 +2,000,000 +2' report $g
check "what differs in them" 0 '^  differs: checks.stress:swap.verdict: pass to fail$' report $g
check "in their settings as well" 0 '^  differs: against: ./before to -$' report $g
check "with intervals" 0 'stress:swap.lost per million +0 \(< 3\) +10 \(6.11 - 15.4\) +-  higher$' report $g
check "one alone is told" 0 '^  checks.stress:swap.n +2,000,000$' report "$tmp/g2.json"
"$bin" diff --ops 300 --seed 18446744073709551615 --json "$tmp/d.json" >/dev/null 2>&1
check "whose seed is one" 0 '^  seed +0xffffffffffffffff$' report "$tmp/d.json"
check "a result of diff with itself" 0 '^  ops +[0-9]+ +[0-9]+ +1' report "$tmp/d.json" "$tmp/d.json"
one_line "a gate and a storm" 2 'g1.json is of irqstorm gate and .*run.json of irqstorm stress: only results of the same kind' \
	report "$tmp/g1.json" "$tmp/run.json"
one_line "a bench and a run" 2 'only results of the same kind' report "$tmp/a" "$tmp/run.json"
one_line "a page of a gate" 2 '--html: that is of storms' report --html "$tmp/no.html" "$tmp/g1.json"

"$bin" report "$tmp/a" --html "$tmp/a.html" >/dev/null 2>&1
page "a bench" "$tmp/a.html" "$tmp/a/summary.json"
page "the page in the folder" "$tmp/a/report.html" "$tmp/a/summary.json"
"$bin" report --html "$tmp/two.html" "$tmp/a" "$tmp/b" >/dev/null 2>&1
page "two benches" "$tmp/two.html" "$tmp/a/summary.json" "$tmp/b/summary.json"
grep -q '<h2>Side by side</h2>' "$tmp/two.html" && grep -q 'class="compare ' "$tmp/two.html"
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
chart = re.search(r'<svg class="chart".*?</svg>', good, re.S).group(0)
def plant_chart(name, bad):
    assert bad != chart, name
    plant(name, good.replace(chart, bad, 1))
plant('svg', good.replace(' class="chart"', ' class="chart" class="chart"', 1))
plant_chart('untitled', re.sub(r'<desc>.*?</desc>', '', chart, 1, re.S))
plant_chart('outside', re.sub(r'(<text class="head" x=")4', r'\g<1>390', chart, 1))
plant_chart('overlap', re.sub(r'(<text class="note" x="4.0" y=")[\d.]+', r'\g<1>16.0', chart, 1))
plant_chart('ticks', re.sub(r'(class="tick x"[^>]*>)[\d,.]+(<.*?class="tick x"[^>]*>)[\d,.]+', r'\g<1>3\g<2>3', chart, 1, re.S))
plant_chart('below', re.sub(r'(class="tick x"[^>]*>)[\d,.]+', r'\g<1>-0.5', chart, 1))
plant_chart('uneven', re.sub(r'(class="tick x"[^>]*>)[\d,.]+', r'\g<1>7', chart, 1))
plant_chart('rate', re.sub(r'>\d+ of [\d.]+k?<', '>-<', chart, 1))
chart = re.search(r'<svg class="chart"[^>]*>\n<title>Response time by percentile.*?</svg>', good, re.S).group(0)
plant_chart('legend', re.sub(r'(<g class="legend">.*?class="curve )s\d', r'\g<1>sbad', chart, 1, re.S))
plant('contrast', good.replace('--soft: #59636e', '--soft: #a9b3be', 1))
plant('dark', good.replace('--ink: #e4e8ec', '--ink: #444444', 1))
plant('link', good.replace('href="data:image/svg+xml,%3Csvg', 'href="data:image/svg+xml,svg', 1))
plant('host', re.sub(r'<code>irqstorm bench .*?</code>', '', good, flags=re.S))
plant('strip', re.sub(r'<title>[\d,]+ resizes; the most', '<title>0 resizes; the most', good, 1))
plant('network', good.replace('<style>', '<link rel="stylesheet" href="https://a.invalid/x.css"><style>', 1))
plant('unbalanced', good.replace('</dl>', '', 1))
plant('mark', good.replace('<g class="strip">', '<g class="strip"><title>1 lost here</title>', 1))
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
fault mark 'each loss of a series'
fault strip 'every resize of a series'
fault outside 'no text of a picture'
fault overlap 'no text of a picture'
fault ticks 'numbers at axes'
fault below 'numbers at axes'
fault uneven 'numbers at axes'
fault legend 'legends show what is drawn'
fault rate 'one picture shows the losses'
fault contrast 'both themes have the contrast'
fault dark 'both themes have the contrast'
fault link 'each picture can be taken'
fault host 'target, kernel, date, host and command'

# charts, tables and figures to be taken elsewhere
"$bin" report "$tmp/a" --svg list >"$tmp/names"
cmp -s "$tmp/names" <(grep -o 'download="[a-z0-9.-]*\.svg"' "$tmp/a.html" | sed 's/download="//; s/\.svg"//')
result "--svg list names the charts of the page" $((1 - $?)) "$(cat "$tmp/names")"
while read -r name; do
	"$bin" report "$tmp/a" --svg "$name" >"$tmp/alone.svg" &&
		python3 -c 'import sys, xml.etree.ElementTree as t
r = t.parse(sys.argv[1]).getroot()
sys.exit(not r.tag.endswith("}svg") or not [s for s in r if s.tag.endswith("}style")])' "$tmp/alone.svg" ||
		echo "$name"
done < <(sed -n '1p;$p;/cost/p' "$tmp/names") >"$tmp/bad"
result "each is written alone, with its style" $([ -s "$tmp/names" ] && [ ! -s "$tmp/bad" ] && echo 1 || echo 0) \
	"$(cat "$tmp/bad")"
one_line "a chart that there is none of" 2 "no chart 'nonsense'; --svg list names" report "$tmp/a" --svg nonsense
one_line "two things for one stdout" 2 'all write to stdout: name one' report "$tmp/a" --markdown --csv
"$bin" report "$tmp/a" --markdown >"$tmp/md"
"$bin" report "$tmp/run.json" --markdown >>"$tmp/md"
"$bin" report "$tmp/a" --csv >"$tmp/csv"
long=$(awk 'length($0) > 80' "$tmp/md")
result "--markdown is 80 columns wide at most" $([ -s "$tmp/md" ] && [ -z "$long" ] && echo 1 || echo 0) "$long"
told=$(python3 "$here/paste.py" "$tmp/md" "$tmp/csv" "$tmp/a/summary.json" "$tmp/run.json" 2>&1)
result "Markdown and CSV have each cell, its figures, and commands that can be pasted" \
	$([ "$told" = ok ] && echo 1 || echo 0) "$told"
sed 's/^\(| [a-z-]* *| *\)[0-9]/\19/' "$tmp/md" >"$tmp/bad.md"
told=$(python3 "$here/paste.py" "$tmp/bad.md" "$tmp/csv" "$tmp/a/summary.json" "$tmp/run.json" 2>&1)
result "a planted fault is told: a figure in the Markdown" $([ "$told" != ok ] && echo 1 || echo 0) "$told"

# nothing to compare, and nothing to see
"$bin" stress --duration 200ms --vectors 4 --resize none --quiet --json "$tmp/none.json" >/dev/null 2>&1
"$bin" report "$tmp/none.json" --html "$tmp/none.html"
is_one=$(grep -c '^<title>Response time by percentile' "$tmp/none.html")
result "a run without resizes has one chart of percentiles, not three of one curve" \
	$([ "$is_one" = 1 ] && echo 1 || echo 0) "$is_one"
! grep -q 'class="strip"' "$tmp/none.html"
result "and no strip of resizes" $((1 - $?)) "there is one"

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

one_line "a page without a name" 2 '--html needs a value' report "$tmp/a" --html
one_line "a chart without a name" 2 '--svg needs a value' report "$tmp/a" --svg
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

finish
