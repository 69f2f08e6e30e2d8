/* SPDX-License-Identifier: MIT */
/* told: what `run` tells of a program beside differences: hazards, and refusals of its host. */
#ifndef IRQSTORM_CLI_TOLD_H
#define IRQSTORM_CLI_TOLD_H

#include <stdio.h>

#include "exec/executor.h"
#include "program/text.h"
#include "support/json.h"

#define TOLD_LINE (TEXT_OP_MAX + 320)

/* "R59: operation 2: set_irqs msix trigger none count=2: this signals ...". Returns @buf. */
const char *told_hazard(const struct hazard *h, const struct program *p, char buf[TOLD_LINE]);
/* Array `hazards`; and lines. */
void told_hazards_json(struct json *j, const struct hazard_watch *w, const struct program *p);
void told_hazards_print(FILE *f, const struct hazard_watch *w, const struct program *p);

/* `refused`, `refusal`; and a line, if there was one. */
void told_refusal_json(struct json *j, const struct exec_result *r, const struct program *p);
void told_refusal_print(FILE *f, const struct exec_result *r, const struct program *p);

#endif
