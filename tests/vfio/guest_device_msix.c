/* SPDX-License-Identifier: MIT */
/* What a device delivers by MSI-X when it is masked, reset, put to sleep and woken. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "guest_device.h"

#define BEYOND UINT32_MAX

/* One fire of @vector, one signal. */
static enum verdict delivers(struct state *s, uint32_t vector)
{
	WANT(backend_fire(s->be, MSIX, vector), 0);
	WANT(wait_count(s->fd[vector], WAIT_MS), 1);
	return OK;
}

static enum verdict each_vector_interrupts_once(struct state *s)
{
	WANT(arm(s, MSIX, 0, VECTORS, s->fd), 0);
	for (uint32_t v = 0; v < VECTORS; v++)
		MUST(delivers(s, v));
	MUST(expect_quiet(s));
	for (int i = 0; i < 1000; i++)
		MUST(delivers(s, (uint32_t)i % VECTORS));
	for (int i = 0; i < 1000; i++)
		MUST(delivers(s, 1));
	MUST(expect_quiet(s));
	WANT(backend_fire(s->be, MSIX, s->desc.fire_max), -EINVAL);
	WANT(backend_fire(s->be, VFIO_PCI_REQ_IRQ_INDEX, 0), -EOPNOTSUPP);
	WANT(disable(s, MSIX), 0);
	return OK;
}

/* P8: the entry is masked, the pending bit waits; several coalesce into one (P3). */
static enum verdict fired_while_disarmed_comes_once(struct state *s)
{
	WANT(arm(s, MSIX, 0, VECTORS, s->fd), 0);
	for (int times = 1; times <= 3; times++) {
		WANT(disarm(s, MSIX, 2), 0);
		for (int i = 0; i < times; i++)
			WANT(backend_fire(s->be, MSIX, 2), 0);
		MUST(expect_quiet(s));
		WANT(arm(s, MSIX, 2, 1, &s->fd[2]), 0);
		WANT(wait_count(s->fd[2], WAIT_MS), 1);
		MUST(expect_quiet(s));
		MUST(delivers(s, 2));
	}
	WANT(disable(s, MSIX), 0);
	return OK;
}

/* P8: with dynamic MSI-X a vector beyond the first enable, else one inside it. */
static enum verdict fired_before_its_first_trigger_comes(struct state *s)
{
	const int32_t first[VECTORS] = {s->fd[0], -1, -1, -1};

	WANT(arm(s, MSIX, 0, dynamic(s) ? 1 : VECTORS, first), 0);
	MUST(expect_active(s, MSIX, 1));
	WANT(backend_fire(s->be, MSIX, 3), 0);
	MUST(expect_quiet(s));
	WANT(arm(s, MSIX, 3, 1, &s->fd[3]), 0);
	WANT(wait_count(s->fd[3], WAIT_MS), 1);
	MUST(expect_quiet(s));
	MUST(delivers(s, 3));
	WANT(disable(s, MSIX), 0);
	return OK;
}

/* P8, also when it was pending before. */
static enum verdict fired_while_disabled_is_lost(struct state *s)
{
	for (int pending = 0; pending < 2; pending++) {
		uint64_t early;

		WANT(arm(s, MSIX, 0, VECTORS, s->fd), 0);
		if (pending) {
			WANT(disarm(s, MSIX, 0), 0);
			WANT(backend_fire(s->be, MSIX, 0), 0);
			MUST(expect_quiet(s)); /* and ivshmem's doorbell has arrived */
		}
		WANT(disable(s, MSIX), 0);
		for (uint32_t v = 1; v < VECTORS; v++)
			WANT(backend_fire(s->be, MSIX, v), 0);
		MUST(expect_quiet(s));
		WANT(arm(s, MSIX, 0, VECTORS, s->fd), 0);
		for (uint32_t v = 1; v < VECTORS; v++)
			WANT(wait_count(s->fd[v], v == 1 ? IDLE_MS : 0), 0);
		/* What was pending at the disable is not ruled: taken, and no more than once. */
		early = wait_count(s->fd[0], 0);
		if (pending)
			printf("# %s: pending at disable, then enabled: %llu came\n", s->device,
			       (unsigned long long)early);
		if (early > (uint64_t)pending)
			return fail(s, "vector 0 came %llu times", (unsigned long long)early);
		MUST(delivers(s, 1));
		MUST(expect_quiet(s));
		WANT(disable(s, MSIX), 0);
	}
	return OK;
}

