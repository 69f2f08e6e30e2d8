/* SPDX-License-Identifier: MIT */
#include "vmm/frontend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define IRQFD 0u /* the side that KVM reads, where there are two */

static bool by_irqfd(const struct frontend *f, uint32_t side)
{
	return f->st->two_sides && side == IRQFD;
}

static bool message_equal(const struct guest_message *a, const struct guest_message *b)
{
	return a->address == b->address && a->data == b->data;
}

/* What a VMM does with the signals of @vector: msix_notify() of QEMU, or KVM. */
static void notify(struct frontend *f, uint32_t vector, uint32_t side)
{
	struct guest_entry *entry = &f->entries[vector];

	if (!f->enabled)
		return;
	if (by_irqfd(f, side)) {
		f->host->deliver(f->host->data, vector, &entry->route);
		return;
	}
	if (!frontend_used(f, vector))
		entry->pending = true;
	else
		f->host->deliver(f->host->data, vector,
				 f->cached ? &entry->route : &entry->message);
}

static void poll_side(struct frontend *f, uint32_t side)
{
	for (uint32_t v = 0; v < f->s.vectors; v++) {
		if (f->host->read(f->host->data, f->host->fd(f->host->data, v, side)))
			notify(f, v, side);
	}
}

static void poll_irqfds(struct frontend *f)
{
	if (f->st->two_sides)
		poll_side(f, IRQFD);
	if (f->intx && f->host->read(f->host->data, f->host->intx_fd(f->host->data)))
		f->host->intx(f->host->data);
}

void frontend_poll(struct frontend *f)
{
	poll_side(f, 0);
	if (f->st->two_sides)
		poll_side(f, 1);
	poll_irqfds(f);
}

static int carry_out(struct frontend *f, enum vmm_event event, uint32_t vector)
{
	strategy_plan(f->st, &f->s, event, vector, &f->plan);
	f->teardowns += f->plan.n && f->plan.kind == PLAN_TEARDOWN;
	return performer_carry_out(&f->hands, &f->s, &f->plan);
}

static int intx_enable(struct frontend *f)
{
	int32_t fd = f->host->intx_fd(f->host->data);
	const struct vfio_irq_set *set =
		irq_set_eventfds(&f->hands.buf, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, &fd);
	struct vfio_irq_info info = {.argsz = sizeof(info), .index = VFIO_PCI_INTX_IRQ_INDEX};
	int ret;

	if (backend_irq_info(f->be, &info) || !info.count)
		return 0;
	ret = performer_call(&f->hands, set);
	if (ret)
		return ret;
	f->intx = true;
	return 0;
}

static int intx_disable(struct frontend *f)
{
	const struct vfio_irq_set *set = irq_set_disable(&f->hands.buf, VFIO_PCI_INTX_IRQ_INDEX);
	int ret;

	if (!f->intx)
		return 0;
	ret = performer_call(&f->hands, set);
	if (ret)
		return ret;
	f->intx = false;
	f->host->read(f->host->data, f->host->intx_fd(f->host->data));
	return 0;
}

int frontend_init(struct frontend *f, const struct strategy *st, uint32_t vectors,
		  struct backend *be, const struct frontend_host *host)
{
	struct vfio_irq_info info = {.argsz = sizeof(info), .index = st->index};
	int err;

	memset(f, 0, sizeof(*f));
	f->st = st;
	f->be = be;
	f->host = host;
	f->entries = calloc(vectors, sizeof(*f->entries));
	err = backend_irq_info(be, &info);
	if (err)
		return err;
	if (performer_init(&f->hands, be, st->index, vectors, host->fd, host->data) ||
	    vmm_state_init(&f->s, vectors, 0, !(info.flags & VFIO_IRQ_INFO_NORESIZE), 0) ||
	    !f->entries)
		return -ENOMEM;
	for (uint32_t v = 0; v < vectors; v++)
		f->entries[v].masked = true;
	return intx_enable(f);
}

void frontend_fini(struct frontend *f)
{
	vmm_state_fini(&f->s);
	free(f->entries);
	performer_fini(&f->hands);
}

