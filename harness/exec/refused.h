/* SPDX-License-Identifier: MIT */
/*
 * refused: answers of a real host that lacks something (model/refusal.h). Where a call on a real
 * target was answered otherwise than the model expects, and a host may answer so, the model goes
 * the way that the call went, the refusal is counted, and the program goes on. An emulated host is
 * ours, and known: what it lacks the model knows beforehand, so that there no answer is lawful but
 * the one expected. Part of the executor.
 */
#ifndef IRQSTORM_EXEC_REFUSED_H
#define IRQSTORM_EXEC_REFUSED_H

#include "exec/oracle.h"

/*
 * After model_step() of a call: was it refused? Then x->model and *@want are as after that refusal,
 * of those that are possible the one that agrees with what can be seen. @at: of @op.
 */
bool refused_by_host(struct oracle *o, const struct op *op, const struct outcome *got,
		     struct expectation *want, uint32_t at);
/* The last call's refusal is what the program expects: no reason to call it skipped. */
void refused_expected(struct oracle *o);
/* It is not what the program expects, which made a difference: that says then why it came. */
void refused_note(struct oracle *o);

#endif
