/* SPDX-License-Identifier: MIT */
/*
 * minimize: makes a program that shows a difference as short as it gets while it shows the same
 * one: the same kind of difference after the same kind of operation.
 */
#ifndef IRQSTORM_EXEC_MINIMIZE_H
#define IRQSTORM_EXEC_MINIMIZE_H

#include "exec/executor.h"

/*
 * @p and @r: a program and what it showed; both are replaced by the shortest found within @budget
 * runs. 0 or -errno with @e.
 */
int minimize(struct executor *x, struct program *p, struct exec_result *r, uint32_t budget,
	     struct errmsg *e);

#endif
