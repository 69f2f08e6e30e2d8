/* SPDX-License-Identifier: MIT */
#include "support/installed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* @below of the folder that is @from, seen from this program's. */
static int seen_from_here(const char *from, const char *below, char path[PATH_MAX])
{
	char own[PATH_MAX], at[2 * PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *slash;

	if (n <= 0)
		return n ? -errno : -ENOENT;
	own[n] = '\0';
	slash = strrchr(own, '/');
	if (!slash)
		return -ENOENT;
	*slash = '\0';
	snprintf(at, sizeof(at), "%s/%s/%s", own, from, below);
	return realpath(at, path) ? 0 : -errno;
}

int installed_path(const char *below, char path[PATH_MAX])
{
	return seen_from_here(IRQSTORM_FUZZ_FROM_BIN, below, path);
}

int installed_sibling(const char *below, char path[PATH_MAX])
{
	return seen_from_here("../../..", below, path);
}
