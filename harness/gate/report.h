/* SPDX-License-Identifier: MIT */
/*
 * report: what a gate says: at most 15 lines for a terminal, JSON (schema irqstorm.gate/1), JUnit,
 * and annotations for GitHub. Errors of the stream are for whoever commits it.
 */
#ifndef IRQSTORM_GATE_REPORT_H
#define IRQSTORM_GATE_REPORT_H

#include <stdio.h>

#include "gate/gate.h"

#define GATE_LINES 15u

void gate_text(FILE *f, const struct gate_config *c, const struct gate_result *r);
void gate_json(FILE *f, const struct gate_config *c, const struct gate_result *r);
void gate_junit(FILE *f, const struct gate_config *c, const struct gate_result *r);
void gate_annotations(FILE *f, const struct gate_result *r);

#endif
