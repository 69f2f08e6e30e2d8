/* SPDX-License-Identifier: MIT */
/*
 * step_watch: what must hold in the middle of a call, looked at on an emulator at each step that it
 * names (backend.h, set_step_hook): what comes first and what last when a vector is set up and torn
 * down shows in no answer and in no state that a call leaves. Part of the executor; other targets
 * show nothing.
 */
#ifndef IRQSTORM_EXEC_STEP_WATCH_H
#define IRQSTORM_EXEC_STEP_WATCH_H

#include <stddef.h>
#include <stdint.h>

struct backend;

struct step_watch {
	const char *what; /* did not hold, NULL: all did. The first one counts */
	const char *where;
	uint32_t rule;   /* that it breaks (model/rule.h) */
	uint32_t vector; /* UINT32_MAX: none in particular */
};

void step_watch_begin(struct step_watch *w);
/* At step @where of a call on @be; what is no emulator shows nothing. */
void step_watch_look(struct step_watch *w, struct backend *be, const char *where);
/* "at 'before free_irq': vector 3 has a bypass producer and no handler" */
const char *step_watch_text(const struct step_watch *w, char *buf, size_t size);

#endif
