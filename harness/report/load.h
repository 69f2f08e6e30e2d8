/* SPDX-License-Identifier: MIT */
/* load: a bench folder, a summary.json or the JSON of irqstorm stress, as a summary. */
#ifndef IRQSTORM_REPORT_LOAD_H
#define IRQSTORM_REPORT_LOAD_H

#include <jansson.h>

#include "support/errmsg.h"

/* The caller's. NULL with @e: cannot be read (exit 3), or is something else (exit 2). */
json_t *load_summary(const char *path, struct errmsg *e);

#endif
