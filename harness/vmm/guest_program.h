/* SPDX-License-Identifier: MIT */
/*
 * guest_program: what a guest does to its interrupts, as a list of operations; any bytes are one.
 * Habits of drivers (retarget a live vector with or without masking it, poll the pending bit by
 * masking, load with all vectors in a row ...) are operations of their own, made of the others.
 */
#ifndef IRQSTORM_VMM_GUEST_PROGRAM_H
#define IRQSTORM_VMM_GUEST_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "support/errmsg.h"
#include "vmm/strategy.h"

#define GUEST_VECTORS 8u
#define GUEST_OPS     256u

enum guest_op_kind {
	GUEST_ENABLE, /* arg: with the Function Mask set */
	GUEST_DISABLE,
	GUEST_UNMASK,        /* vector */
	GUEST_MASK,          /* vector */
	GUEST_MESSAGE,       /* vector, arg: its new message */
	GUEST_FUNCTION_MASK, /* arg */
	GUEST_PBA,           /* vector: reads its pending bit */
	GUEST_RESET,
	GUEST_EOI,  /* of INTx */
	GUEST_FIRE, /* vector: the device raises it */
	GUEST_LINE, /* arg: the device's INTx pin */
	GUEST_AT,   /* vector, arg: raised at the arg-th step of the next operation's calls */
	GUEST_POLL, /* the VMM's thread gets a turn */
	/* Habits. */
	GUEST_LOAD,          /* vector, arg: enable, then message and unmask, one by one */
	GUEST_UNLOAD,        /* mask all, then disable */
	GUEST_EARLY,         /* vector: unmask, then write the message (request_irq, affinity) */
	GUEST_RETARGET,      /* vector, arg: mask, write, unmask */
	GUEST_RETARGET_LIVE, /* vector, arg: write while unmasked (P1) */
	GUEST_STORM,         /* vector, arg: mask, read pending, unmask, as often */
	GUEST_KINDS,
};

struct guest_op {
	uint8_t kind, vector, arg; /* any values: taken modulo what there is */
};

struct guest_program {
	const struct strategy *strategy;
	uint32_t vectors;       /* 1..GUEST_VECTORS */
	uint32_t host_vectors;  /* 0: enough */
	bool old;               /* profile 6.1 */
	bool pba_clear, posted; /* the device's personality */
	bool cached;            /* the guest's function takes messages at unmask (P2) */
	bool no_pin;            /* the device has no INTx pin, as a VF (R16) */
	bool open;              /* its entries were left unmasked before (P9) */
	bool eager;             /* the VMM's thread has its turn after every operation */
	uint32_t n;
	struct guest_op ops[GUEST_OPS];
};

/* Never fails: no bytes are an empty program of the first strategy. */
void guest_program_decode(const uint8_t *data, size_t size, struct guest_program *p);
/* Bytes that decode to @p. At most GUEST_BYTES. Returns how many. */
#define GUEST_HEAD  4u
#define GUEST_BYTES (GUEST_HEAD + 3u * GUEST_OPS)
size_t guest_program_encode(const struct guest_program *p, uint8_t *data);
/* As text, which guest_program_parse() reads: what the guest has, and an operation a line. */
void guest_program_print(const struct guest_program *p, FILE *f);
#define GUEST_OP_TEXT 48u
const char *guest_op_text(const struct guest_op *op, char *buf, size_t size); /* returns @buf */
/* 0, or -EINVAL with @e: which line of @name is wrong, and how. */
int guest_program_parse(const char *text, const char *name, struct guest_program *p,
			struct errmsg *e);
/*
 * 0, or -EOPNOTSUPP with @e (exit 4): the kernel of its profile has not what its strategy needs.
 * guest_program_decode() makes none such.
 */
int guest_program_check(const struct guest_program *p, struct errmsg *e);

#endif
