/* SPDX-License-Identifier: MIT */
/*
 * finding: how the fuzz targets tell of what they found, so that it can be told from others and run
 * again. Not thread-safe.
 */
#ifndef IRQSTORM_FUZZ_FINDING_H
#define IRQSTORM_FUZZ_FINDING_H

#include "exec/executor.h"

/* @p showed @r. */
__attribute__((noreturn)) void finding_difference(const struct program *p,
						  const struct exec_result *r);

/* The same of a @target that is no plain emulator, in a guest also: told with how to reach it. */
__attribute__((noreturn)) void
finding_difference_on(const struct program *p, const struct exec_result *r, const char *target);

#endif
