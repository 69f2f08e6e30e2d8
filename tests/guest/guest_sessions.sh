#!/bin/bash
# SPDX-License-Identifier: MIT
# Ends the guests that tests share (in_guest.sh): before the first, as another irqstorm may have
# booted them, and after the last. A kernel that had something to say with nothing running fails it.
#	guest_sessions.sh IRQSTORM FOLDER
set -u
code=0
for session in "$2"/*/; do
	[ -d "$session" ] || continue
	"$1" guest --quiet --session "$session" --end || code=1
done
rm -rf "$2"
exit $code
