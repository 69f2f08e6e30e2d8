/* SPDX-License-Identifier: MIT */
#include "exec/fdinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int fdinfo_open(int fd)
{
	char path[40];
	int info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	return info < 0 ? -errno : info;
}

int fdinfo_read(int info, const char *key, int base, uint64_t *value)
{
	size_t len = strlen(key);
	char text[256];
	ssize_t n = pread(info, text, sizeof(text) - 1, 0);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	for (const char *at = text; (at = strstr(at, key)); at++) {
		if (at[len] != ':')
			continue;
		*value = strtoull(at + len + 1, NULL, base);
		return 0;
	}
	return -EOPNOTSUPP;
}
