/* SPDX-License-Identifier: MIT */
/* A device with an INTx line and one MSI vector (edu): the line's level is ours to set. */
#include <errno.h>

#include "guest_device.h"

static int line(struct state *s, uint32_t level)
{
	return backend_device(s->be, BACKEND_DEV_LINE, level);
}

static int disintx(struct state *s, uint32_t on)
{
	return backend_device(s->be, BACKEND_DEV_DISINTX, on);
}

/* R30, R33 */
static enum verdict automask_and_unmask(struct state *s)
{
	WANT(arm(s, INTX, 0, 1, s->fd), 0);
	MUST(expect_quiet(s));
	for (int i = 0; i < 20; i++) {
		WANT(i % 2 ? line(s, 1) : backend_fire(s->be, INTX, 0), 0);
		WANT(wait_count(s->fd[0], WAIT_MS), 1);
		MUST(expect_quiet(s));
		WANT(set_intx_mask(s, false), 0); /* still asserted: it comes again, once */
		WANT(wait_count(s->fd[0], WAIT_MS), 1);
		MUST(expect_quiet(s));
		WANT(line(s, 0), 0);
		WANT(set_intx_mask(s, false), 0);
		MUST(expect_quiet(s));
	}
	WANT(disable(s, INTX), 0);
	return OK;
}

/* R31, R32: the ioctl's mask holds the line back, not the loopback. */
static enum verdict masked_line_waits(struct state *s)
{
	WANT(arm(s, INTX, 0, 1, s->fd), 0);
	WANT(set_intx_mask(s, true), 0);
	WANT(line(s, 1), 0);
	MUST(expect_quiet(s));
	WANT(loopback(s, INTX, 0), 0);
	WANT(wait_count(s->fd[0], 0), 1);
	WANT(set_intx_mask(s, false), 0);
	WANT(wait_count(s->fd[0], WAIT_MS), 1);
	WANT(line(s, 0), 0);
	WANT(set_intx_mask(s, false), 0);
	MUST(expect_quiet(s));
	WANT(disable(s, INTX), 0);
	return OK;
}

/* R29 */
static enum verdict signal_without_trigger_is_lost(struct state *s)
{
	WANT(disarm(s, INTX, 0), 0); /* R26: enabled with no trigger */
	MUST(expect_active(s, INTX, 1));
	WANT(line(s, 1), 0);
	MUST(expect_quiet(s));
	WANT(arm(s, INTX, 0, 1, s->fd), 0);
	MUST(expect_quiet(s));
	WANT(set_intx_mask(s, false), 0);
	WANT(wait_count(s->fd[0], WAIT_MS), 1);
	WANT(line(s, 0), 0);
	WANT(disable(s, INTX), 0);
	return expect_quiet(s);
}

/* R27, R34 */
static enum verdict disintx_before_enable(struct state *s)
{
	WANT(disintx(s, 1), 0);
	WANT(arm(s, INTX, 0, 1, s->fd), 0);
	WANT(line(s, 1), 0);
	WANT(loopback(s, INTX, 0), 0);
	MUST(expect_quiet(s));
	WANT(disintx(s, 0), 0);
	WANT(wait_count(s->fd[0], WAIT_MS), 1);
	WANT(line(s, 0), 0);
	WANT(set_intx_mask(s, false), 0);
	/* 1->0 also cancels a mask of the ioctl: one bit. */
	WANT(set_intx_mask(s, true), 0);
	WANT(disintx(s, 1), 0);
	WANT(disintx(s, 0), 0);
	WANT(line(s, 1), 0);
	WANT(wait_count(s->fd[0], WAIT_MS), 1);
	WANT(line(s, 0), 0);
	WANT(disable(s, INTX), 0);
	return expect_quiet(s);
}

static enum verdict line_asserted_before_enable(struct state *s)
{
	WANT(line(s, 1), 0);
	WANT(arm(s, INTX, 0, 1, s->fd), 0);
	WANT(wait_count(s->fd[0], WAIT_MS), 1);
	WANT(line(s, 0), 0);
	WANT(disable(s, INTX), 0);
	return expect_quiet(s);
}

