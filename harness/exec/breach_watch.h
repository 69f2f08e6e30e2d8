/* SPDX-License-Identifier: MIT */
/*
 * breach_watch: which operation of a program broke a rule of PCI, as an emulated function saw it
 * (emulator/breach.h). What the kernel's half does is a difference; what a program does behind its
 * back is told, no more. Part of the executor; other targets show nothing.
 */
#ifndef IRQSTORM_EXEC_BREACH_WATCH_H
#define IRQSTORM_EXEC_BREACH_WATCH_H

#include "emulator/breach.h"

struct backend;

struct breach_watch {
	uint64_t total;
	struct breaches seen;
	uint32_t at[BREACHES_KEPT]; /* the operation that first did what seen.kind[i] says */
};

void breach_watch_begin(struct breach_watch *w, struct backend *be);

/*
 * After operation @at: NULL, or a kind of breach that there is one more of. If the kernel's half
 * did one, then it is that. Good until the next look.
 */
const struct breach *breach_watch_look(struct breach_watch *w, struct backend *be, uint32_t at);

/* Is it a difference? */
bool breach_is_finding(const struct breach *b);
/* "violation P1: vector 0: the message ... was written, by the program" */
const char *breach_text(const struct breach *b, char *buf, size_t size);

#endif
