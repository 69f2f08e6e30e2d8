/* SPDX-License-Identifier: MIT */
/* plan: which steps a night has, for how long each, and what can not be done here, and why. */
#ifndef IRQSTORM_NIGHTLY_PLAN_H
#define IRQSTORM_NIGHTLY_PLAN_H

#include "nightly/nightly.h"
#include "nightly/step.h"

/*
 * A night of @c below @root, not written yet, into *@night; @last: the figures of the night before,
 * or NULL. 0 or -errno with @e.
 */
int plan_night(const struct nightly_config *c, const char *root, const json_t *last, json_t **night,
	       struct errmsg *e);

/* "2026-11-21T01:00:00Z" of now. */
void plan_now(char *buf, size_t size);

/* Words of @step as one types them, for people. */
const char *plan_command(const json_t *step, char *buf, size_t size);

#endif
