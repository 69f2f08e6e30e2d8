/* SPDX-License-Identifier: MIT */
/* A device that dies in the middle of a run is told as that, and is never a difference. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "exec/differential.h"
#include "exec/explore.h"
#include "exec/leak.h"
#include "program/text.h"
#include "rig.h"
#include "tests/length.h"

static struct executor x;
static struct rig rig;
static struct errmsg e;

static void begin(enum lie lie, uint32_t die_at)
{
	memset(&e, 0, sizeof(e));
	rig_open(&rig, &x, "emu:vectors=8", lie);
	rig.die_at = die_at;
}

static void expect_gone(int err)
{
	cr_assert_eq(err, -ENODEV, "%d: %s", err, e.text);
	cr_assert_eq(e.exit, EXIT_ENVIRONMENT, "exit %d", (int)e.exit);
	cr_assert_str_eq(e.text, "it does not answer");
	executor_close(&x);
}

static int run_text(const char *text, struct exec_result *r)
{
	struct program p;
	int err;

	program_init(&p);
	cr_assert_eq(text_parse(text, strlen(text), "test", &p, &e), 0, "%s", e.text);
	err = executor_run(&x, &p, r, &e);
	program_free(&p);
	return err;
}

/* Enables, then fires: the second call is the fire, and its signal never comes. */
static const char fires[] = "set_irqs msix trigger eventfd fds=e0\nfire msix 0\nread e0\n";

Test(gone, a_call_that_a_dead_device_fails_is_no_difference)
{
	struct exec_result r;

	begin(DIES, 1);
	expect_gone(run_text(fires, &r));
	cr_assert_eq(r.difference, DIFF_NONE);
	cr_assert_str_eq(r.key, "");
}

Test(gone, a_signal_that_a_dead_device_does_not_send_is_no_difference)
{
	struct exec_result r;

	begin(DIES, 2);
	expect_gone(run_text(fires, &r));
	cr_assert_eq(r.difference, DIFF_NONE);
}

Test(gone, a_device_that_died_and_was_not_missed_is_no_error)
{
	struct exec_result r;

	begin(DIES, 3);
	cr_assert_eq(run_text(fires, &r), 0, "%s", e.text);
	cr_assert_eq(r.difference, DIFF_NONE, "%s", r.text);
	executor_close(&x);
}

Test(gone, a_lie_of_a_device_that_answers_is_a_difference_still)
{
	struct exec_result r;

	begin(LOST_SIGNAL, 0);
	cr_assert_eq(run_text(fires, &r), 0, "%s", e.text);
	cr_assert_eq(r.difference, DIFF_COUNTER, "%s", r.text);
	executor_close(&x);
}

Test(gone, a_device_that_cannot_be_opened_anew_says_why)
{
	struct exec_result r;

	begin(DIES_AND_REFUSES, 1);
	rig.calls = 1;
	x.fresh = false;
	expect_gone(run_text(fires, &r));
}

/*
 * A seed makes other programs with another compiler. And what a program does to the table's size
 * outlives it here, as no real device can show: then a difference is found before the death.
 */
Test(gone, random_programs_end_with_the_device)
{
	const uint64_t seeds = LENGTH(10, 40);
	uint32_t gone = 0;

	for (uint64_t seed = 1; seed <= seeds; seed++) {
		struct diff_options o = {.ops = 1000000, .seed = seed, .length = 20};
		struct diff_result r;
		int err;

		begin(DIES, 200);
		x.emulated = false; /* one device for all programs, opened anew for each */
		err = differential_run(&x, &o, &r, &e);
		if (err) {
			expect_gone(err);
			gone++;
		} else {
			cr_assert_lt(rig.calls, rig.die_at, "seed %lu: %s", seed, r.found.text);
			executor_close(&x);
		}
		program_free(&r.program);
	}
	cr_assert_gt(gone, seeds / 2, "%u of %lu", gone, seeds);
}

Test(gone, every_small_program_ends_with_the_device)
{
	struct explore_options o = {.depth = 2};
	struct explore_result r;

	begin(DIES, 500);
	x.emulated = false; /* one device for all programs, opened anew for each */
	expect_gone(explore_run(&x, &o, &r, &e));
	cr_assert_eq(r.found.difference, DIFF_NONE);
	program_free(&r.program);
}

Test(gone, a_leak_of_a_dead_device_is_none)
{
	struct exec_result r = {.difference = DIFF_REFERENCES, .key = "references"};

	begin(DIES, 1);
	rig.calls = 1;
	expect_gone(executor_verify(&x, &r, &e));
	cr_assert_eq(r.difference, DIFF_NONE);
	cr_assert_str_eq(r.key, "");
}
