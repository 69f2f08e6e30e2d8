/* SPDX-License-Identifier: MIT */
/* Fallible steps, one after the other: the error, and what is left, of each. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "fixture.h"

/* What a call leaves when its nth step fails. The last row is the call that succeeds. */
struct outcome {
	int ret;
	uint32_t type;
	uint64_t allocated, active;
	uint32_t references, producers;
};

struct scenario {
	const char *what;
	enum profile profile;
	void (*before)(struct backend *be);
	int (*call)(struct backend *be);
	struct outcome outcomes[16];
};

static void check(const struct scenario *s)
{
	for (uint32_t nth = 1; nth <= 16; nth++) {
		const struct outcome *o = &s->outcomes[nth - 1];
		bool last = nth == 16 || !memcmp(o + 1, &(struct outcome){0}, sizeof(*o));
		struct backend_inspect i;
		struct fixture f;
		int ret;

		fixture_open(&f, s->profile);
		if (s->before)
			s->before(f.be);
		fail(f.be, nth);
		ret = s->call(f.be);
		cr_assert_eq(ret, o->ret, "%s, step %u: %d", s->what, nth, ret);
		i = inspect_of(f.be);
		cr_assert_eq(i.type, o->type, "%s, step %u: type %u", s->what, nth, i.type);
		cr_assert_eq(i.allocated[0], o->allocated, "%s, step %u: allocated %#lx", s->what,
			     nth, i.allocated[0]);
		cr_assert_eq(i.active[0], o->active, "%s, step %u: active %#lx", s->what, nth,
			     i.active[0]);
		cr_assert_eq(i.references, o->references, "%s, step %u: references %u", s->what,
			     nth, i.references);
		cr_assert_eq(i.references, signal_mem_total_references(f.mem), "%s, step %u: leak",
			     s->what, nth);
		cr_assert_eq(i.producers, o->producers, "%s, step %u: producers %u", s->what, nth,
			     i.producers);
		fixture_close(&f);
		if (last)
			return;
	}
}

static int enable_two(struct backend *be)
{
	return set_fds(be, MSIX, 1, 2, (int32_t[]){1, 2});
}

static int add_three(struct backend *be)
{
	return set_fd(be, MSIX, 3, 3);
}

static void before_add(struct backend *be)
{
	cr_assert_eq(set_fd(be, MSIX, 0, 0), 0, "before");
}

Test(fail, first_enable_of_msix)
{
	static const struct scenario s = {
		"enable",
		PROFILE_6_12,
		NULL,
		enable_two,
		{
			{-EIO, NO_TYPE, 0, 0, 0, 0},
			{-ENOMEM, NO_TYPE, 0, 0, 0, 0},
			{-ENOSPC, NO_TYPE, 0, 0, 0, 0},
			{-ENOMEM, NO_TYPE, 0, 0, 0, 0},
			{-ENOMEM, NO_TYPE, 0, 0, 0, 0},
			{-EBADF, NO_TYPE, 0, 0, 0, 0},
			{0, MSIX, 0x7, 0x6, 2, 2}, /* table write */
			{-ENOSPC, NO_TYPE, 0, 0, 0, 0},
			{0, MSIX, 0x7, 0x6, 2, 1},
			{-ENOMEM, NO_TYPE, 0, 0, 0, 0},
			{-ENOMEM, NO_TYPE, 0, 0, 0, 0},
			{-EBADF, NO_TYPE, 0, 0, 0, 0},
			{0, MSIX, 0x7, 0x6, 2, 2},
			{-ENOSPC, NO_TYPE, 0, 0, 0, 0},
			{0, MSIX, 0x7, 0x6, 2, 1},
			{0, MSIX, 0x7, 0x6, 2, 2},
		},
	};

	check(&s);
}

