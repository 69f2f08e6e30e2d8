/* SPDX-License-Identifier: MIT */
/*
 * guest_run: runs a guest's program through a strategy on the emulator, and judges what the guest
 * got. The oracle is what the PCI rules promise a guest that has the function to itself: an
 * interrupt raised while its vector is enabled and unmasked arrives, once, by the message that the
 * entry holds, and never after a mask or disable has returned; one raised while the vector is
 * masked shows in its pending bit and arrives at the unmask. What a strategy admits to lose
 * (strategy.gaps) is counted and allowed, in its window and nowhere else.
 *
 * A runner has one owner and keeps memory from run to run, no meaning.
 */
#ifndef IRQSTORM_VMM_GUEST_RUN_H
#define IRQSTORM_VMM_GUEST_RUN_H

#include "emulator/emulator.h"
#include "emulator/signal_mem.h"
#include "vmm/guest_program.h"

struct guest_runner {
	struct signal_mem *mem;
	struct backend *be;
	uint32_t bug; /* planted in the emulator: enum zoo_bug */
	/* Told after each operation, for fuzzers: where the guest stands, and what it just did. */
	void (*seen)(uint32_t state, uint32_t event);
	/* Told after each operation of the program: how many interrupts were raised and came in it.
	 */
	void (*trace)(void *data, uint32_t at, const struct guest_op *op, uint64_t fires,
		      uint64_t delivered);
	void *trace_data;
	/* To run another strategy of the same name: for tests that break one. NULL: as it is. */
	const struct strategy *instead;
};

/* @bug: NULL or the number of a planted bug (emulator/zoo.h). 0, -ENOMEM, -EINVAL: no such bug. */
int guest_runner_open(struct guest_runner *r, const char *bug, struct errmsg *e);
void guest_runner_close(struct guest_runner *r);

struct guest_result {
	bool finding;
	char oracle[16]; /* "lost", "spurious", "masked", "message", "pending", "intx", "call",
			    "leak" */
	char text[200];  /* what was seen */
	uint32_t op;     /* of which operation */
	uint64_t fires, delivered;
	uint64_t gone[5]; /* interrupts that may be lost, by the bit of enum vmm_gap */
	uint64_t violations;
	uint64_t digest; /* of all that the guest saw */
};

/* 0, whatever was found; -errno with @e: it could not be run. */
int guest_program_run(struct guest_runner *r, const struct guest_program *p,
		      struct guest_result *out, struct errmsg *e);

#endif