/* The guest gets what came while it could not; the message is what the entry says now (P2). */
static int use(struct frontend *f, uint32_t vector)
{
	struct guest_entry *entry = &f->entries[vector];
	int err;

	entry->route = entry->message;
	entry->violated = false;
	err = carry_out(f, VMM_USE, vector);
	if (entry->pending) {
		entry->pending = false;
		f->host->deliver(f->host->data, vector, &entry->route);
	}
	return err;
}

static int enable(struct frontend *f)
{
	int err = intx_disable(f);

	if (err)
		return err;
	for (uint32_t v = 0; v < f->s.vectors; v++) {
		f->entries[v].route = f->entries[v].message;
		f->entries[v].violated = false;
		f->s.wanted[v] = frontend_used(f, v);
		f->s.side[v] = 0;
	}
	return carry_out(f, VMM_ENABLE, 0);
}

static int disable(struct frontend *f)
{
	int err = carry_out(f, VMM_DISABLE, 0);

	/* What is still in the eventfds is of an interrupt that the guest has turned off. */
	frontend_poll(f);
	for (uint32_t v = 0; v < f->s.vectors; v++)
		f->entries[v].pending = false;
	return err ? err : intx_enable(f);
}

static int set_function_mask(struct frontend *f, bool masked)
{
	int err = 0;

	f->function_mask = masked;
	for (uint32_t v = 0; v < f->s.vectors && !err; v++) {
		if (!f->entries[v].masked)
			err = masked ? carry_out(f, VMM_RELEASE, v) : use(f, v);
	}
	return err;
}

int frontend_control(struct frontend *f, bool on, bool function_mask)
{
	int err = 0;

	if (on && !f->enabled) {
		f->enabled = true;
		f->function_mask = function_mask;
		err = enable(f);
	} else if (!on && f->enabled) {
		f->enabled = false;
		f->function_mask = function_mask;
		err = disable(f);
	} else if (on && function_mask != f->function_mask) {
		err = set_function_mask(f, function_mask);
	} else {
		f->function_mask = function_mask;
	}
	poll_irqfds(f);
	return err;
}

int frontend_mask(struct frontend *f, uint32_t vector, bool masked)
{
	struct guest_entry *entry = &f->entries[vector];
	int err = 0;

	if (entry->masked == masked)
		return 0;
	entry->masked = masked;
	if (f->enabled && !f->function_mask)
		err = masked ? carry_out(f, VMM_RELEASE, vector) : use(f, vector);
	poll_irqfds(f);
	return err;
}

void frontend_message(struct frontend *f, uint32_t vector, const struct guest_message *message)
{
	struct guest_entry *entry = &f->entries[vector];

	if (frontend_used(f, vector) && !message_equal(&entry->message, message)) {
		entry->violated = true;
		f->violations++;
	}
	entry->message = *message;
}

int frontend_reset(struct frontend *f)
{
	int err = f->enabled ? frontend_control(f, false, false) : 0;

	if (!err)
		err = backend_reset(f->be);
	f->function_mask = false;
	for (uint32_t v = 0; v < f->s.vectors; v++)
		f->entries[v] = (struct guest_entry){.masked = true};
	return err;
}

int frontend_intx_eoi(struct frontend *f)
{
	struct vfio_irq_set *set = (struct vfio_irq_set *)f->hands.buf.raw;
	int ret;

	if (!f->intx)
		return 0;
	*set = (struct vfio_irq_set){
		.argsz = sizeof(*set),
		.flags = VFIO_IRQ_SET_ACTION_UNMASK | VFIO_IRQ_SET_DATA_NONE,
		.index = VFIO_PCI_INTX_IRQ_INDEX,
		.count = 1,
	};
	ret = performer_call(&f->hands, set);
	poll_irqfds(f);
	return ret;
}

/* The VMM's own bit; for a vector without trigger the device's, which a VMM lets its guest read. */
bool frontend_pending(struct frontend *f, uint32_t vector)
{
	int bits;

	frontend_poll(f);
	if (f->entries[vector].pending)
		return true;
	if (f->st->index != VFIO_PCI_MSIX_IRQ_INDEX || f->s.wanted[vector])
		return false;
	bits = backend_device(f->be, BACKEND_DEV_ENTRY, vector);
	return bits > 0 && (bits & BACKEND_ENTRY_PENDING);
}
