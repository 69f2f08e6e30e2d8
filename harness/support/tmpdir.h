/* SPDX-License-Identifier: MIT */
/* tmpdir: where temporary files go: TMPDIR of the environment, /tmp without one. */
#ifndef IRQSTORM_SUPPORT_TMPDIR_H
#define IRQSTORM_SUPPORT_TMPDIR_H

#include <stdlib.h>

/* The environment's, or a constant. */
static inline const char *tmpdir(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/tmp";
}

#endif
