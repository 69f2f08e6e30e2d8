/* SPDX-License-Identifier: MIT */
/*
 * refusal: what a host may refuse. A right kernel answers as the rules say as long as the host has
 * what a request takes: memory, interrupt vectors, a line that it can have for itself. Where the
 * model takes one of these it knows which answers a host that has none may give (R9, R25, R46,
 * R48-R50, R55), and what the request has done by then. So whether an answer is a lawful refusal,
 * and what follows from it, is a matter of the request and the state, not of a list of known cases.
 * A lack that ends as an earlier one with the same answer does (the -ENOMEM of R25, R36 and R63 as
 * that of R9, those inside R50 as one) has no place of its own. Pure; thread-safe.
 */
#ifndef IRQSTORM_MODEL_REFUSAL_H
#define IRQSTORM_MODEL_REFUSAL_H

#include <stddef.h>

#include "model/model.h"

/*
 * One step of @m, in which the host refuses with @ret at the @nth place (from 1) where it may: @m
 * has then gone that way and m->refusal says what was refused. False: there is no such place, @m
 * is of no use any more. Where several calls could have been refused in several places, one after
 * the other has to be held against what can be seen.
 */
bool model_step_refused(struct model *m, const struct op *op, int32_t ret, uint32_t nth,
			struct expectation *out);

/*
 * The answer is also that of a caller's mistake: it is a refusal only where the host can be seen to
 * be such.
 */
bool refusal_needs_evidence(const struct host_refusal *refusal);

/* Which lack it was, in words that need no device: "the host has no free interrupt vectors". */
const char *refusal_text(const struct host_refusal *refusal, char *buf, size_t size);

#endif
