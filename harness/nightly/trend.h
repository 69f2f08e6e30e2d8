/* SPDX-License-Identifier: MIT */
/*
 * trend: trend.html, one page without script and network: what is known, every figure of every
 * night as a chart with its changes (change.h) marked, and the nights as a table.
 */
#ifndef IRQSTORM_NIGHTLY_TREND_H
#define IRQSTORM_NIGHTLY_TREND_H

#include <stdio.h>

#include "nightly/doc.h"

/* From history.jsonl in @root. 0 or -errno with @e (exit 3). */
int trend_publish(const char *root, const json_t *known, struct errmsg *e);

/* 0 or -ENOMEM. */
int trend_write(FILE *f, const json_t *history, const json_t *known);

#endif