/* MSI on means that the pin is out of use: whatever is done to the line then shows later. */
static enum verdict line_and_msi_do_not_mix(struct state *s)
{
	for (uint32_t before = 0; before < 2; before++) {
		for (uint32_t after = 0; after < 2; after++) {
			WANT(line(s, before), 0);
			WANT(arm(s, MSI, 0, 1, &s->fd[1]), 0);
			WANT(line(s, after), 0);
			WANT(backend_fire(s->be, MSI, 0), 0);
			WANT(wait_count(s->fd[1], WAIT_MS), 1);
			MUST(expect_quiet(s));
			WANT(disable(s, MSI), 0);
			WANT(arm(s, INTX, 0, 1, s->fd), 0);
			if (after)
				WANT(wait_count(s->fd[0], WAIT_MS), 1);
			MUST(expect_quiet(s));
			WANT(line(s, 0), 0);
			WANT(disable(s, INTX), 0);
		}
	}
	return OK;
}

static enum verdict line_is_out_of_reach_with_memory_off(struct state *s)
{
	WANT(arm(s, INTX, 0, 1, s->fd), 0);
	WANT(backend_device(s->be, BACKEND_DEV_MEMORY, 0), 0);
	WANT(line(s, 1), -EIO);
	WANT(backend_fire(s->be, INTX, 0), -EIO);
	WANT(backend_device(s->be, BACKEND_DEV_MEMORY, 1), 0);
	MUST(expect_quiet(s));
	WANT(line(s, 1), 0);
	WANT(wait_count(s->fd[0], WAIT_MS), 1);
	WANT(line(s, 0), 0);
	WANT(disable(s, INTX), 0);
	return OK;
}

static enum verdict reopening_drops_the_line(struct state *s)
{
	WANT(arm(s, INTX, 0, 1, s->fd), 0);
	WANT(line(s, 1), 0);
	WANT(wait_count(s->fd[0], WAIT_MS), 1);
	WANT(disintx(s, 1), 0);
	WANT(backend_device(s->be, BACKEND_DEV_REOPEN, 0), 0);
	WANT(arm(s, INTX, 0, 1, s->fd), 0);
	MUST(expect_quiet(s));
	WANT(loopback(s, INTX, 0), 0);
	WANT(wait_count(s->fd[0], 0), 1); /* R21: virq_disabled is cleared */
	WANT(disable(s, INTX), 0);
	return OK;
}

const struct check line_checks[] = {
	CHECK(automask_and_unmask),
	CHECK(masked_line_waits),
	CHECK(signal_without_trigger_is_lost),
	CHECK(disintx_before_enable),
	CHECK(line_asserted_before_enable),
	CHECK(line_and_msi_do_not_mix),
	CHECK(line_is_out_of_reach_with_memory_off),
	CHECK(reopening_drops_the_line),
	CHECK_END,
};

static enum verdict each_message_comes_once(struct state *s)
{
	WANT(arm(s, MSI, 0, 1, s->fd), 0);
	MUST(expect_active(s, MSI, 1));
	for (int i = 0; i < 1000; i++) {
		WANT(backend_fire(s->be, MSI, 0), 0);
		WANT(wait_count(s->fd[0], WAIT_MS), 1);
	}
	MUST(expect_quiet(s));
	WANT(backend_fire(s->be, MSI, 1), -EINVAL);
	WANT(backend_fire(s->be, MSIX, 0), -EOPNOTSUPP);
	WANT(disable(s, MSI), 0);
	return OK;
}

static enum verdict message_while_disabled_is_lost(struct state *s)
{
	WANT(backend_fire(s->be, MSI, 0), 0);
	WANT(arm(s, MSI, 0, 1, s->fd), 0);
	MUST(expect_quiet(s));
	WANT(disable(s, MSI), 0);
	WANT(arm(s, INTX, 0, 1, s->fd), 0);
	WANT(backend_fire(s->be, MSI, 0), 0);
	MUST(expect_quiet(s));
	WANT(disable(s, INTX), 0);
	return OK;
}

const struct check msi_checks[] = {
	CHECK(each_message_comes_once),
	CHECK(message_while_disabled_is_lost),
	CHECK_END,
};
