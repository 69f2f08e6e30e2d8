#!/bin/bash
# SPDX-License-Identifier: MIT
# Ends the guests that tests share (in_guest.sh): before the first, as another irqstorm may have
# booted them, and after the last. A kernel that had something to say with nothing running fails it.
#	guest_sessions.sh IRQSTORM FOLDER
set -u
. "$(dirname "$0")/../lib.sh"
for session in "$2"/*/; do
	[ -d "$session" ] || continue
	why=$("$1" guest --quiet --session "$session" --end 2>&1)
	result "the guest $(basename "$session") had no more to say" $((1 - $?)) "$why"
done
rm -rf "$2"
finish