Test(fail, first_enable_of_msix_on_6_1)
{
	static const struct scenario s = {
		"enable",
		PROFILE_6_1,
		NULL,
		enable_two,
		{
			{-EIO, NO_TYPE, 0, 0, 0, 0},
			{-ENOMEM, NO_TYPE, 0, 0, 0, 0},
			{-ENOMEM, NO_TYPE, 0, 0, 0, 0}, /* the array */
			{-ENOSPC, NO_TYPE, 0, 0, 0, 0},
			{-ENOMEM, NO_TYPE, 0, 0, 0, 0},
			{-EBADF, NO_TYPE, 0, 0, 0, 0},
			{0, MSIX, 0x7, 0x6, 2, 2},
			{-ENOSPC, NO_TYPE, 0, 0, 0, 0},
			{0, MSIX, 0x7, 0x6, 2, 1},
			{-ENOMEM, NO_TYPE, 0, 0, 0, 0},
			{-EBADF, NO_TYPE, 0, 0, 0, 0},
			{0, MSIX, 0x7, 0x6, 2, 2},
			{-ENOSPC, NO_TYPE, 0, 0, 0, 0},
			{0, MSIX, 0x7, 0x6, 2, 1},
			{0, MSIX, 0x7, 0x6, 2, 2},
		},
	};

	check(&s);
}

Test(fail, dynamic_add)
{
	static const struct scenario s = {
		"add",
		PROFILE_6_12,
		before_add,
		add_three,
		{
			{-EIO, MSIX, 0x1, 0x1, 1, 1},
			{-ENOMEM, MSIX, 0x1, 0x1, 1, 1},
			{-ENOSPC, MSIX, 0x1, 0x1, 1, 1},
			{-ENOMEM, MSIX, 0x9, 0x1, 1, 1},
			{-ENOMEM, MSIX, 0x9, 0x1, 1, 1},
			{-EBADF, MSIX, 0x9, 0x1, 1, 1},
			{0, MSIX, 0x9, 0x9, 2, 2},
			{-ENOSPC, MSIX, 0x9, 0x1, 1, 1},
			{0, MSIX, 0x9, 0x9, 2, 1},
			{0, MSIX, 0x9, 0x9, 2, 2},
		},
	};

	check(&s);
}

static void before_block(struct backend *be)
{
	cr_assert_eq(set_fds(be, MSIX, 0, 4, (int32_t[]){0, 1, 2, 3}), 0, "before");
}

static int replace_two(struct backend *be)
{
	return set_fds(be, MSIX, 1, 2, (int32_t[]){5, 6});
}

Test(fail, a_block_rolls_back_what_it_reached)
{
	static const struct scenario s = {
		"replace",
		PROFILE_6_12,
		before_block,
		replace_two,
		{
			{-EIO, MSIX, 0xf, 0xf, 4, 4},
			{-ENOMEM, MSIX, 0xf, 0xf, 4, 4},
			{-ENOMEM, MSIX, 0xf, 0xd, 3, 3},
			{-ENOMEM, MSIX, 0xf, 0xd, 3, 3},
			{-EBADF, MSIX, 0xf, 0xd, 3, 3},
			{0, MSIX, 0xf, 0xf, 4, 4},
			{-ENOSPC, MSIX, 0xf, 0xd, 3, 3},
			{0, MSIX, 0xf, 0xf, 4, 3},
			{-ENOMEM, MSIX, 0xf, 0x9, 2, 2},
			{-ENOMEM, MSIX, 0xf, 0x9, 2, 2},
			{-EBADF, MSIX, 0xf, 0x9, 2, 2},
			{0, MSIX, 0xf, 0xf, 4, 4},
			{-ENOSPC, MSIX, 0xf, 0x9, 2, 2},
			{0, MSIX, 0xf, 0xf, 4, 3},
			{0, MSIX, 0xf, 0xf, 4, 4},
		},
	};

	check(&s);
}

static int enable_msi(struct backend *be)
{
	return set_fd(be, MSI, 0, 0);
}

