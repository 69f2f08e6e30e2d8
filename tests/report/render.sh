#!/bin/bash
# SPDX-License-Identifier: MIT
# Pages as a browser shows them: on a desk and on a phone, light and dark, and on paper. Nothing is
# wider than the window, no text overlaps or stands out of its picture, contrast is that of WCAG AA.
#   render.sh IRQSTORM
set -u
bin=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib.sh"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || browser=
if [ -z "$browser" ]; then
	for view in "1280 light" "1280 dark" "390 light" "390 dark" paper; do
		skip "pages in a browser, $view" "there is no chromium: apt-get install chromium"
	done
	finish
fi

bench="bench --quick --duration 60ms --warm-up 0 --vectors 8 --quiet --repeats 2"
"$bin" $bench --strategy none,teardown,track-guest-v0,dynamic,swap,swap-masked --out "$tmp/bench" \
	--target "emu:profile=6.1,vectors=8 emu:profile=6.12,vectors=8" >/dev/null 2>&1
"$bin" stress --duration 1s --vectors 8 --resize teardown --target emu:fault=drop:2 --quiet \
	--json "$tmp/run.json" >/dev/null 2>&1
"$bin" stress --duration 300ms --vectors 8 --resize none --quiet --json "$tmp/none.json" >/dev/null 2>&1
mkdir "$tmp/night"
python3 "$here/../nightly/history.py" "$tmp/night"
printf '[random]\nkind = diff\nops = 100\n' >"$tmp/tiny.gate"
(cd "$tmp" && "$bin" nightly --kernels none --gate tiny.gate --out night --hours 1s --steps gate --seed 1) \
	>/dev/null 2>&1
"$bin" report "$tmp/bench" --html "$tmp/bench.html"
"$bin" report "$tmp/run.json" --html "$tmp/finding.html"
"$bin" report "$tmp/none.json" --html "$tmp/none.html"
wide=$tmp/WMWMWMWMWMWMWMWMWM # a path is a word of any length, in headings, too
mkdir "$wide" && cp "$tmp/none.json" "$tmp/run.json" "$wide"
"$bin" report "$wide/none.json" "$wide/run.json" --html "$tmp/two.html"
cp "$tmp/night/trend.html" "$tmp/trend.html"

# A page with all that can be unfolded unfolded, and the probe in it.
probe() { # PAGE OUT
	sed 's/<details/<details open/g; s/<details open open/<details open/g' "$1" >"$2"
	{ echo '<script>'; cat "$here/probe.js"; echo '</script>'; } >>"$2"
}

# look SCHEME(1 light, 0 dark) PAGE:WIDTH...: a line for each, `PAGE:WIDTH PROBE {...}`. One start
# of the browser for all: a frame is as wide as it is told, a headless window 500 at least.
look() {
	local scheme=$1 view
	shift
	for view; do
		printf '<iframe id="%s" src="probe-%s.html" style="width:%spx;height:900px;border:0"></iframe>\n' \
			"$view" "${view%:*}" "${view#*:}"
	done >"$tmp/frames.html"
	cat >>"$tmp/frames.html" <<-'EOT'
		<script>
		addEventListener('load', () => setTimeout(() => {
			const told = [...document.querySelectorAll('iframe')].map(f => f.id + ' ' + f.contentDocument.title);
			document.body.textContent = told.join('\n');
		}, 500));
		</script>
	EOT
	# a guard against a browser that hangs, not a limit for one that is slow
	timeout 1200 "$browser" --headless --no-sandbox --disable-gpu --allow-file-access-from-files \
		--user-data-dir="$tmp/profile" --virtual-time-budget=20000 \
		--blink-settings=preferredColorScheme="$scheme" --dump-dom "file://$tmp/frames.html" 2>/dev/null |
		python3 -c 'import html, sys; print(html.unescape(sys.stdin.read()))' | grep -o '[a-z]*:[0-9]* PROBE {.*}'
}

pages="bench finding none two trend"
views=
for page in $pages; do
	probe "$tmp/$page.html" "$tmp/probe-$page.html"
	views="$views $page:1280 $page:390"
