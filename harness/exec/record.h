/* SPDX-License-Identifier: MIT */
/* record: what the model says a program must answer, for exports that carry it along. */
#ifndef IRQSTORM_EXEC_RECORD_H
#define IRQSTORM_EXEC_RECORD_H

#include "exec/executor.h"
#include "program/export.h"

/*
 * The answers of @p on the device that @x is open on, or that @p asks of an emulator, for each
 * kernel. @a->kernels is what the caller wants of them and stays. 0 or -errno with @e; to be freed.
 */
int record_answers(struct executor *x, const struct program *p, struct export_answers *a,
		   struct errmsg *e);
void record_free(struct export_answers *a);

#endif
