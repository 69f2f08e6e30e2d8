#!/bin/bash
# SPDX-License-Identifier: MIT
# The same fires seen twice: by irqstorm, and by the kernel's tracepoints of write() and read(),
# recorded by perf. Fires must be as many as writes to eventfds, wake-ups as many as reads; service
# p50 must lie within 10 % of the p50 from entering write() to leaving read(), beside what recording
# an event costs, which eventfd_latency (no line of irqstorm) shows under the same perf.
# Exit codes: 0 so it is; 1 it is not; 2 usage; 3 a run failed; 4 skipped: perf cannot trace here;
# 5 perf lost events.
usage='usage: traced.sh [-n ROUNDS] [-m MILLISECONDS] [-t TARGET] [IRQSTORM [EVENTFD_LATENCY]]'
set -u
. "$(dirname "$0")/common.sh"
rounds=10 ms=500 target=emu
while getopts n:m:t: option; do
	case $option in
	n) rounds=$OPTARG ;;
	m) ms=$OPTARG ;;
	t) target=$OPTARG ;;
	*) die 2 "$usage" ;;
	esac
done
shift $((OPTIND - 1))
[ $# -le 2 ] || die 2 "$usage"
number -n "$rounds" 1
number -m "$ms" 10
two_cpus
programs "$@"
events=syscalls:sys_enter_write,syscalls:sys_exit_read
command -v perf >"$tmp/log" || die 4 "skipped: no perf (Debian: apt-get install linux-perf)"
perf record -q -o "$tmp/data" -e "$events" true >"$tmp/log" 2>&1 ||
	die 4 "skipped: perf cannot record $events here: $(grep -m1 -iE 'permi|denied|no such|not ' "$tmp/log")"

# Runs the command under perf; sets writes, reads and seen_p50 to what the kernel saw of it.
trace() { # COMMAND...
	perf record -q -m 4M -k CLOCK_MONOTONIC -e "$events" -o "$tmp/data" -- "$@" \
		>"$tmp/out" 2>"$tmp/log" || die 3 "$1 failed under perf: $(tail -1 "$tmp/log")"
	perf script -i "$tmp/data" --ns -F tid,time,event,trace --show-lost-events \
		>"$tmp/events" 2>"$tmp/log" || die 3 "perf script failed: $(tail -1 "$tmp/log")"
	! grep -q PERF_RECORD_LOST "$tmp/events" || die 5 'perf lost events: the machine is too busy'
	# eight bytes, to the eventfd or from it; a read belongs to the newest write before it
	awk '
		function ns(text,   part) { split(text, part, /[.:]/); return part[1] * 1e9 + part[2] }
		/sys_enter_write: / && $NF == "0x00000008" { writes++; newest = ns($2) }
		/sys_exit_read: / && $NF == "0x8" { reads++; print ns($2) - newest }
		END { print writes + 0, reads + 0 >counts }' counts="$tmp/counts" "$tmp/events" |
		sort -n >"$tmp/latencies"
	read -r writes reads <"$tmp/counts"
	seen_p50=$(awk '{ x[NR] = $1 } END { print x[int(NR / 2) + 1] + 0 }' "$tmp/latencies")
	[ "$seen_p50" -gt 0 ] || die 3 "perf saw no signal of $1"
}

status=0
for ((i = 1; i <= rounds; i++)); do
	trace "$irqstorm" stress --target "$target" --vectors 1 --stable 1 --mode open --rate 2000 \
		--resize none --consumer epoll --duration "${ms}ms" --seed 1 --no-control --quiet \
		--place "producer=$producer_cpu,consumer=$consumer_cpu" --json "$tmp/run.json"
	fired=$(value "$tmp/run.json" fired) wakeups=$(value "$tmp/run.json" wakeups)
	if [ "$writes $reads" != "$fired $wakeups" ]; then
		echo "the kernel saw $writes writes and $reads reads, irqstorm counted $fired fires" \
			"and $wakeups wake-ups"
		status=1
	fi
	line="$fired $(value "$tmp/run.json" p50 service) $seen_p50"
	trace "$independent" 2000 $((2 * ms)) 1 "$producer_cpu" "$consumer_cpu" 2
	echo "$line $(awk '{ print $NF }' "$tmp/out") $seen_p50"
done >"$tmp/rounds" || die 3 "cannot write to $tmp"
grep '^the' "$tmp/rounds"
grep -v '^the' "$tmp/rounds" | awk -v status=$status '
	function median(x, n,   i, j, t) {
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && x[j] < x[j - 1]; j--) {
				t = x[j]; x[j] = x[j - 1]; x[j - 1] = t
			}
		return (x[int((n + 1) / 2)] + x[int(n / 2) + 1]) / 2
	}
	{
		fires += $1
		a[NR] = $2; b[NR] = $3; q[NR] = $2 / $3
		c[NR] = $4; d[NR] = $5; r[NR] = $4 / $5
		own[NR] = ($2 - ($4 - $5)) / $3
		if (NR == 1 || own[NR] < least) least = own[NR]
		if (NR == 1 || own[NR] > most) most = own[NR]
	}
	END {
		form = "%-15s service p50 %8.2f us, seen by the kernel %8.2f us, ratio %.3f\n"
		printf form, "irqstorm", median(a, NR) / 1000, median(b, NR) / 1000, median(q, NR)
		printf form, "eventfd_latency", median(c, NR) / 1000, median(d, NR) / 1000, median(r, NR)
		ratio = median(own, NR)
		printf "less what tracing costs: ratio %.3f (%.3f to %.3f), rounds: %d, fires: %d\n", ratio,
			least, most, NR, fires
		print status ? "counts differ" : "every count is the same"
		exit status || ratio > 1.1 || ratio < 1 / 1.1
	}'
