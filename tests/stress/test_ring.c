/* SPDX-License-Identifier: MIT */
/* The pass over a ring, on one that does what a script says at each enter. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "stress/consumer_ring.h"

/* One enter: what it brings, and what it leaves behind. */
struct entry {
	uint32_t completions, reports;
	bool taskrun;  /* the kernel left work standing, and says so */
	bool overflow; /* more came than the queue holds */
	bool rearm;    /* handling it leaves something to submit */
	int err;
};

struct fake {
	struct ring r;
	struct consumer_stats stats;
	const struct entry *script; /* after its end each enter is like the last one */
	uint32_t n;

	struct entry now; /* brought, not yet drained */
	bool flag, overflow, to_submit;
	uint32_t enters, submits, pauses;
};

static struct fake *of(struct ring *r)
{
	return (struct fake *)((char *)r - offsetof(struct fake, r));
}

static int fake_submit(struct ring *r)
{
	of(r)->submits += of(r)->to_submit;
	of(r)->to_submit = false;
	return 0;
}

static bool fake_has_to_submit(struct ring *r)
{
	return of(r)->to_submit;
}

static int fake_get_events(struct ring *r)
{
	struct fake *f = of(r);
	const struct entry *e = &f->script[f->enters < f->n ? f->enters : f->n - 1];

	f->enters++;
	f->now = *e;
	/* As the kernel does: an enter that finds nothing leaves the flag as it is. */
	if (e->completions || e->taskrun)
		f->flag = e->taskrun;
	f->overflow = e->overflow;
	return e->err;
}

static int fake_drain(struct ring *r, uint32_t *completions)
{
	struct fake *f = of(r);
	struct entry now = f->now;

	f->now = (struct entry){0};
	f->to_submit |= now.rearm;
	*completions = now.completions;
	return (int)now.reports;
}

static bool fake_has_overflow(struct ring *r)
{
	return of(r)->overflow;
}

static bool fake_taskrun(struct ring *r)
{
	return of(r)->flag;
}

static void fake_clear_taskrun(struct ring *r)
{
	of(r)->flag = false;
}

static void fake_pause(struct ring *r, uint32_t held)
{
	of(r)->pauses++;
	cr_assert_eq(held, of(r)->pauses, "pauses in a row are numbered");
}

static const struct ring_ops fake_ops = {
	.submit = fake_submit,
	.has_to_submit = fake_has_to_submit,
	.get_events = fake_get_events,
	.drain = fake_drain,
	.has_overflow = fake_has_overflow,
	.taskrun = fake_taskrun,
	.clear_taskrun = fake_clear_taskrun,
	.pause = fake_pause,
};

#define FAKE(requests_, ...)                                                                       \
	{                                                                                          \
		.r = {.ops = &fake_ops, .requests = (requests_)},                                  \
		.script = (const struct entry[]){__VA_ARGS__},                                     \
		.n = sizeof((const struct entry[]){__VA_ARGS__}) / sizeof(struct entry),           \
	}

#define NOTHING                                                                                    \
	{                                                                                          \
		0                                                                                  \
	}
#define HELD                                                                                       \
	{                                                                                          \
		.taskrun = true                                                                    \
	}
#define BRINGS(k)                                                                                  \
	{                                                                                          \
		.completions = (k), .reports = (k)                                                 \
	}
#define BRINGS_SOME(k)                                                                             \
	{                                                                                          \
		.completions = (k), .reports = (k), .taskrun = true                                \
	}

Test(ring, nothing_came_while_work_stands_is_not_dry)
{
	struct fake f = FAKE(64, HELD, BRINGS(1), NOTHING);

	cr_assert_eq(ring_pass(&f.r, &f.stats), 1, "the completion of the second enter is missed");
	cr_assert_eq(f.enters, 3);
	cr_assert_eq(f.stats.held_enters, 1);
}

Test(ring, an_item_half_queued_in_the_middle_holds_up_only_what_comes_after_it)
{
	struct fake f = FAKE(64, BRINGS_SOME(3), HELD, HELD, BRINGS(2), NOTHING);

	cr_assert_eq(ring_pass(&f.r, &f.stats), 5);
	cr_assert_eq(f.enters, 5);
	cr_assert_eq(f.stats.held_enters, 2);
}

Test(ring, enters_cut_short_do_not_use_up_the_pass)
{
	/* 10 eventfds, one at a time: a bound of 2 enters would leave 8 of them. */
	struct fake f = FAKE(10, BRINGS_SOME(1), BRINGS_SOME(1), BRINGS_SOME(1), BRINGS_SOME(1),
			     BRINGS_SOME(1), BRINGS_SOME(1), BRINGS_SOME(1), BRINGS_SOME(1),
			     BRINGS_SOME(1), BRINGS(1), NOTHING);

	cr_assert_eq(ring_pass(&f.r, &f.stats), 10);
}

