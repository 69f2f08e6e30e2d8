# SPDX-License-Identifier: MIT
# For the scripts of this folder: a folder that goes when the script ends, the two programs, the two
# CPUs, and a value of a stress JSON.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tool=${0##*/}
tmp=$(mktemp -d) || exit 3
trap 'rm -rf "$tmp"' EXIT

die() { # CODE WORDS...
	local code=$1
	shift
	echo "$tool: $*" >&2
	exit "$code"
}

programs() { # [IRQSTORM [EVENTFD_LATENCY]]: sets irqstorm and independent
	irqstorm=${1:-$here/../../build/release/harness/cli/irqstorm}
	[ -x "$irqstorm" ] || die 2 "no program $irqstorm: build it (cmake --preset release) or name it"
	independent=${2:-$tmp/eventfd_latency}
	[ -n "${2-}" ] || ${CC:-cc} -D_GNU_SOURCE -O2 -pthread -o "$independent" \
		"$here/eventfd_latency.c" || die 3 "cannot compile eventfd_latency.c"
}

two_cpus() { # sets producer_cpu and consumer_cpu: the first and the last that we may use
	local list
	list=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
	producer_cpu=${list%%[,-]*} consumer_cpu=${list##*[,-]}
	[ "$producer_cpu" != "$consumer_cpu" ] || die 4 "skipped: needs two CPUs, may use $list alone"
}

value() { # FILE KEY [OBJECT]: the first KEY in FILE, or the first one in OBJECT of FILE
	awk -v key="\"$2\":" -v object="${3:+\"$3\":}" '
		$1 == object { inside = 1 }
		(object == "" || inside) && $1 == key { sub(/,$/, "", $2); print $2; exit }' "$1"
}

number() { # OPTION VALUE LEAST: refuses what is no number
	[[ $2 =~ ^[1-9][0-9]{0,8}$ ]] && [ "$2" -ge "$3" ] || die 2 "$1 $2: must be a number from $3 on"
}
