#!/bin/bash
# SPDX-License-Identifier: MIT
# A kernel of our own, which has cdevs: what they answer, and the same programs by group and by cdev. Skips where no such
# kernel is given and none is in the cache: it takes minutes to build.
#	guest_own.sh IRQSTORM GUEST_CDEV KERNEL|"" OPERATIONS
set -u
. "$(dirname "$0")/../lib.sh"
bin=$1 guest_cdev=$2 kernel=$3 ops=$4
folder tmp

# The newest of those that `irqstorm kernel build` has put into the cache.
[ -n "$kernel" ] || kernel=$("$bin" kernel list 2>/dev/null | awk '$1 == "built" && $3 == "ok" && $2 ~ /-plain\// { k = $2 } END { print k }')
if [ -z "$kernel" ]; then
	skip "a kernel of our own" "none was given (-DIRQSTORM_OWN_KERNEL=DIR/bzImage) and none is in the cache: irqstorm kernel build"
	finish
fi
at_end() {
	"$bin" guest --quiet --session "$tmp/session" --end >/dev/null 2>&1
}

in_own() {
	"$bin" guest --session "$tmp/session" --kernel "$kernel" --devices ivshmem,xhci --smp 1 "$@" </dev/null
}

in_own -- "$guest_cdev" >"$tmp/out" 2>&1
result "what a cdev answers" $((!$?)) "$(grep -v '^ok' "$tmp/out" | tail -n 20)"
grep -c '^ok' "$tmp/out" | grep -qx 13
result "all of its checks were run" $((!$?)) "$(tail -n 20 "$tmp/out")"

seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
for device in 0000:00:04.0 0000:00:05.0; do
	for via in group cdev; do
		in_own -- info --json - --target "vfio:$device,via=$via" >"$tmp/info" 2>"$tmp/err"
		result "$device: info says that it was opened by its $via" "$(grep -c "\"via\": *\"$via\"" "$tmp/info")" \
			"$(cat "$tmp/info" "$tmp/err")"
		in_own -- diff --quiet --ops "$ops" --seed "$seed" --target "vfio:$device,via=$via" --json - >"$tmp/$via" 2>"$tmp/err"
		code=$?
		result "$device by $via: random programs behave as the model says" $((code == 0)) \
			"seed $seed, exit $code: $(tail -n 5 "$tmp/$via" "$tmp/err")"
		grep -o '"digest": *"[0-9a-f]*"' "$tmp/$via" | head -1 >"$tmp/$via.digest"
		echo "# $device by $via, seed $seed: $(cat "$tmp/$via.digest") $(grep -oE '"(ops|divergences|ops_per_s)": *[0-9.]+' "$tmp/$via" | head -3 | tr '\n' ' ')"
	done
	[ -s "$tmp/group.digest" ] && cmp -s "$tmp/group.digest" "$tmp/cdev.digest"
	result "$device: the same digest by both ways" $((!$?)) "seed $seed: $(cat "$tmp"/*.digest)"
done
"$bin" guest --quiet --session "$tmp/session" --end >"$tmp/out" 2>&1
result "the kernel had no more to say" $((!$?)) "$(tail -n 5 "$tmp/out")"

finish