static enum verdict entries_show_mask_and_pending(struct state *s)
{
	if (!can(s, BACKEND_DEV_ENTRY))
		return skip(s, "the table cannot be mapped");
	WANT(arm(s, MSIX, 0, VECTORS, s->fd), 0);
	WANT(backend_device(s->be, BACKEND_DEV_ENTRY, 1), 0);
	WANT(disarm(s, MSIX, 1), 0);
	WANT(backend_device(s->be, BACKEND_DEV_ENTRY, 1), BACKEND_ENTRY_MASKED);
	WANT(backend_fire(s->be, MSIX, 1), 0);
	/* ivshmem's doorbell takes its time: through an eventfd, to QEMU's main loop. */
	for (int ms = 0;
	     ms < WAIT_MS && !(backend_device(s->be, BACKEND_DEV_ENTRY, 1) & BACKEND_ENTRY_PENDING);
	     ms++)
		usleep(1000);
	WANT(backend_device(s->be, BACKEND_DEV_ENTRY, 1),
	     BACKEND_ENTRY_MASKED | BACKEND_ENTRY_PENDING);
	WANT(backend_device(s->be, BACKEND_DEV_ENTRY, 2), 0);
	WANT(arm(s, MSIX, 1, 1, &s->fd[1]), 0);
	WANT(wait_count(s->fd[1], WAIT_MS), 1);
	WANT(backend_device(s->be, BACKEND_DEV_ENTRY, 1), 0);
	WANT(backend_device(s->be, BACKEND_DEV_ENTRY, s->desc.irq[MSIX].count), -EINVAL);
	WANT(backend_device(s->be, BACKEND_DEV_ENTRY, BEYOND), -EINVAL);
	WANT(disable(s, MSIX), 0);
	return OK;
}

static enum verdict inspect_sees_what_is_set(struct state *s)
{
	for (uint32_t mask = 0; mask < 1u << VECTORS; mask++) {
		int32_t fds[VECTORS];

		for (uint32_t v = 0; v < VECTORS; v++)
			fds[v] = mask >> v & 1 ? s->fd[v] : -1;
		WANT(arm(s, MSIX, 0, VECTORS, fds), 0);
		MUST(expect_active(s, MSIX, mask));
	}
	WANT(disable(s, MSIX), 0);
	return expect_active(s, VFIO_PCI_NUM_IRQS, 0);
}

/* R60 */
static enum verdict sets_with_memory_off(struct state *s)
{
	WANT(backend_device(s->be, BACKEND_DEV_MEMORY, 0), 0);
	WANT(backend_fire(s->be, MSIX, 0), -EIO);
	WANT(arm(s, MSIX, 0, 1, s->fd), 0);
	WANT(arm(s, MSIX, 0, 1, &s->fd[1]), 0);
	if (can(s, BACKEND_DEV_ENTRY))
		WANT(backend_device(s->be, BACKEND_DEV_ENTRY, 0), -EIO);
	WANT(backend_device(s->be, BACKEND_DEV_MEMORY, 1), 0);
	WANT(backend_fire(s->be, MSIX, 0), 0);
	WANT(wait_count(s->fd[1], WAIT_MS), 1);
	MUST(expect_quiet(s));
	WANT(disable(s, MSIX), 0);
	return OK;
}

/* R22, by the ioctl and by config write; masked vectors stay masked, and nothing is lost after. */
static enum verdict reset_keeps_triggers(struct state *s)
{
	for (int how = 0; how < 2; how++) {
		const uint32_t have = how ? s->desc.device_ops & 1u << BACKEND_DEV_FLR
					  : s->desc.caps & BACKEND_RESET;

		if (!have)
			continue;
		WANT(arm(s, MSIX, 0, VECTORS, s->fd), 0);
		WANT(disarm(s, MSIX, 2), 0);
		WANT(how ? backend_device(s->be, BACKEND_DEV_FLR, 0) : backend_reset(s->be), 0);
		MUST(expect_active(s, MSIX, 0xb));
		MUST(delivers(s, 3));
		MUST(delivers(s, 0));
		WANT(backend_fire(s->be, MSIX, 2), 0);
		MUST(expect_quiet(s));
		WANT(arm(s, MSIX, 2, 1, &s->fd[2]), 0);
		WANT(wait_count(s->fd[2], WAIT_MS), 1);
		WANT(disable(s, MSIX), 0);
	}
	if (!(s->desc.caps & BACKEND_RESET) && !can(s, BACKEND_DEV_FLR))
		return skip(s, "the device cannot be reset");
	return OK;
}

/* A reset while the registers do not answer: they are put right when they do again. */
static enum verdict reset_with_memory_off(struct state *s)
{
	if (!(s->desc.caps & BACKEND_RESET))
		return skip(s, "the device cannot be reset");
	WANT(arm(s, MSIX, 0, 1, s->fd), 0);
	WANT(backend_device(s->be, BACKEND_DEV_MEMORY, 0), 0);
	WANT(backend_reset(s->be), 0);
	WANT(backend_fire(s->be, MSIX, 0), -EIO);
	WANT(backend_device(s->be, BACKEND_DEV_MEMORY, 1), 0);
	MUST(delivers(s, 0));
	WANT(disable(s, MSIX), 0);
	return OK;
}

