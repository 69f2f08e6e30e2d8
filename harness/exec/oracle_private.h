/* SPDX-License-Identifier: MIT */
/* oracle_private: what the files of the oracle share (oracle.h): how a difference is noted. */
#ifndef IRQSTORM_EXEC_ORACLE_PRIVATE_H
#define IRQSTORM_EXEC_ORACLE_PRIVATE_H

#include "exec/oracle.h"

#define NO_VECTOR UINT32_MAX
#define BY_MODEL  0u /* the rule is that by which the model decided */

/*
 * @rule: that is broken, plus 1, or BY_MODEL. @vector: the first that differs. @sense: in which
 * way, for telling findings of one key apart.
 */
__attribute__((format(printf, 6, 7))) void differ_by(struct oracle *o, enum difference d,
						     uint32_t rule, uint32_t vector,
						     const char *sense, const char *fmt, ...);
#define differ(o, d, sense, ...) differ_by((o), (d), BY_MODEL, NO_VECTOR, (sense), __VA_ARGS__)

static inline const char *more_or_less(uint64_t want, uint64_t got)
{
	return got < want ? "less" : "more";
}

/* oracle_inspect.c. The machine may fail at it: o->err. */
void oracle_inspect(struct oracle *o);
/* Mask and pending bits of the table, which an event that comes later would show. */
void oracle_check_entries(struct oracle *o);

#endif
