/* SPDX-License-Identifier: MIT */
/* generated: random programs of a given length, and differences planted in them. */
#ifndef IRQSTORM_TESTS_EXPORT_GENERATED_H
#define IRQSTORM_TESTS_EXPORT_GENERATED_H

#include "exec/executor.h"

/*
 * @p, initialised, gets @n operations or a few more. @real: only what a real device does. @x is
 * open on an emulator and tells the generator what came of each.
 */
void generate(struct executor *x, uint64_t seed, uint32_t n, bool real, struct program *p);

/*
 * Behind the last operation that answers @ret: an `expect` of @wrong. Returns false when there is
 * no such operation.
 */
bool plant_expect(struct executor *x, struct program *p, int32_t ret, int32_t wrong);

#endif