/* R46: the first enable needs D0. R61: what is enabled can be changed, and added to. */
static enum verdict power(struct state *s)
{
	if (!can(s, BACKEND_DEV_POWER))
		return skip(s, "no power management");
	WANT(backend_device(s->be, BACKEND_DEV_POWER, 3), 0);
	WANT(arm(s, MSIX, 0, 1, s->fd), -EINVAL);
	WANT(backend_fire(s->be, MSIX, 0), -EIO);
	WANT(backend_device(s->be, BACKEND_DEV_POWER, 0), 0);
	WANT(arm(s, MSIX, 0, 1, s->fd), 0);
	MUST(delivers(s, 0));
	WANT(backend_device(s->be, BACKEND_DEV_POWER, 3), 0);
	WANT(arm(s, MSIX, 1, 1, &s->fd[1]), dynamic(s) ? 0 : -EINVAL);
	WANT(arm(s, MSIX, 0, 1, &s->fd[0]), 0);
	WANT(backend_device(s->be, BACKEND_DEV_POWER, 0), 0);
	/* R61: what was set in D3hot may be lost silently, and no more than that. */
	for (uint32_t v = 0; v < (dynamic(s) ? 2 : 1); v++) {
		uint64_t n;

		WANT(backend_fire(s->be, MSIX, v), 0);
		n = wait_count(s->fd[v], 10 * IDLE_MS);
		printf("# %s: vector %u, %s in D3hot: %llu came after D0\n", s->device, v,
		       v ? "added" : "replaced", (unsigned long long)n);
		if (n > 1)
			return fail(s, "vector %u came %llu times", v, (unsigned long long)n);
	}
	/* Set anew in D0, both work again whatever the device kept. */
	WANT(arm(s, MSIX, 0, 1, &s->fd[0]), 0);
	MUST(delivers(s, 0));
	if (dynamic(s)) {
		WANT(arm(s, MSIX, 1, 1, &s->fd[1]), 0);
		MUST(delivers(s, 1));
	}
	MUST(expect_quiet(s));
	WANT(disable(s, MSIX), 0);
	return OK;
}

static enum verdict reset_and_reopen_wake_it(struct state *s)
{
	if (!can(s, BACKEND_DEV_POWER))
		return skip(s, "no power management");
	for (int how = 0; how < 3; how++) {
		if (how == 0 && !(s->desc.caps & BACKEND_RESET))
			continue;
		if (how == 1 && !can(s, BACKEND_DEV_FLR))
			continue;
		WANT(backend_device(s->be, BACKEND_DEV_POWER, 3), 0);
		WANT(how == 0   ? backend_reset(s->be)
		     : how == 1 ? backend_device(s->be, BACKEND_DEV_FLR, 0)
				: backend_device(s->be, BACKEND_DEV_REOPEN, 0),
		     0);
		WANT(arm(s, MSIX, 0, 1, s->fd), 0);
		MUST(delivers(s, 0));
		WANT(disable(s, MSIX), 0);
	}
	return OK;
}

/* Pending bits are the device's, and it may know no reset: they shall not haunt the next user. */
static enum verdict reopening_drops_what_is_pending(struct state *s)
{
	WANT(arm(s, MSIX, 0, VECTORS, s->fd), 0);
	WANT(disarm(s, MSIX, 0), 0);
	WANT(disarm(s, MSIX, 3), 0);
	WANT(backend_fire(s->be, MSIX, 0), 0);
	WANT(backend_fire(s->be, MSIX, 3), 0);
	MUST(expect_quiet(s));
	WANT(backend_device(s->be, BACKEND_DEV_REOPEN, 0), 0);
	MUST(expect_active(s, VFIO_PCI_NUM_IRQS, 0));
	WANT(arm(s, MSIX, 0, VECTORS, s->fd), 0);
	MUST(expect_quiet(s));
	WANT(disable(s, MSIX), 0);
	return OK;
}

static enum verdict reopened_device_interrupts(struct state *s)
{
	WANT(arm(s, MSIX, 0, VECTORS, s->fd), 0);
	WANT(backend_device(s->be, BACKEND_DEV_REOPEN, 0), 0);
	WANT(backend_fire(s->be, MSIX, 0), 0);
	MUST(expect_quiet(s));
	WANT(arm(s, MSIX, 0, VECTORS, s->fd), 0);
	for (uint32_t v = 0; v < VECTORS; v++)
		MUST(delivers(s, v));
	MUST(expect_quiet(s));
	WANT(disable(s, MSIX), 0);
	return OK;
}

const struct check msix_checks[] = {
	CHECK(each_vector_interrupts_once),
	CHECK(fired_while_disarmed_comes_once),
	CHECK(fired_before_its_first_trigger_comes),
	CHECK(fired_while_disabled_is_lost),
	CHECK(entries_show_mask_and_pending),
	CHECK(inspect_sees_what_is_set),
	CHECK(sets_with_memory_off),
	CHECK(reset_keeps_triggers),
	CHECK(reset_with_memory_off),
	CHECK(power),
	CHECK(reset_and_reopen_wake_it),
	CHECK(reopening_drops_what_is_pending),
	CHECK(reopened_device_interrupts),
	CHECK_END,
};