Test(ring, a_dry_ring_costs_one_enter)
{
	struct fake f = FAKE(64, NOTHING);

	cr_assert_eq(ring_pass(&f.r, &f.stats), 0);
	cr_assert_eq(f.enters, 1);
	cr_assert_eq(f.submits, 0);
	cr_assert_eq(f.stats.held_enters, 0);
}

Test(ring, what_comes_at_once_costs_two_enters)
{
	struct fake f = FAKE(64, BRINGS(5), NOTHING);

	cr_assert_eq(ring_pass(&f.r, &f.stats), 5);
	cr_assert_eq(f.enters, 2);
	cr_assert_eq(f.submits, 0);
}

Test(ring, a_flag_that_stands_for_nothing_ends_with_the_enter_that_finds_nothing)
{
	struct fake f = FAKE(64, NOTHING);

	f.flag = true; /* set by a producer after its item was carried out */
	cr_assert_eq(ring_pass(&f.r, &f.stats), 0);
	cr_assert_eq(f.enters, 1);
	cr_assert_eq(f.stats.held_enters, 0);
}

Test(ring, work_that_never_comes_ends_the_pass_with_an_error)
{
	struct fake f = FAKE(64, HELD);

	cr_assert_eq(ring_pass(&f.r, &f.stats), -ETIME, "an incomplete pass is none");
	cr_assert_eq(f.enters, RING_HELD_MAX);
	cr_assert_eq(f.stats.held_enters, RING_HELD_MAX);
	cr_assert_eq(f.pauses, RING_HELD_MAX - 1);
}

Test(ring, a_storm_that_never_ends_ends_the_pass_after_each_had_its_turn)
{
	struct fake full = FAKE(64, BRINGS_SOME(20)), one = FAKE(64, BRINGS_SOME(1));
	struct fake emptied = FAKE(64, BRINGS(1));

	cr_assert_geq(ring_pass(&full.r, &full.stats), 64);
	cr_assert_leq(full.enters, 6);
	cr_assert_geq(ring_pass(&one.r, &one.stats), 64);
	cr_assert_leq(one.enters, 96);
	cr_assert_eq(ring_pass(&emptied.r, &emptied.stats), 6);
	cr_assert_eq(one.stats.held_enters, 0);
}

Test(ring, what_was_armed_again_is_submitted_before_the_pass_ends)
{
	struct fake f =
		FAKE(64, {.completions = 1, .reports = 0, .rearm = true}, BRINGS(1), NOTHING);

	cr_assert_eq(ring_pass(&f.r, &f.stats), 1);
	cr_assert_eq(f.submits, 1);
	cr_assert_eq(f.enters, 3);
}

Test(ring, an_overflow_is_flushed_and_counted)
{
	struct fake f = FAKE(64, {.completions = 2, .reports = 2, .overflow = true},
			     {.completions = 1, .reports = 0}, BRINGS(3), NOTHING);

	cr_assert_eq(ring_pass(&f.r, &f.stats), 5);
	cr_assert_eq(f.stats.cq_overflows, 1);
}

Test(ring, an_error_of_an_enter_is_the_error_of_the_pass)
{
	struct fake f = FAKE(64, BRINGS(1), {.err = -EBADR});

	cr_assert_eq(ring_pass(&f.r, &f.stats), -EBADR);
}

static void add_up(void *arg, uint32_t slot, uint64_t count, uint64_t now)
{
	uint64_t *sum = arg;

	(void)now;
	sum[slot] += count;
}

/* On the ring of this machine's kernel, in both forms; skipped where it has none. */
static void every_signal_is_reported_by_the_pass_that_began_later(enum consumer_kind kind)
{
	int32_t fds[40];
	uint64_t sum[40] = {0};
	struct consumer *c;
	struct errmsg e = {0};
	int err;

	for (uint32_t i = 0; i < 40; i++)
		fds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	err = consumer_create(kind, fds, 40, add_up, sum, &c, &e);
	if (err == -ENOSYS || err == -EPERM)
		cr_skip_test("no io_uring here");
	cr_assert_eq(err, 0, "%s", e.text);
	for (uint64_t round = 1; round <= 200; round++) {
		for (uint32_t i = 0; i < 40; i++)
			cr_assert_eq(eventfd_write(fds[i], i + 1), 0);
		cr_assert_geq(consumer_pass(c, 0), 40);
		for (uint32_t i = 0; i < 40; i++)
			cr_assert_eq(sum[i], round * (i + 1), "eventfd %u, round %u", i,
				     (unsigned int)round);
	}
	cr_assert_eq(consumer_pass(c, 0), 0);
	consumer_destroy(c);
	for (uint32_t i = 0; i < 40; i++)
		close(fds[i]);
}

Test(ring, of_the_kernel_is_complete_with_multishot_read)
{
	every_signal_is_reported_by_the_pass_that_began_later(CONSUMER_URING);
}

Test(ring, of_the_kernel_is_complete_with_multishot_poll)
{
	every_signal_is_reported_by_the_pass_that_began_later(CONSUMER_URING_POLL);
}
