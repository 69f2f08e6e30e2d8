/* SPDX-License-Identifier: MIT */
/*
 * guest_oracle: what a guest may expect of its interrupts, fire by fire. Private to harness/vmm. It
 * knows of strategies only the gaps that they admit, and of calls only of which kind the last plan
 * was; it never looks at the emulator.
 */
#ifndef IRQSTORM_VMM_GUEST_ORACLE_H
#define IRQSTORM_VMM_GUEST_ORACLE_H

#include "vmm/frontend.h"
#include "vmm/guest_run.h"

struct guest_oracle {
	const struct guest_program *p;
	struct guest_result *out;
	enum guest_op_kind kind;    /* the operation that runs */
	bool enabled, host_enabled; /* before it, as the guest has it, and as the host has */
	uint32_t teardowns;
	struct {
		uint32_t may;     /* deliveries that could still come */
		bool owed;        /* one must: now, or while masked as a pending bit and then */
		bool used, after; /* before the operation; was raised during it */
		bool wanted;      /* had a trigger before it */
	} v[GUEST_VECTORS];
	bool line, line_seen, intx_masked;
};

void guest_oracle_init(struct guest_oracle *o, const struct guest_program *p,
		       struct guest_result *out);
void guest_oracle_begin(struct guest_oracle *o, const struct frontend *f, enum guest_op_kind kind);
/* @polled: every eventfd has been read since what was raised last. */
void guest_oracle_end(struct guest_oracle *o, const struct frontend *f, bool polled);

/* @within: at a step of a call, else between operations. Before it is raised. */
void guest_oracle_fired(struct guest_oracle *o, const struct frontend *f, uint32_t vector,
			bool within);
void guest_oracle_delivered(struct guest_oracle *o, const struct frontend *f, uint32_t vector,
			    const struct guest_message *message);
void guest_oracle_pending(struct guest_oracle *o, const struct frontend *f, uint32_t vector,
			  bool pending);

void guest_oracle_line(struct guest_oracle *o, bool asserted);
void guest_oracle_intx(struct guest_oracle *o);
void guest_oracle_eoi(struct guest_oracle *o);

/* A call that failed; what is held after the last disable. */
void guest_oracle_failed(struct guest_oracle *o, const struct frontend *f, int err);
void guest_oracle_left(struct guest_oracle *o, uint32_t references, uint32_t allocated,
		       uint32_t active);

#endif
