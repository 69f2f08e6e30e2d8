/* SPDX-License-Identifier: MIT */
/* host: the machine that a result was measured on, and when; what every result says of itself. */
#ifndef IRQSTORM_SUPPORT_HOST_H
#define IRQSTORM_SUPPORT_HOST_H

#include <stddef.h>

struct host {
	char kernel[65], machine[65]; /* of uname(2) */
	char cpu[128];                /* its model, else the architecture */
	unsigned int cpus;            /* online */
};

void host_describe(struct host *h);

/* "2026-11-30T21:38:03Z", now. Returns @buf. */
const char *host_date(char *buf, size_t size);

#endif
