/* SPDX-License-Identifier: MIT */
/*
 * hazard: what a program asks for, the kernel takes, and nobody can mean: a loopback for a removal,
 * a failure that nobody looked at, and the like (enum hazard_kind). It is no difference, for the
 * kernel does as the rules say; it is the caller's mistake, and told with the rule that he did not
 * know. Fed with each operation, its result, and the model before and after it; what becomes of a
 * result is known only later, so that a hazard may be found after its operation.
 *
 * A watch is plain data: one owner, no allocation, no system calls.
 */
#ifndef IRQSTORM_EXEC_HAZARD_H
#define IRQSTORM_EXEC_HAZARD_H

#include <stddef.h>

#include "model/model.h"

enum hazard_kind {
	HAZARD_LOOPBACK,   /* TRIGGER NONE or BOOL signals, and no one reads what it signalled */
	HAZARD_SAME_FD,    /* a live vector is given the eventfd that it has */
	HAZARD_NOT_KEPT,   /* -1 for a live vector beside others that are set */
	HAZARD_NO_MASK,    /* MASK or UNMASK of MSI or MSI-X, and its -ENOTTY not looked at */
	HAZARD_UNDISABLED, /* a disable, and its -EINVAL not looked at */
	HAZARD_FEWER,      /* a positive number taken for success */
	HAZARD_SHARED_FD,  /* two vectors have one eventfd */
	HAZARD_KINDS,
};

struct hazard {
	enum hazard_kind kind;
	uint32_t at;      /* operation */
	uint32_t a, b, n; /* vectors, and how many, as the text of the kind has them */
};

#define HAZARDS_MAX      32u
#define HAZARD_LOOPBACKS 32u

struct hazard_watch {
	struct hazard found[HAZARDS_MAX];
	uint32_t n;
	uint64_t more; /* found when there was no more room */
	/* Loopbacks whose signals were not read yet: the eventfds, a bit each. */
	struct {
		struct hazard hazard;
		uint32_t eventfds;
	} loopback[HAZARD_LOOPBACKS];
	uint32_t loopbacks;
	/* A result that an `expect` may still look at. */
	struct hazard unseen;
	bool has_unseen;
	/* What can be had, by a positive return, and the index that it was said of. */
	uint32_t fewer, index;
};

void hazard_begin(struct hazard_watch *w);
/* After each operation; @before matters to calls alone. */
void hazard_step(struct hazard_watch *w, const struct model *before, const struct model *after,
		 const struct op *op, int32_t ret, uint32_t at);
/* The program itself says what the last operation returned. */
void hazard_looked(struct hazard_watch *w);
/* Nothing follows. found[] is complete, in the order of the operations. */
void hazard_end(struct hazard_watch *w);

/* "R59". */
const char *hazard_rule(enum hazard_kind kind);
/* What is wrong and what would be right, on one line. Returns @buf. */
const char *hazard_text(const struct hazard *h, char *buf, size_t size);

#endif
