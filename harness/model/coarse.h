/* SPDX-License-Identifier: MIT */
/*
 * coarse: a small number for the kind of state that the model is in, as feedback for fuzzers: few
 * enough that each is met often, fine enough that a program which gets the device somewhere new is
 * kept. No allocation, no state of its own; thread-safe.
 */
#ifndef IRQSTORM_MODEL_COARSE_H
#define IRQSTORM_MODEL_COARSE_H

#include "model/model.h"

/* Below 128. */
uint32_t model_coarse(const struct model *m);

/* What @op is, and how it ended: kind, index and action of a request, class of its result. Below
 * 512.
 */
uint32_t model_coarse_event(const struct op *op, int32_t ret);

#endif
