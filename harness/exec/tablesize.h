/* SPDX-License-Identifier: MIT */
/*
 * tablesize: has the device changed the size of its MSI-X table behind the kernel (P13)? The kernel
 * keeps the size that it saw when it made the device's MSI-X domain, and tells nobody; GET_IRQ_INFO
 * tells the size of now. So what the kernel keeps is found by trying, with as few SET_IRQS as that
 * takes, and MSI-X is disabled again. Works on any backend; owns no state between calls.
 */
#ifndef IRQSTORM_EXEC_TABLESIZE_H
#define IRQSTORM_EXEC_TABLESIZE_H

#include "backend/backend.h"
#include "support/errmsg.h"

enum tablesize_verdict {
	TABLESIZE_SAME,    /* the kernel takes every vector that GET_IRQ_INFO reports */
	TABLESIZE_GREW,    /* it does not take those from kernel on: what it keeps is old */
	TABLESIZE_DIFFERS, /* GET_IRQ_INFO does not report what the MSI-X capability says */
	TABLESIZE_UNKNOWN, /* see why */
	TABLESIZE_VERDICTS,
};

struct tablesize {
	enum tablesize_verdict verdict;
	uint32_t reported; /* vectors by GET_IRQ_INFO */
	uint32_t kernel;   /* vectors that the kernel takes, 0 when UNKNOWN */
	uint32_t entries;  /* of the table, by its capability as the backend read it when it opened
			      the device; 0 where that cannot be seen */
	uint32_t calls;    /* SET_IRQS made */
	bool in_place;   /* tried by adding vectors to an enabled one; else by enabling that many */
	bool host_short; /* a vector was refused for want of a host vector, which is no verdict */
	char why[192];
};

/* "same", "grew", "differs", "unknown": as JSON has them. */
extern const char *const tablesize_names[];

/*
 * Nothing of @be may be enabled and no other call may run. 0 with @t; -errno with @e (exit 3) when
 * the machine failed: no eventfd, no memory, or MSI-X that cannot be disabled any more.
 */
int tablesize_check(struct backend *be, struct tablesize *t, struct errmsg *e);

#endif