Test(fail, msi_has_no_table_to_write)
{
	static const struct scenario s = {
		"enable MSI",
		PROFILE_6_12,
		NULL,
		enable_msi,
		{
			{-EIO, NO_TYPE, 0, 0, 0, 0},
			{-ENOMEM, NO_TYPE, 0, 0, 0, 0},
			{-ENOSPC, NO_TYPE, 0, 0, 0, 0},
			{-ENOMEM, NO_TYPE, 0, 0, 0, 0},
			{-ENOMEM, NO_TYPE, 0, 0, 0, 0},
			{-EBADF, NO_TYPE, 0, 0, 0, 0},
			{-ENOSPC, NO_TYPE, 0, 0, 0, 0},
			{0, MSI, 0x1, 0x1, 1, 0},
			{0, MSI, 0x1, 0x1, 1, 1},
		},
	};

	check(&s);
}

static int enable_intx(struct backend *be)
{
	return set_fd(be, INTX, 0, 0);
}

static int enable_intx_without(struct backend *be)
{
	return set_fd(be, INTX, 0, -1);
}

static int replace_intx(struct backend *be)
{
	return set_fd(be, INTX, 0, 1);
}

static void before_intx(struct backend *be)
{
	cr_assert_eq(set_fd(be, INTX, 0, 0), 0, "before");
}

static int attach(struct backend *be)
{
	return unmask_by(be, 1);
}

Test(fail, intx)
{
	static const struct scenario scenarios[] = {
		{"enable",
		 PROFILE_6_12,
		 NULL,
		 enable_intx,
		 {{-EIO, NO_TYPE, 0, 0, 0, 0},
		  {-ENOMEM, NO_TYPE, 0, 0, 0, 0},
		  {-EBADF, NO_TYPE, 0, 0, 0, 0},
		  {-ENOMEM, NO_TYPE, 0, 0, 0, 0},
		  {-ENOMEM, NO_TYPE, 0, 0, 0, 0},
		  {-EBUSY, NO_TYPE, 0, 0, 0, 0},
		  {0, INTX, 0, 1, 1, 0}}},
		{"enable without trigger",
		 PROFILE_6_1,
		 NULL,
		 enable_intx_without,
		 {{-EIO, NO_TYPE, 0, 0, 0, 0},
		  {-ENOMEM, NO_TYPE, 0, 0, 0, 0},
		  {-ENOMEM, NO_TYPE, 0, 0, 0, 0},
		  {-ENOMEM, NO_TYPE, 0, 0, 0, 0},
		  {-EBUSY, NO_TYPE, 0, 0, 0, 0},
		  {0, INTX, 0, 1, 0, 0}}},
		{"replace",
		 PROFILE_6_12,
		 before_intx,
		 replace_intx,
		 {{-EIO, INTX, 0, 1, 1, 0},
		  {-ENOMEM, INTX, 0, 1, 1, 0},
		  {-EBADF, INTX, 0, 1, 1, 0},
		  {0, INTX, 0, 1, 1, 0}}},
		{"attach",
		 PROFILE_6_12,
		 before_intx,
		 attach,
		 {{-EIO, INTX, 0, 1, 1, 0},
		  {-ENOMEM, INTX, 0, 1, 1, 0},
		  {-ENOMEM, INTX, 0, 1, 1, 0},
		  {-EBADF, INTX, 0, 1, 1, 0},
		  {0, INTX, 0, 1, 2, 0}}},
	};

	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		check(&scenarios[i]);
}

static void before_err(struct backend *be)
{
	cr_assert_eq(set_fd(be, ERR, 0, 0), 0, "before");
}

static int replace_err(struct backend *be)
{
	return set_fd(be, ERR, 0, 1);
}

