/* SPDX-License-Identifier: MIT */
/* What an oracle sees: inspect(), producers of irq bypass (R70-R73), the step hook. */
#include <criterion/criterion.h>

#include "fixture.h"

static struct fixture f;

static void setup(void)
{
	fixture_open(&f, PROFILE_6_12);
}

static void teardown(void)
{
	fixture_close(&f);
}

TestSuite(inspect, .init = setup, .fini = teardown);
TestSuite(bypass, .init = setup, .fini = teardown);
TestSuite(steps, .init = setup, .fini = teardown);

Test(inspect, everything_is_seen)
{
	struct backend_desc desc;
	struct backend_inspect i;

	cr_assert_eq(backend_describe(f.be, &desc), 0, "describe");
	cr_assert_eq(desc.inspect, 0x7f, "all bits");
	cr_assert_eq(desc.device_ops, (1u << (BACKEND_DEV_FAIL + 1)) - 1, "all operations");

	cr_assert_eq(set_fd(f.be, INTX, 0, -1), 0, "INTX without trigger");
	i = inspect_of(f.be);
	cr_assert_eq(i.valid, 0x7f, "valid");
	cr_assert_eq(i.type, INTX, "type");
	cr_assert_eq(i.active[0], 1, "it has a handler");
	cr_assert_eq(i.references, 0, "references");
	cr_assert_eq(disable(f.be, INTX), 0, "disable");

	cr_assert_eq(set_fd(f.be, MSIX, 63, 1), 0, "enable");
	cr_assert_eq(set_fd(f.be, REQ, 0, 1), 0, "REQ");
	i = inspect_of(f.be);
	cr_assert_eq(i.type, MSIX, "type");
	cr_assert_eq(i.allocated[0], UINT64_MAX, "0 to 63 (R43)");
	cr_assert_eq(i.active[0], UINT64_C(1) << 63, "63");
	cr_assert_eq(i.references, 2, "references");
	cr_assert_eq(i.producers, 1, "producers");
}

static uint32_t producers(void)
{
	return inspect_of(f.be).producers;
}

Test(bypass, one_producer_an_eventfd)
{
	cr_assert_eq(signal_mem_dup(f.mem, 0, 9), 0, "dup");
	cr_assert_eq(set_fds(f.be, MSIX, 0, 4, (int32_t[]){0, 0, 1, 9}), 0, "enable");
	cr_assert_eq(producers(), 2, "R58; a dup is the same eventfd");
	cr_assert_eq(set_fd(f.be, MSIX, 1, -1), 0, "one that has none goes");
	cr_assert_eq(producers(), 2, "R72");
	cr_assert_eq(set_fd(f.be, MSIX, 0, -1), 0, "the one that has it goes");
	cr_assert_eq(producers(), 1, "nobody is registered again (R73)");
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "set");
	cr_assert_eq(producers(), 2, "it is free");
	cr_assert_eq(disable(f.be, MSIX), 0, "disable");
	cr_assert_eq(producers(), 0, "none");
}

Test(bypass, msi_has_them_and_the_rest_has_not)
{
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "INTX");
	cr_assert_eq(set_fd(f.be, ERR, 0, 1), 0, "ERR");
	cr_assert_eq(producers(), 0, "R70");
	cr_assert_eq(disable(f.be, INTX), 0, "disable");
	cr_assert_eq(set_fds(f.be, MSI, 0, 2, (int32_t[]){0, 1}), 0, "MSI");
	cr_assert_eq(producers(), 2, "R70");
}

Test(bypass, many_eventfds)
{
	int32_t fds[64];

	for (int i = 0; i < 64; i++)
		fds[i] = i;
	cr_assert_eq(set_fds(f.be, MSIX, 0, 64, fds), 0, "enable");
	cr_assert_eq(producers(), 64, "all");
	for (uint32_t v = 0; v < 64; v += 2)
		cr_assert_eq(set_fd(f.be, MSIX, v, (int32_t)v + 64), 0, "replace");
	for (uint32_t v = 1; v < 64; v += 2)
		cr_assert_eq(set_fd(f.be, MSIX, v, -1), 0, "remove");
	cr_assert_eq(producers(), 32, "half");
}

struct steps {
	uint32_t n;
	struct vfio_irq_info info;
};

static void on_step(void *data, const char *where)
{
	struct steps *s = data;

	cr_assert_not_null(where, "each has a name");
	s->n++;
	for (uint32_t v = 0; v < 4; v++)
		cr_assert_eq(backend_fire(f.be, MSIX, v), 0, "fire");
	cr_assert_eq(backend_fire(f.be, ERR, 0), 0, "fire ERR");
	cr_assert_eq(backend_fire(f.be, INTX, 0), 0, "fire INTX");
	s->info = (struct vfio_irq_info){.argsz = IRQ_INFO_SIZE, .index = MSIX};
	cr_assert_eq(backend_irq_info(f.be, &s->info), 0, "info");
}

static uint32_t count(struct steps *s)
{
	uint32_t n = s->n;

	s->n = 0;
	return n;
}

Test(steps, the_hook_fires_at_every_one)
{
	struct steps s = {0};
	struct emu_state state;
	uint32_t total = 0, n;

	f.be->ops->set_step_hook(f.be, on_step, &s);
	cr_assert_eq(set_fds(f.be, MSIX, 0, 2, (int32_t[]){0, 1}), 0, "enable");
	total += n = count(&s);
	cr_assert_geq(n, 15, "enable: %u", n);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 2), 0, "replace");
	total += n = count(&s);
	cr_assert_geq(n, 10, "replace: %u", n);
	cr_assert_eq(set_fd(f.be, MSIX, 3, 3), 0, "add");
	total += n = count(&s);
	cr_assert_geq(n, 7, "add: %u", n);
	cr_assert_eq(set_fd(f.be, ERR, 0, 9), 0, "ERR");
	total += n = count(&s);
	cr_assert_geq(n, 3, "ERR: %u", n);
	cr_assert_eq(disable(f.be, MSIX), 0, "disable");
	total += n = count(&s);
	cr_assert_geq(n, 15, "disable: %u", n);
	cr_assert_eq(set_fd(f.be, INTX, 0, 10), 0, "INTX");
	total += n = count(&s);
	cr_assert_geq(n, 4, "INTX: %u", n);
	cr_assert_eq(disable(f.be, INTX), 0, "disable INTX");
	total += n = count(&s);
	cr_assert_geq(n, 4, "disable INTX: %u", n);

	f.be->ops->set_step_hook(f.be, NULL, NULL);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 2), 0, "without");
	device(f.be, BACKEND_DEV_REOPEN, 0);
	cr_assert_eq(s.n, 0, "no more");

	state = state_of(f.be);
	cr_assert_eq(state.sent + state.coalesced + state.pending + state.dropped_disabled +
			     state.dropped_shutdown,
		     4 * total, "every fire ended");
}

static void fire_first(void *data, const char *where)
{
	struct steps *s = data;

	(void)where;
	s->n++;
	cr_assert_eq(backend_fire(f.be, MSIX, 0), 0, "fire");
}

Test(steps, a_replace_loses_nothing_that_is_fired_between_its_steps)
{
	struct steps s = {0};
	uint64_t arrived;

	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable");
	f.be->ops->set_step_hook(f.be, fire_first, &s);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 1), 0, "replace");
	arrived = signals(&f, 0) + signals(&f, 1);
	cr_assert_geq(arrived, 3, "before, replayed, after");
	cr_assert_eq(arrived + state_of(f.be).coalesced, s.n, "what was masked coalesced");
	cr_assert_eq(state_of(f.be).pending, 0, "nothing stays");
}
