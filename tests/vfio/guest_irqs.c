/* SPDX-License-Identifier: MIT */
/* The checks of guest_vfio that set, fire and count interrupts: doorbell first, loopback then. */
#include <errno.h>
#include <string.h>

#include "guest_vfio.h"

static enum verdict doorbell_interrupts(struct state *s)
{
	WANT(arm(s, MSIX, 0, VECTORS, s->fd), 0);
	for (uint32_t v = 0; v < VECTORS; v++) {
		WANT(backend_fire(s->be, MSIX, v), 0);
		WANT(wait_count(s->fd[v], WAIT_MS), 1);
	}
	return expect_quiet(s);
}

static enum verdict doorbell_counts(struct state *s)
{
	for (int i = 0; i < 1000; i++) {
		WANT(backend_fire(s->be, MSIX, 1), 0);
		WANT(wait_count(s->fd[1], WAIT_MS), 1);
	}
	return expect_quiet(s);
}

static enum verdict doorbell_refuses(struct state *s)
{
	WANT(backend_fire(s->be, MSIX, s->desc.fire_max), -EINVAL);
	WANT(backend_fire(s->be, MSIX, UINT32_MAX), -EINVAL);
	WANT(backend_fire(s->be, VFIO_PCI_INTX_IRQ_INDEX, 0), -EOPNOTSUPP);
	WANT(backend_fire(s->be, VFIO_PCI_REQ_IRQ_INDEX, 0), -EOPNOTSUPP);
	return expect_quiet(s);
}

/* P8: the entry is masked, the pending bit waits. */
static enum verdict fired_while_disarmed(struct state *s)
{
	enum verdict quiet;

	WANT(disarm(s, MSIX, 2), 0);
	WANT(backend_fire(s->be, MSIX, 2), 0);
	quiet = expect_quiet(s);
	if (quiet != OK)
		return quiet;
	WANT(arm(s, MSIX, 2, 1, &s->fd[2]), 0);
	WANT(wait_count(s->fd[2], WAIT_MS), 1);
	return expect_quiet(s);
}

static enum verdict reset_keeps_triggers(struct state *s)
{
	if (!(s->desc.caps & BACKEND_RESET)) {
		WANT(backend_reset(s->be), -EINVAL);
		return skip(s, "the device cannot be reset");
	}
	WANT(backend_reset(s->be), 0);
	WANT(backend_fire(s->be, MSIX, 3), 0);
	WANT(wait_count(s->fd[3], WAIT_MS), 1);
	return expect_quiet(s);
}

static enum verdict disables(struct state *s)
{
	WANT(disable(s, MSIX), 0);
	WANT(disable(s, MSIX), -EINVAL); /* R19 */
	WANT(backend_fire(s->be, MSIX, 0), 0);
	return expect_quiet(s);
}

static enum verdict fired_while_disabled_is_lost(struct state *s)
{
	WANT(arm(s, MSIX, 0, VECTORS, s->fd), 0);
	if (expect_quiet(s) != OK)
		return FAILED;
	WANT(disable(s, MSIX), 0);
	return OK;
}

static enum verdict dynamic_add(struct state *s)
{
	bool can = !(s->desc.irq[MSIX].flags & VFIO_IRQ_INFO_NORESIZE);

	WANT(arm(s, MSIX, 0, 1, s->fd), 0);
	WANT(arm(s, MSIX, 1, VECTORS - 1, s->fd + 1), can ? 0 : -EINVAL);
	for (uint32_t v = 0; v < (can ? VECTORS : 1); v++) {
		WANT(backend_fire(s->be, MSIX, v), 0);
		WANT(wait_count(s->fd[v], WAIT_MS), 1);
	}
	WANT(disable(s, MSIX), 0);
	return OK;
}

static enum verdict errors_come_through(struct state *s)
{
	const int32_t closed = 9999;

	WANT(arm(s, MSIX, 0, 1, &closed), -EBADF);
	WANT(arm(s, MSIX, s->desc.irq[MSIX].count, 1, s->fd), -EINVAL);
	WANT(disable(s, MSIX), -EINVAL);
	return OK;
}

static int set_bytes(struct state *s, const struct vfio_irq_set *set, size_t size)
{
	return s->be->ops->set_irqs(s->be, set, size);
}

static enum verdict header_cut_short_faults(struct state *s)
{
	const struct vfio_irq_set *set = irq_set_eventfds(&s->buf, MSIX, 0, 2, s->fd);

	for (size_t size = 0; size < IRQ_SET_HDR_SIZE; size++)
		WANT(set_bytes(s, set, size), -EFAULT); /* R3 */
	return OK;
}

static enum verdict data_cut_short_faults(struct state *s)
{
	const struct vfio_irq_set *set = irq_set_eventfds(&s->buf, MSIX, 0, 2, s->fd);
	struct vfio_irq_set *edit = (struct vfio_irq_set *)s->buf.raw;