done
for scheme in "1 light 27, 31, 36" "0 dark 228, 232, 236"; do
	read -r number word ink <<<"$scheme"
	look "$number" $views >"$tmp/told"
	for view in $views; do
		told=$(grep "^$view PROBE" "$tmp/told")
		[[ $told == *'PROBE {"faults":[],'*'"ink":"rgb('"$ink"')"'* ]]
		result "${view%:*} shows well, ${view#*:} px wide, $word" $((1 - $?)) "${told:-nothing rendered}"
	done
done

# The probe sees what it is for.
faults=
plant() { # NAME SED
	sed "$2" "$tmp/probe-finding.html" >"$tmp/probe-$1.html"
	cmp -s "$tmp/probe-finding.html" "$tmp/probe-$1.html" && result "planted: $1" 0 "nothing was changed"
	faults="$faults $1:1280"
}
plant wide 's/<h1>/<h1 style="width:3000px">/'
plant table 's/<table class="cells cards">/<table class="cells cards" style="width:3000px">/'
plant overlap 's/<text class="note" x="4.0" y="[0-9.]*"/<text class="note" x="4.0" y="15"/'
plant outside 's/<text class="head" x="4.0"/<text class="head" x="400"/'
plant contrast 's/--soft: #59636e/--soft: #aaaaaa/'
plant broken 's/code .w { white-space: nowrap/code .w { max-width: 1em; display: inline-block/'
plant small 's/text.note { font-size: 11px/text.note { font-size: 5px/'
look 1 $faults >"$tmp/told"
for fault in $faults; do
	told=$(grep "^$fault PROBE" "$tmp/told") kind=${fault%:*}
	[[ $told == *"\"${kind/table/wide}: "* ]]
	result "the probe sees a planted fault: $kind" $((1 - $?)) "${told:-nothing rendered}"
done

# On paper: every word is inside of the page and alone in its place. pdftotext is of poppler-utils.
if command -v pdftotext >/dev/null; then
	for page in bench finding two trend; do
		timeout 1200 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$tmp/profile" \
			--no-pdf-header-footer --print-to-pdf="$tmp/$page.pdf" "file://$tmp/$page.html" >/dev/null 2>&1
		pdftotext -bbox "$tmp/$page.pdf" "$tmp/$page.words" 2>/dev/null
		told=$(python3 "$here/paper.py" "$tmp/$page.words" 2>&1)
		[ "$told" = "ok" ]
		result "$page: prints well" $((1 - $?)) "$told"
	done
	sed 's/<h1>/<h1 style="margin:0 0 -45px">/' "$tmp/finding.html" >"$tmp/bad.html"
	timeout 1200 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$tmp/profile" \
		--no-pdf-header-footer --print-to-pdf="$tmp/bad.pdf" "file://$tmp/bad.html" >/dev/null 2>&1
	pdftotext -bbox "$tmp/bad.pdf" "$tmp/bad.words" 2>/dev/null
	told=$(python3 "$here/paper.py" "$tmp/bad.words" 2>&1)
	[ "$told" != "ok" ]
	result "words on words are seen on paper" $((1 - $?)) "$told"
	sed 's/<h1>/<h2>Alone<\/h2><h1 style="break-before:page">/' "$tmp/finding.html" >"$tmp/bad.html"
	timeout 1200 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$tmp/profile" \
		--no-pdf-header-footer --print-to-pdf="$tmp/bad.pdf" "file://$tmp/bad.html" >/dev/null 2>&1
	pdftotext -bbox "$tmp/bad.pdf" "$tmp/bad.words" 2>/dev/null
	told=$(python3 "$here/paper.py" "$tmp/bad.words" 2>&1)
	[[ $told == *"the heading with Alone stands alone at the foot"* ]]
	result "a heading alone at the foot is seen on paper" $((1 - $?)) "$told"
else
	skip "pages on paper" "there is no pdftotext: apt-get install poppler-utils"
fi
finish
