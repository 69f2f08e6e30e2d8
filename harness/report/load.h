/* SPDX-License-Identifier: MIT */
/*
 * load: results by what their schema says. Storms, that is a bench folder, a summary.json or the
 * JSON of irqstorm stress, become a summary; any other stays what it is.
 */
#ifndef IRQSTORM_REPORT_LOAD_H
#define IRQSTORM_REPORT_LOAD_H

#include <jansson.h>
#include <stdbool.h>

#include "support/errmsg.h"

/* The caller's. NULL with @e: cannot be read (exit 3), or is something else (exit 2). */
json_t *load_summary(const char *path, struct errmsg *e);

/*
 * The same for any result of irqstorm. @kind becomes "stress", "bench", or what the schema calls
 * it, "gate" of irqstorm.gate/1: only results of a kind can be compared.
 */
json_t *load_result(const char *path, char *kind, size_t size, struct errmsg *e);

/* Is it a summary, with cells? */
bool load_is_storm(const char *kind);

#endif
