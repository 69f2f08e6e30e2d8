#!/bin/sh
# SPDX-License-Identifier: MIT
# changelog.sh VERSION.C CONTACT OUT: the changelog of a Debian package that is built from version.c's source.
set -eu
version=$(sed -n 's/.*irqstorm_version\[\] = "\(.*\)";/\1/p' "$1")
day=$(sed -n 's/.*irqstorm_date\[\] = "\(.*\)";/\1/p' "$1")
gzip -9n >"$3" <<END
irqstorm ($version-1) unstable; urgency=medium

  * Built from the source of this version; git has what changed.

 -- $2  $(date -u -R -d "$day")
END
