/* SPDX-License-Identifier: MIT */
/* rlimit: the process's own limits, raised as far as a run needs them. */
#ifndef IRQSTORM_SUPPORT_RLIMIT_H
#define IRQSTORM_SUPPORT_RLIMIT_H

#include <stdint.h>

#include "support/errmsg.h"

/* @need open files, @fewer what to use fewer of ("--vectors"). 0, or -EMFILE with @e (exit 3). */
int rlimit_nofile(uint32_t need, const char *fewer, struct errmsg *e);

#endif
