/* SPDX-License-Identifier: MIT */
/* publish: what a bench's folder shows to others: summary.json, histograms, the report. */
#ifndef IRQSTORM_BENCH_PUBLISH_H
#define IRQSTORM_BENCH_PUBLISH_H

#include <jansson.h>

#include "support/errmsg.h"

/* @summary into @path, whole or not at all. 0 or -errno with @e (exit 3). */
int publish_summary(const char *path, const json_t *summary, struct errmsg *e);

/* summary.json, cells/NAME.hgrm and report.html into folder @dir, likewise. */
int publish_folder(const char *dir, const json_t *summary, struct errmsg *e);

#endif
