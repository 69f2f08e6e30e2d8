#!/bin/bash
# SPDX-License-Identifier: MIT
# Does `irqstorm stress` measure what a program measures that shares no line with it? Runs the two
# in turn and compares: the median over the pairs of the ratio of their p50, with its 95 % interval.
# Exit codes: 0 the interval lies within 10 % of 1; 1 it lies outside; 5 neither, too much noise to
# tell (more PAIRS narrow it); 2 usage; 3 a run failed; 4 fewer than two CPUs.
# -w: the independent program sleeps for so long at most (-1: for ever), not as the consumer does.
usage='usage: compare.sh [-n PAIRS] [-m MILLISECONDS] [-r RATE] [-v VECTORS] [-c epoll|read] [-w MILLISECONDS]
                  [-t TARGET] [IRQSTORM [EVENTFD_LATENCY]]'
set -u
. "$(dirname "$0")/common.sh"
pairs=100 ms=150 rate=2000 vectors=1 consumer=epoll target=emu timeout=
while getopts n:m:r:v:c:w:t: option; do
	case $option in
	n) pairs=$OPTARG ;;
	m) ms=$OPTARG ;;
	r) rate=$OPTARG ;;
	v) vectors=$OPTARG ;;
	c) consumer=$OPTARG ;;
	w) timeout=$OPTARG ;;
	t) target=$OPTARG ;;
	*) die 2 "$usage" ;;
	esac
done
shift $((OPTIND - 1))
[ $# -le 2 ] || die 2 "$usage"
number -n "$pairs" 6 # fewer have no 95 % interval
number -m "$ms" 10
number -r "$rate" 1
number -v "$vectors" 1
[ $((rate * ms / 1000)) -gt 0 ] || die 2 "-r $rate -m $ms: not a single fire"
# how long the consumer of irqstorm sleeps at most: epoll looks after its books every 2 ms
case $consumer in
epoll) timeout=${timeout:-2} ;;
read) timeout=${timeout:--1} ;;
*) die 2 "-c $consumer: must be epoll or read" ;;
esac
[[ $timeout =~ ^(-1|[0-9]{1,4})$ ]] || die 2 "-w $timeout: must be -1, or milliseconds"
two_cpus
programs "$@"

run_irqstorm() { # sets one: response and service
	"$irqstorm" stress --target "$target" --vectors "$vectors" --stable "$vectors" --mode open \
		--rate "$rate" --resize none --consumer "$consumer" --duration "${ms}ms" --seed 1 \
		--place "producer=$producer_cpu,consumer=$consumer_cpu" --no-control --quiet \
		--json "$tmp/run.json" >"$tmp/log" 2>&1 || die 3 "irqstorm failed: $(tail -1 "$tmp/log")"
	one="$(value "$tmp/run.json" p50 response) $(value "$tmp/run.json" p50 service)"
}

run_independent() { # sets other
	local out response service
	out=$("$independent" "$rate" $((rate * ms / 1000)) "$vectors" "$producer_cpu" \
		"$consumer_cpu" "$timeout") || die 3 "eventfd_latency failed: $out"
	read -r _ _ _ _ _ _ _ response _ service <<<"$out"
	other="$response $service"
}

for ((i = 1; i <= pairs; i++)); do
	[ ! -t 2 ] || printf '\rpair %d of %d ' "$i" "$pairs" >&2
	if ((i % 2)); then
		run_irqstorm
		run_independent
	else
		run_independent
		run_irqstorm
	fi
	echo "$one $other"
done >"$tmp/pairs" || die 3 "cannot write to $tmp"
[ ! -t 2 ] || printf '\r\033[K' >&2

[ "$timeout" = -1 ] && sleeps="for ever" || sleeps="$timeout ms at most"
echo "$pairs pairs of $ms ms; $rate fires a second, vectors: $vectors, consumer: $consumer;" \
	"producer on CPU $producer_cpu, consumer on $consumer_cpu, eventfd_latency sleeps $sleeps"
awk '
	function sort(x, n,   i, j, t) {
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && x[j] < x[j - 1]; j--) {
				t = x[j]; x[j] = x[j - 1]; x[j - 1] = t
			}
	}
	function median(x, n) { return (x[int((n + 1) / 2)] + x[int(n / 2) + 1]) / 2 }
	function judge(name, a, b,   i, n, low, x, y, q) {
		n = NR
		for (i = 1; i <= n; i++) {
			x[i] = at[i, a]; y[i] = at[i, b]; q[i] = x[i] / y[i]
		}
		sort(x, n); sort(y, n); sort(q, n)
		low = int(n / 2 - 0.98 * sqrt(n) + 0.5) # ranks of the interval of a median
		printf "%-14s %9.2f us %10.2f us %8.3f    %.3f to %.3f    %.3f to %.3f\n", name,
			median(x, n) / 1000, median(y, n) / 1000, median(q, n), q[low], q[n + 1 - low],
			q[int(n / 4) + 1], q[n - int(n / 4)]
		if (q[low] >= 1 / 1.1 && q[n + 1 - low] <= 1.1)
			return 0
		return q[low] > 1.1 || q[n + 1 - low] < 1 / 1.1 ? 1 : 5
	}
	{ for (i = 1; i <= 4; i++) at[NR, i] = $i > 0 ? $i : 1 }
	END {
		print "                   irqstorm   independent    ratio    95 % interval     middle half"
		r = judge("response p50", 1, 3)
		s = judge("service p50", 2, 4)
		code = r == 1 || s == 1 ? 1 : r == 5 || s == 5 ? 5 : 0
		print code == 0 ? "they agree within 10 %" : code == 1 ? "they differ by more than 10 %" : \
			"too noisy to tell: take more pairs (-n)"
		exit code
	}' "$tmp/pairs"