	for (size_t size = IRQ_SET_HDR_SIZE; size < set->argsz; size++)
		WANT(set_bytes(s, set, size), -EFAULT); /* R9 */
	WANT(disable(s, MSIX), -EINVAL);
	/* -EFAULT wins over -ENOTTY: the copy comes before the action is looked at */
	set = irq_set_eventfds(&s->buf, MSIX, 0, 2, s->fd);
	edit->flags = VFIO_IRQ_SET_ACTION_MASK | VFIO_IRQ_SET_DATA_EVENTFD;
	WANT(set_bytes(s, set, IRQ_SET_HDR_SIZE), -EFAULT);
	WANT(set_bytes(s, set, set->argsz), -ENOTTY);
	/* more vectors than the device has are refused before the copy (R6) */
	edit->flags = VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_EVENTFD;
	edit->count = IRQ_MAX_VECTORS + 1;
	edit->argsz = UINT32_MAX;
	WANT(set_bytes(s, set, IRQ_SET_HDR_SIZE), -EINVAL);
	return OK;
}

static enum verdict exact_size_is_enough(struct state *s)
{
	const struct vfio_irq_set *set = irq_set_eventfds(&s->buf, MSIX, 0, 2, s->fd);
	struct vfio_irq_set *edit = (struct vfio_irq_set *)s->buf.raw;

	edit->argsz = 1u << 20; /* never read beyond count (R8) */
	WANT(set_bytes(s, set, IRQ_SET_HDR_SIZE + 2 * sizeof(int32_t)), 0);
	WANT(disable(s, MSIX), 0);
	return OK;
}

static enum verdict closes_and_reopens(struct state *s)
{
	WANT(arm(s, MSIX, 0, 2, s->fd), 0);
	close_device(s);
	if (open_device(s, "auto", "loopback") && open_device(s, s->desc.device + 13, "loopback"))
		return fail(s, "%s", s->e.text);
	WANT(disable(s, MSIX), -EINVAL); /* R21: nothing is enabled */
	WANT(backend_describe(s->be, &s->desc), 0);
	if (!(s->desc.caps & BACKEND_SYNC_FIRE) || (s->desc.caps & BACKEND_HW_FIRE))
		return fail(s, "caps 0x%x", s->desc.caps);
	return OK;
}

static enum verdict loopback_signals_once(struct state *s)
{
	WANT(backend_fire(s->be, MSIX, 0), -EINVAL); /* nothing is enabled */
	WANT(arm(s, MSIX, 0, VECTORS, s->fd), 0);
	for (uint32_t v = 0; v < VECTORS; v++) {
		WANT(backend_fire(s->be, MSIX, v), 0);
		WANT(wait_count(s->fd[v], 0), 1); /* there on return: BACKEND_SYNC_FIRE */
	}
	WANT(backend_fire(s->be, MSIX, 0), 0);
	WANT(backend_fire(s->be, MSIX, 0), 0);
	WANT(wait_count(s->fd[0], 0), 2);
	WANT(backend_fire(s->be, MSIX, s->desc.fire_max), -EINVAL);
	return expect_quiet(s);
}

static enum verdict loopback_of_disarmed_is_silent(struct state *s)
{
	WANT(disarm(s, MSIX, 1), 0);
	WANT(backend_fire(s->be, MSIX, 1), 0);
	return expect_quiet(s);
}

static enum verdict loopback_of_req(struct state *s)
{
	const uint32_t req = VFIO_PCI_REQ_IRQ_INDEX;

	WANT(backend_set_irqs(s->be, irq_set_eventfds(&s->buf, req, 0, 1, s->fd)), 0);
	WANT(backend_fire(s->be, req, 0), 0);
	WANT(wait_count(s->fd[0], 0), 1);
	WANT(backend_set_irqs(s->be, irq_set_disable(&s->buf, req)), 0);
	return OK;
}

/* R22, on a device that can be reset; ivshmem cannot. */
static enum verdict reset_of_another_keeps_triggers(struct state *s)
{
	struct pci_device other;
	uint32_t index;

	if (!find_other(true, &other))
		return skip(s, "no second device is bound to vfio-pci");
	close_device(s);
	if (open_device(s, other.bdf, "loopback"))
		return fail(s, "%s", s->e.text);
	WANT(backend_describe(s->be, &s->desc), 0);
	if (!(s->desc.caps & BACKEND_RESET))
		return skip(s, "the second device cannot be reset either");
	index = s->desc.irq[MSIX].count ? MSIX : VFIO_PCI_INTX_IRQ_INDEX;
	WANT(backend_set_irqs(s->be, irq_set_eventfds(&s->buf, index, 0, 1, s->fd)), 0);
	WANT(backend_reset(s->be), 0);
	WANT(backend_fire(s->be, index, 0), 0);
	WANT(wait_count(s->fd[0], 0), 1);
	return OK;
}

const struct check doorbell_checks[] = {
	CHECK(doorbell_interrupts),
	CHECK(doorbell_counts),
	CHECK(doorbell_refuses),
	CHECK(fired_while_disarmed),
	CHECK(reset_keeps_triggers),
	CHECK(disables),
	CHECK(fired_while_disabled_is_lost),
	CHECK(dynamic_add),
	CHECK(errors_come_through),
	CHECK(header_cut_short_faults),
	CHECK(data_cut_short_faults),
	CHECK(exact_size_is_enough),
	CHECK_END,
};

const struct check loopback_checks[] = {
	CHECK(closes_and_reopens),
	CHECK(loopback_signals_once),
	CHECK(loopback_of_disarmed_is_silent),
	CHECK(loopback_of_req),
	CHECK(reset_of_another_keeps_triggers),
	CHECK_END,
};
