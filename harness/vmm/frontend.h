/* SPDX-License-Identifier: MIT */
/*
 * frontend: MSI-X (or MSI with per-vector masking) as a guest sees it: Enable, Function Mask, and a
 * table of entries with address, data, mask and pending bit, kept by a VMM. What the guest writes
 * becomes SET_IRQS calls on the backend, by a strategy; what the backend signals becomes messages
 * to the guest, by the entry, and while it is masked a pending bit. INTx takes over while the
 * capability is disabled, as vfio_intx_enable() of QEMU has it.
 *
 * A vector's eventfd is read by the VMM, which looks at the guest's entry; of a strategy with two
 * of them the first is an irqfd, which sends what the message was when the guest last unmasked.
 *
 * One thread. What goes into the eventfds is read by frontend_poll(), which each guest operation
 * calls for the irqfds (KVM needs no turn) but not for those that the VMM reads.
 */
#ifndef IRQSTORM_VMM_FRONTEND_H
#define IRQSTORM_VMM_FRONTEND_H

#include "vmm/perform.h"

struct guest_message {
	uint64_t address;
	uint32_t data;
};

struct guest_entry {
	struct guest_message message;
	struct guest_message route; /* what it was when the entry was last unmasked */
	bool masked, pending;
	bool violated; /* written while unmasked, and not masked since (P1) */
};

/* Where the guest and the eventfds are; the caller's. */
struct frontend_host {
	/* The guest's CPU gets @message, of @vector. */
	void (*deliver)(void *data, uint32_t vector, const struct guest_message *message);
	/* The guest's INTx pin is raised. */
	void (*intx)(void *data);
	/* The number that goes into a request for @vector, its eventfd @side; and for INTx. */
	int32_t (*fd)(void *data, uint32_t vector, uint32_t side);
	int32_t (*intx_fd)(void *data);
	/* read() of that eventfd: what was counted, 0 for nothing. */
	uint64_t (*read)(void *data, int32_t fd);
	void *data;
};

struct frontend {
	const struct strategy *st;
	struct vmm_state s;
	struct backend *be;
	const struct frontend_host *host;
	struct guest_entry *entries;
	bool enabled, function_mask;
	bool cached; /* the function takes a message when its entry is unmasked, not before (P2) */
	bool intx;   /* the backend's INTX is armed */
	uint64_t violations;  /* messages written while unmasked */
	struct vmm_plan plan; /* of the last event */
	uint32_t teardowns;   /* how many tore everything down */
	struct performer hands;
};

/*
 * A guest just started: everything masked, INTx armed if the backend has a pin. @be and @host must
 * live as long. 0, -ENOMEM, or what a call returned. frontend_fini() in any case: it makes no call.
 */
int frontend_init(struct frontend *f, const struct strategy *st, uint32_t vectors,
		  struct backend *be, const struct frontend_host *host);
void frontend_fini(struct frontend *f);

/* What the guest does. 0, or what a call returned that it should not: f->hands tells of the call.
 */
int frontend_control(struct frontend *f, bool enable, bool function_mask);
int frontend_mask(struct frontend *f, uint32_t vector, bool masked);
void frontend_message(struct frontend *f, uint32_t vector, const struct guest_message *message);
int frontend_reset(struct frontend *f); /* of the function */
int frontend_intx_eoi(struct frontend *f);
/* What the guest reads. */
bool frontend_pending(struct frontend *f, uint32_t vector);

/* The VMM's thread gets a turn: reads the eventfds of all vectors. */
void frontend_poll(struct frontend *f);

/* The guest may get interrupts of @vector. */
static inline bool frontend_used(const struct frontend *f, uint32_t vector)
{
	return f->enabled && !f->function_mask && !f->entries[vector].masked;
}

#endif
