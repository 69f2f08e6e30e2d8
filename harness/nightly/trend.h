/* SPDX-License-Identifier: MIT */
/*
 * trend: trend.html, one page without script and network: every figure of all nights as a chart
 * with its changes (change.h) marked, the findings, each a row with its command, and the nights.
 */
#ifndef IRQSTORM_NIGHTLY_TREND_H
#define IRQSTORM_NIGHTLY_TREND_H

#include <stdio.h>

#include "nightly/doc.h"

/* From history.jsonl in @root. 0 or -errno with @e (exit 3). */
int trend_publish(const char *root, const json_t *known, struct errmsg *e);

/* @root: as the commands of the page name it. 0 or -ENOMEM. */
int trend_write(FILE *f, const json_t *history, const json_t *known, const char *root);

#endif
