#!/bin/sh
# SPDX-License-Identifier: MIT
# changelog.sh PACKAGE VERSION.C CONTACT OUT: the changelog of a Debian package that is built from version.c's source.
set -eu
version=$(sed -n 's/.*irqstorm_version\[\] = "\(.*\)";/\1/p' "$2")
day=$(sed -n 's/.*irqstorm_date\[\] = "\(.*\)";/\1/p' "$2")
gzip -9n >"$4" <<END
$1 ($version-1) unstable; urgency=medium

  * Built from the source of this version; git has what changed.

 -- $3  $(date -u -R -d "$day")
END