Test(fail, err_and_req)
{
	static const struct scenario scenarios[] = {
		{"6.12",
		 PROFILE_6_12,
		 before_err,
		 replace_err,
		 {{-EIO, NO_TYPE, 0, 0, 1, 0},
		  {-ENOMEM, NO_TYPE, 0, 0, 1, 0},
		  {-EBADF, NO_TYPE, 0, 0, 1, 0},
		  {-ENOMEM, NO_TYPE, 0, 0, 1, 0},
		  {0, NO_TYPE, 0, 0, 1, 0}}},
		{"6.1",
		 PROFILE_6_1,
		 before_err,
		 replace_err,
		 {{-EIO, NO_TYPE, 0, 0, 1, 0},
		  {-ENOMEM, NO_TYPE, 0, 0, 1, 0},
		  {-EBADF, NO_TYPE, 0, 0, 1, 0},
		  {0, NO_TYPE, 0, 0, 1, 0}}},
	};

	check(&scenarios[0]);
	check(&scenarios[1]);
}

Test(fail, the_old_trigger_of_err_stays)
{
	struct fixture f;

	fixture_open(&f, PROFILE_6_12);
	before_err(f.be);
	fail(f.be, 4);
	cr_assert_eq(replace_err(f.be), -ENOMEM, "context");
	cr_assert_eq(backend_fire(f.be, ERR, 0), 0, "fire");
	cr_assert_eq(signals(&f, 0), 1, "old (R63)");
	cr_assert_eq(signals(&f, 1), 0, "new");
	fixture_close(&f);
}

Test(fail, one_call_only_whatever_it_is)
{
	struct vfio_irq_info info = {.argsz = IRQ_INFO_SIZE, .index = MSIX};
	struct fixture f;

	fixture_open(&f, PROFILE_6_12);
	fail(f.be, 1);
	cr_assert_eq(backend_irq_info(f.be, &info), -EIO, "info");
	cr_assert_eq(backend_irq_info(f.be, &info), 0, "info again");
	fail(f.be, 1);
	cr_assert_eq(backend_reset(f.be), -EIO, "reset");
	cr_assert_eq(backend_reset(f.be), 0, "reset again");
	fail(f.be, 2);
	cr_assert_eq(backend_irq_info(f.be, &info), 0, "not reached");
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "and forgotten");
	fail(f.be, 1);
	fail(f.be, 0);
	cr_assert_eq(backend_reset(f.be), 0, "taken back");
	fail(f.be, 1);
	cr_assert_eq(f.be->ops->set_irqs(f.be, NULL, 0), -EIO, "before the header is read (R2)");
	fixture_close(&f);
}

Test(fail, memory_comes_before_the_bytes)
{
	struct vfio_irq_set set = {
		.argsz = IRQ_SET_HDR_SIZE + 4,
		.flags = TRIGGER | EVENTFD,
		.index = MSIX,
		.count = 1,
	};
	struct fixture f;

	fixture_open(&f, PROFILE_6_12);
	cr_assert_eq(f.be->ops->set_irqs(f.be, &set, IRQ_SET_HDR_SIZE), -EFAULT, "no bytes");
	fail(f.be, 2);
	cr_assert_eq(f.be->ops->set_irqs(f.be, &set, IRQ_SET_HDR_SIZE), -ENOMEM, "no memory");
	fixture_close(&f);
}

Test(fail, a_table_write_that_fails_leaves_the_old_message)
{
	struct fixture f;

	fixture_open(&f, PROFILE_6_12);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable");
	device(f.be, BACKEND_DEV_WIPE, 0);
	fail(f.be, 6);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 1), 0, "set");
	cr_assert_eq(backend_fire(f.be, MSIX, 0), 0, "fire");
	cr_assert_eq(signals(&f, 1), 0, "its message leads nowhere");
	cr_assert_eq(state_of(f.be).dropped_shutdown, 1, "counted");
	cr_assert_eq(set_fd(f.be, MSIX, 0, 1), 0, "set again");
	cr_assert_eq(backend_fire(f.be, MSIX, 0), 0, "fire");
	cr_assert_eq(signals(&f, 1), 1, "repaired");
	fixture_close(&f);
}
