# SPDX-License-Identifier: MIT
# For shell tests: what looks like the image of a kernel and is none. Sourced.
#
#	bzimage RELEASE >FILE, arm64_image >FILE

bzimage() { # RELEASE
	head -c 514 /dev/zero
	printf 'HdrS\0\0\0\0\0\0\0\0\0\1'
	head -c 240 /dev/zero
	printf '%s (nobody@nowhere) #1\0' "$1"
	head -c 10000 /dev/urandom
}

arm64_image() {
	head -c 56 /dev/zero
	printf 'ARM\144'
	head -c 10000 /dev/urandom
}
